internal import CEstop
import Glibc

/// Putting the older part of the log aside: what lies before the `clears` of its last applied global resume, or, where nobody has
/// resumed for thousands of records, all but what has to stay (`Fold.condensed`).
///
/// The new log is written under another name: a note that names the file with the older part, its length and its hash, then
/// what followed. The old file gets its second name, and the new one takes its place by rename. Whoever was appending to the old
/// one meanwhile finds out and appends again (log.c), and what only the old one has is appended here; a record counts once, by its
/// id. So nothing is lost, wherever this stops.
///
/// Invariants (KillSwitchTests/CompactionTests):
/// - the fold is the same before and after: latches, chain, length;
/// - a record that was appended while it ran is in the log afterwards;
/// - a crash at any step leaves a whole log, and no file that was put aside is ever replaced.
extension KillSwitch {
    /// How many bytes nobody needs any more before they are put aside.
    public static let compactsFrom = 1 << 20

    /// What was put aside.
    public struct Compacted: Sendable, Equatable {
        /// The file.
        public var name: String
        /// How long the older part is, from the first byte that the log ever had.
        public var bytes: Int
        /// The SHA-256 of that file's first bytes, up to where the log that took its place begins, in hexadecimal digits.
        public var sha256: String
    }

    /// Puts the part of the log before an offset aside; nil where it is too short, or a resume runs.
    ///
    /// For a host only, one at a time, after a pass that found the log sound. Reads the whole log.
    ///
    /// - Parameters:
    ///   - offset: where a fold may start (`Fold.start`).
    ///   - least: the bytes from which on it is worth it.
    ///   - hash: SHA-256 in hexadecimal digits; this library has none.
    /// - Throws: `SwitchError.Code.log`; the log is as it was.
    public func compactLog(
        at offset: Int,
        from least: Int = KillSwitch.compactsFrom,
        hash: ([UInt8]) -> String
    ) throws(SwitchError) -> Compacted? {
        guard let lock = try? ResumeLock(directory, patience: 0) else { return nil }
        defer { lock.release() }
        return try putAside(before: offset, from: least, hash: hash)
    }

    /// Puts all of the log aside where it has become long without a resume, but for what the latches and the chain need
    /// (`Fold.condensed`); nil where that would not make it much shorter, the log is not sound, or a resume runs.
    ///
    /// For a host only, one at a time, after a pass that found the log sound. Reads the whole log.
    ///
    /// - Parameters:
    ///   - least: the records from which on it is worth it.
    ///   - hash: SHA-256 in hexadecimal digits.
    /// - Throws: `SwitchError.Code.log`; the log is as it was.
    public func condenseLog(
        from least: Int = Fold.condensesFrom,
        hash: ([UInt8]) -> String
    ) throws(SwitchError) -> Compacted? {
        guard let lock = try? ResumeLock(directory, patience: 0) else { return nil }
        defer { lock.release() }
        let seen = observe()
        guard let word = seen.word, seen.logProblem == nil,
            let kept = seen.fold.condensed(word: word, tags: Set(seen.entries.map(\.tag)), from: least)
        else { return nil }
        return try putAside(before: seen.fold.length, from: 1, keeping: kept, hash: hash)
    }

    private func putAside(
        before offset: Int,
        from least: Int,
        keeping kept: [Record] = [],
        hash: ([UInt8]) -> String
    ) throws(SwitchError) -> Compacted? {
        guard let log = try LogFile(directory), log.place(of: offset) - log.header >= least,
            log.place(of: offset) <= log.size
        else { return nil }
        let place = log.place(of: offset)
        let made = Compacted(
            name: try nameAside(offset, log),
            bytes: offset,
            sha256: hash(try log.read(0..<place, directory))
        )
        let lines: [UInt8] = kept.flatMap { record -> [UInt8] in [0x0a] + record.line + [0x0a] }
        let rest = try log.read(place..<log.size, directory)
        try replaceLog(log, by: Log.header(made) + lines + rest, aside: made.name)
        return made
    }

    /// The name that the old file gets: one that no other file has. (A log that was removed and begun anew reaches an offset again.)
    private func nameAside(_ offset: Int, _ log: LogFile) throws(SwitchError) -> String {
        var own = stat()
        guard fstat(log.file.number, &own) == 0 else {
            throw SwitchError(.log, "\(directory.path)/\(Log.name) cannot be read", errno: errno)
        }
        for attempt in 1...1_000 {
            let name = "\(Log.name).until-\(offset)" + (attempt == 1 ? "" : ".\(attempt)")
            var other = stat()
            if fstatat(directory.descriptor, name, &other, AT_SYMLINK_NOFOLLOW) != 0 {
                if errno == ENOENT { return name }
            } else if other.st_ino == own.st_ino, other.st_dev == own.st_dev {
                // An attempt died after it had given the log its second name.
                return name
            }
        }
        throw SwitchError(.log, "\(directory.path): no name is free for the older part of the log")
    }

    private func replaceLog(_ log: LogFile, by bytes: [UInt8], aside name: String) throws(SwitchError) {
        let temporary = "\(Log.name).new"
        let descriptor = directory.descriptor
        unlinkat(descriptor, temporary, 0)
        let number = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o660)
        func failure(_ error: Int32 = errno) -> SwitchError {
            unlinkat(descriptor, temporary, 0)
            return SwitchError(.log, "\(directory.path)/\(temporary) cannot be written", errno: error)
        }
        guard let file = Descriptor(number) else { throw failure() }
        fchmod(file.number, 0o660)
        var status = stat()
        if fstat(log.file.number, &status) == 0 { fchown(file.number, status.st_uid, status.st_gid) }
        let error = writeAll(file.number, bytes)
        guard error == 0 else { throw failure(error) }
        guard fsync(file.number) == 0 else { throw failure() }
        // The old file's second name first: at no moment has it none.
        if linkat(descriptor, Log.name, descriptor, name, 0) != 0 {
            var (own, other) = (stat(), stat())
            guard errno == EEXIST, fstat(log.file.number, &own) == 0,
                fstatat(descriptor, name, &other, AT_SYMLINK_NOFOLLOW) == 0, own.st_ino == other.st_ino
            else { throw failure() }
        }
        // Whoever made another log meanwhile made it without this lock: it is not ours to replace.
        guard directory.identity(of: Log.name)?.inode == UInt64(status.st_ino) else { throw failure(ESTALE) }
        guard fsync(descriptor) == 0, renameat(descriptor, temporary, descriptor, Log.name) == 0 else {
            throw failure()
        }
        fsync(descriptor)
        try recoverAside()
    }

    /// Appends what only the file with the older part has: records that were on their way into it when another took its place.
    ///
    /// Also for a host's start and before a resume: a host that died in between did not get to it.
    ///
    /// - Returns: how many.
    /// - Throws: `SwitchError.Code.log` when the log does not take them, or a part that it names is there and cannot be read.
    @discardableResult
    public func recoverAside() throws(SwitchError) -> Int {
        guard let log = try LogFile(directory), let name = log.asideName,
            let old = try LogFile(directory, name), old.length > log.aside
        else { return 0 }
        let lines = try old.read(old.place(of: log.aside)..<old.size, directory)
        let have = try log.read(log.header..<log.size, directory)
        let known = Set(LogLines(have).lastCopies.records.map(\.id))
        var count = 0
        for record in LogLines(lines).lastCopies.records where !known.contains(record.id) {
            let line = [0x0a] + record.line + [0x0a]
            let error = line.withUnsafeBytes { bytes in
                let text = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                return estop_log_append(directory.descriptor, text, bytes.count, 3, nil)
            }
            guard error == 0 else {
                throw SwitchError(.log, "\(directory.path)/\(Log.name) cannot be written to disk", errno: error)
            }
            count += 1
        }
        return count
    }
}

extension Log {
    /// The note that a compacted log begins with, with its newlines.
    static func header(_ made: KillSwitch.Compacted) -> [UInt8] {
        let record = Record(
            change: .note,
            id: newID(),
            at: Clock.now(),
            mode: .unknown,
            reason: "the older part of the log is in \(made.name)",
            source: .watchdog,
            op: "",
            pid: getpid(),
            was: Word(rawValue: 0),
            state: Word(rawValue: 0),
            kind: .compacted,
            about: made.name,
            bytes: made.bytes,
            sha256: made.sha256
        )
        return [0x0a] + record.line + [0x0a]
    }
}
