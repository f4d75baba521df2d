internal import CEstop
import Glibc
import Synchronization

/// What has to be read of a log to fold it: all of a short one, and of a long one what followed its last applied global resume,
/// because nothing before that can matter any more.
struct LogPart: Sendable {
    /// The bytes from `start` on.
    var bytes: [UInt8]
    /// Where they begin, counted from the log's first byte, the parts that were put aside included.
    var start: Int
    /// The last records before them, for people.
    var older: [Record]
}

/// An open log: its file, and what of it was put aside.
///
/// Offsets (`clears`, `log_bytes`, `bad@`) count from the first byte that the log ever had. A log that was compacted begins with a
/// note that says how many bytes stand in the files beside it; its first byte after that note is the one that followed those.
final class LogFile {
    let file: Descriptor
    /// The file's length.
    let size: Int
    /// The bytes of the note that a compacted log begins with; 0: it was never compacted.
    private(set) var header = 0
    /// What is put aside: the length of the log before the first byte after the note.
    private(set) var aside = 0
    /// The name of the file that the older part was put into last.
    private(set) var asideName: String?

    /// Opens a log; nil where there is none.
    ///
    /// - Throws: `SwitchError.Code.log` when it is there and cannot be read.
    init?(_ directory: StateDirectory, _ name: String = Log.name) throws(SwitchError) {
        let number = openat(directory.descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard let file = Descriptor(number) else {
            if errno == ENOENT { return nil }
            throw SwitchError(.log, "\(directory.path)/\(name) cannot be opened", errno: errno)
        }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SwitchError(.log, "\(directory.path)/\(name) is no regular file")
        }
        self.file = file
        size = Int(status.st_size)
        let begin = try read(0..<min(size, Int(ESTOP_RECORD_MAX)), directory)
        guard begin.first == 0x0a, let end = begin.dropFirst().firstIndex(of: 0x0a),
            let record = Record(line: begin[1..<end]), record.kind == .compacted, let bytes = record.bytes
        else { return }
        header = end + 1
        aside = bytes
        asideName = record.about
    }

    /// The log's length, the parts put aside included.
    var length: Int { size - header + aside }
    /// Where a byte of the log stands in the file.
    func place(of offset: Int) -> Int { offset - aside + header }
    /// Which byte of the log stands there.
    func offset(of place: Int) -> Int { place - header + aside }

    /// Bytes of the file.
    func read(_ places: Range<Int>, _ directory: StateDirectory) throws(SwitchError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: places.count)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    file.number,
                    buffer.baseAddress?.advanced(by: done),
                    buffer.count - done,
                    off_t(places.lowerBound + done)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw SwitchError(.log, "\(directory.path)/\(Log.name) cannot be read", errno: errno)
            }
            if count == 0 { break }
            done += count
        }
        bytes.removeLast(bytes.count - done)
        return bytes
    }
}

extension Log {
    /// The length up to which a log is read whole.
    static let wholeLimit = 262_144
    /// How many records before the part that is folded are shown.
    private static let mostOlder = 100

    /// What has to be read of the log; nil when there is none.
    ///
    /// - Parameter word: the page's word; nil when there is no page.
    /// - Throws: `SwitchError.Code.log` when it is there and cannot be read.
    static func part(_ directory: StateDirectory, word: Word?) throws(SwitchError) -> LogPart? {
        guard let log = try LogFile(directory) else { return nil }
        if log.size - log.header > wholeLimit, let part = try afterLastResume(log, directory, word: word) {
            return part
        }
        let bytes = try log.read(log.header..<log.size, directory)
        return LogPart(bytes: bytes, start: log.aside, older: try older(log, before: log.header, directory))
    }

    /// What followed the last applied global resume from its `clears` on.
    private static func afterLastResume(
        _ log: LogFile,
        _ directory: StateDirectory,
        word: Word?
    ) throws(SwitchError) -> LogPart? {
        var before = Int64(log.size)
        while true {
            let found = estop_log_last_resume(log.file.number, before)
            guard found >= 0 else { return nil }
            before = found
            let line = try log.read(Int(found) + 1..<min(log.size, Int(found) + 1 + Int(ESTOP_RECORD_MAX)), directory)
            guard let end = line.firstIndex(of: 0x0a), let record = Record(line: line[..<end]), record.scope.isGlobal,
                let clears = record.clears
            else { continue }
            let place = log.place(of: clears)
            guard place >= log.header, place <= Int(found), place < log.size else { continue }
            let bytes = try log.read(max(0, place - 1)..<log.size, directory)
            // Its record says where a line ended.
            guard place == 0 || bytes.first == 0x0a else { continue }
            let part = LogPart(bytes: place == 0 ? bytes : Array(bytes.dropFirst()), start: clears, older: [])
            // What was read before is not read again, and what is read here is not read again by whoever asked.
            let last = directory.lastFold.withLock { $0 }
            let fold = Fold(part, word: word, mirrorLength: nil, knowing: last)
            guard fold.applied.contains(record.id) else { continue }
            directory.lastFold.withLock { $0 = fold }
            let isKnown = last?.start == clears && last?.older.isEmpty == false
            let before = isKnown ? last?.older ?? [] : try older(log, before: place, directory)
            return LogPart(bytes: part.bytes, start: clears, older: before)
        }
    }

    /// The last records before a place of the file.
    private static func older(
        _ log: LogFile,
        before place: Int,
        _ directory: StateDirectory
    ) throws(SwitchError) -> [Record] {
        guard place > log.header else {
            guard let name = log.asideName, let aside = try LogFile(directory, name), aside.length >= log.aside else {
                return []
            }
            return try older(aside, before: aside.place(of: log.aside), directory)
        }
        let bytes = try log.read(max(log.header, place - 131_072)..<place, directory)
        return LogLines(bytes).lastCopies.records.suffix(mostOlder)
    }
}

extension KillSwitch {
    /// The whole log, folded, with every part of it that was put aside: for people who look at the past. Reads all of it.
    public func wholeFold() -> Fold {
        let word = HaltPage.map(directory, writable: false).page?.word
        guard let log = try? LogFile(directory),
            var bytes = try? log.read(log.header..<log.size, directory)
        else { return observe().fold }
        var (start, name) = (log.aside, log.asideName)
        while start > 0, let part = name {
            guard let older = try? LogFile(directory, part), older.length >= start,
                let before = try? older.read(older.header..<older.place(of: start), directory)
            else { break }
            bytes = before + bytes
            (start, name) = (older.aside, older.asideName)
        }
        return Fold(log: bytes, from: start, word: word, mirrorLength: nil)
    }
}
