internal import CEstop
import Glibc

/// resume.request: the one request that waits for a second person, shared by every way of asking and kept over the
/// host's end. Changed only under the lock among resumes.
///
/// Invariant: a file counts only if it is a regular one of the directory's owner (or root) that nobody else may write,
/// and holds exactly what was written. Anything else is no request.
enum KeptResumeFile {
    static let name = "resume.request"
    /// More than the longest request: 13 overrides and a reason of 1,024 bytes each, escaped.
    private static let limit = 128 * 1024

    /// The request; nil when there is none to trust.
    static func read(_ directory: StateDirectory) -> KeptResume? {
        // Non-blocking: whoever puts a pipe there must not hold anybody up.
        let file = openat(directory.descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o022 == 0,
            status.st_uid == directory.owner || status.st_uid == 0, (1...limit).contains(Int(status.st_size))
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            done += count
        }
        return KeptResume(bytes: bytes)
    }

    /// Replaces the request as a whole, on disk when it returns. Only under the lock among resumes.
    ///
    /// - Throws: `SwitchError.Code.log`; the file may then be the old one or the new one.
    static func write(_ kept: KeptResume, to directory: StateDirectory) throws(SwitchError) {
        let new = "\(name).new"
        // What a crash left behind.
        unlinkat(directory.descriptor, new, 0)
        // Read by operators of the group, who see what waits; written by the owner alone.
        let file = openat(directory.descriptor, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o640)
        var error = file < 0 ? errno : 0
        if file >= 0 {
            if fchmod(file, 0o640) != 0 { error = errno }
            // The owner's even when root made it.
            if error == 0, geteuid() == 0, directory.owner != 0, fchown(file, directory.owner, directory.group) != 0 {
                error = errno
            }
            if error == 0 { error = writeAll(file, Array(kept.text.utf8)) }
            if error == 0, fsync(file) != 0 { error = errno }
            close(file)
            if error == 0, renameat(directory.descriptor, new, directory.descriptor, name) != 0 { error = errno }
            if error != 0 {
                unlinkat(directory.descriptor, new, 0)
            } else if fsync(directory.descriptor) != 0 {
                error = errno
            }
        }
        guard error == 0 else {
            throw SwitchError(.log, "\(directory.path)/\(name) cannot be written to disk", errno: error)
        }
    }

    /// This boot's id as 32 hex digits; nil when the system does not say.
    static func bootID() -> String? {
        var id = [UInt8](repeating: 0, count: 16)
        guard estop_boot_id(&id) == 0 else { return nil }
        return id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
