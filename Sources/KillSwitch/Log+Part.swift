internal import CEstop
import Glibc
import Synchronization

/// What has to be read of a log to fold it: all of a short one, and of a long one what followed its last applied global resume,
/// because nothing before that can matter any more.
struct LogPart: Sendable {
    /// The bytes from `start` on.
    var bytes: [UInt8]
    /// Where in the log they begin.
    var start: Int
    /// The last records before them, for people.
    var older: [Record]
}

/// An open log.
private struct LogFile: ~Copyable {
    let file: Descriptor
    /// The file's length.
    let size: Int

    /// Opens a log; nil where there is none.
    ///
    /// - Throws: `SwitchError.Code.log` when it is there and cannot be read.
    init?(_ directory: StateDirectory) throws(SwitchError) {
        let number = openat(directory.descriptor, Log.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard let file = Descriptor(number) else {
            if errno == ENOENT { return nil }
            throw SwitchError(.log, "\(directory.path)/\(Log.name) cannot be opened", errno: errno)
        }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SwitchError(.log, "\(directory.path)/\(Log.name) is no regular file")
        }
        self.file = file
        size = Int(status.st_size)
    }

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
        if log.size > wholeLimit, let part = try afterLastResume(log, directory, word: word) {
            return part
        }
        return LogPart(bytes: try log.read(0..<log.size, directory), start: 0, older: [])
    }

    /// What followed the last applied global resume from its `clears` on.
    private static func afterLastResume(
        _ log: borrowing LogFile,
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
            guard clears > 0, clears <= Int(found) else { continue }
            let bytes = try log.read(clears - 1..<log.size, directory)
            // Its record says where a line ended.
            guard bytes.first == 0x0a else { continue }
            let part = LogPart(bytes: Array(bytes.dropFirst()), start: clears, older: [])
            // What was read before is not read again, and what is read here is not read again by whoever asked.
            let last = directory.lastFold.withLock { $0 }
            let fold = Fold(part, word: word, mirrorLength: nil, knowing: last)
            guard fold.applied.contains(record.id) else { continue }
            directory.lastFold.withLock { $0 = fold }
            let isKnown = last?.start == clears && last?.older.isEmpty == false
            let before = isKnown ? last?.older ?? [] : try older(log, before: clears, directory)
            return LogPart(bytes: part.bytes, start: clears, older: before)
        }
    }

    /// The last records before a place of the file.
    private static func older(
        _ log: borrowing LogFile,
        before place: Int,
        _ directory: StateDirectory
    ) throws(SwitchError) -> [Record] {
        let bytes = try log.read(max(0, place - 131_072)..<place, directory)
        return LogLines(bytes).lastCopies.records.suffix(mostOlder)
    }
}

extension KillSwitch {
    /// The whole log, folded: for people who look at the past. Reads all of it.
    public func wholeFold() -> Fold {
        let word = HaltPage.map(directory, writable: false).page?.word
        guard let log = try? LogFile(directory), let bytes = try? log.read(0..<log.size, directory) else {
            return observe().fold
        }
        return Fold(log: bytes, word: word, mirrorLength: nil)
    }
}
