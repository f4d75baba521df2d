internal import CEstop
import Glibc

/// Records that the log did not take when their halt was made, kept beside the pages in memory (`late-ID.record`): by a command that
/// is gone by now, a bot, a screen. They are appended under their own id, so that a reason is not lost with the process that
/// had it.
///
/// Invariants (KillSwitchTests/KeptRecordsTests):
/// - a kept record counts once, however often it is appended;
/// - it is removed only once it is in the log;
/// - what is not a whole record of a halt, or of its reason, with the right sum is left alone: a resume is never kept.
extension KillSwitch {
    /// Appends what is kept.
    ///
    /// - Parameter own: the ids of records that the caller writes itself; two writers of one would look like another's record.
    /// - Returns: the reasons that are in the log by now, each with its record's id.
    /// - Throws: `SwitchError.Code.log` when the log does not take one; it stays kept.
    @discardableResult
    public func writeKeptRecords(except own: Set<String> = []) throws(SwitchError) -> [(id: String, reason: String)] {
        var written: [(id: String, reason: String)] = []
        let run = estop_open_run_directory(directory.descriptor)
        guard let run = Descriptor(run) else { return [] }
        for name in KillSwitch.keptNames(run.number) {
            guard let line = KillSwitch.keptLine(run.number, name),
                let record = Record(line: line.dropFirst().dropLast()),
                record.change == .halt || record.kind == .reason, !own.contains(record.id)
            else { continue }
            let error = line.withUnsafeBytes { bytes in
                estop_log_append(
                    directory.descriptor,
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    bytes.count,
                    1,
                    nil
                )
            }
            guard error == 0 else {
                throw SwitchError(.log, "\(directory.path)/\(Log.name) cannot be written to disk", errno: error)
            }
            unlinkat(run.number, name, 0)
            written.append((record.id, record.reason))
        }
        return written
    }

    private static func keptNames(_ run: Int32) -> [String] {
        let copy = openat(run, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix("late-"), name.hasSuffix(".record") { names.append(name) }
        }
        return names.sorted()
    }

    /// The line that a file keeps, with the newlines around it; nil for anything else.
    private static func keptLine(_ run: Int32, _ name: String) -> [UInt8]? {
        let file = openat(run, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 2,
            status.st_size <= Int(ESTOP_RECORD_MAX)
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        guard pread(file, &bytes, bytes.count, 0) == bytes.count, bytes.first == 0x0a, bytes.last == 0x0a else {
            return nil
        }
        return bytes
    }
}
