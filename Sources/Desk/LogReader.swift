import Glibc

/// Reads the desk's log from its end, over the files that were put aside, and on while it is written.
///
/// Invariants (DeskTests/LogReaderTests): lines come in the order in which they were written, each once, whatever is put
/// aside meanwhile; a line whose end is not written yet waits for it. Changes nothing; blocks for the disk.
public final class LogReader {
    /// Why it cannot be read.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    private let path: String
    private var file: Int32 = -1
    /// The beginning of a line whose end is still to come.
    private var rest: [UInt8] = []

    /// Names the log of a state directory; nothing is opened yet.
    public init(state: String) { path = "\(state)/logs/estop.jsonl" }

    deinit { if file >= 0 { close(file) } }

    /// The last lines of a choice, the oldest first; none where nothing was logged yet.
    ///
    /// - Throws: `Failure` when the log is there and cannot be read.
    public func last(_ count: Int, _ choice: LogChoice) throws(Failure) -> [LoggedLine] {
        var found: [LoggedLine] = []
        var read: [ino_t] = []
        for number in 0...DeskLog.kept where found.count < count {
            let name = number == 0 ? path : "\(path).\(number)"
            guard let opened = try LogReader.open(name) else { continue }
            // What is read may be put aside before the next is opened, and be found once more.
            guard !read.contains(opened.inode) else {
                close(opened.file)
                continue
            }
            read.append(opened.inode)
            let bytes = try LogReader.rest(of: opened.file, name)
            if number == 0 {
                file = opened.file
                rest = Array(bytes.suffix(from: bytes.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0))
            } else {
                close(opened.file)
            }
            let lines = bytes.prefix(upTo: bytes.count - (number == 0 ? rest.count : 0)).split(separator: 0x0a)
            for line in lines.reversed() where found.count < count {
                if let line = LoggedLine(line), choice.takes(line) { found.append(line) }
            }
        }
        return found.reversed()
    }

    /// What was written since, of a choice.
    ///
    /// - Throws: `Failure` when it cannot be read.
    public func more(_ choice: LogChoice) throws(Failure) -> [LoggedLine] {
        var lines = try take()
        // The file may have been put aside: what it has is all read by now.
        if let next = try LogReader.open(path) {
            if next.inode == LogReader.inode(of: file) {
                close(next.file)
            } else {
                lines += try take()
                if file >= 0 { close(file) }
                file = next.file
                lines += try take()
            }
        }
        return lines.compactMap { LoggedLine($0) }.filter { choice.takes($0) }
    }

    private func take() throws(Failure) -> [[UInt8]] {
        guard file >= 0 else { return [] }
        rest += try LogReader.rest(of: file, path)
        guard let end = rest.lastIndex(of: 0x0a) else { return [] }
        defer { rest.removeFirst(end + 1) }
        return rest[..<end].split(separator: 0x0a).map { Array($0) }
    }

    // MARK: - Files

    private static func open(_ path: String) throws(Failure) -> (file: Int32, inode: ino_t)? {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure(description: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        return (file, inode(of: file) ?? 0)
    }

    private static func inode(of file: Int32) -> ino_t? {
        var status = stat()
        return file >= 0 && fstat(file, &status) == 0 ? status.st_ino : nil
    }

    private static func rest(of file: Int32, _ path: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 262_144)
        while true {
            let count = read(file, &part, part.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(description: "\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            bytes += part[..<count]
        }
    }
}
