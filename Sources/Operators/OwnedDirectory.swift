import Glibc
import KillSwitch

/// The state directory, opened for one operation on operators' files, and who owns it.
///
/// Invariant: a file counts only if it is a regular one of the directory's owner (or root) that nobody else may read or
/// write; every file made here is.
struct OwnedDirectory: ~Copyable {
    static let fileLimit = 256 * 1024

    let path: String
    private var descriptor: Int32 { open.number }
    private let open: Descriptor
    private let owner: uid_t

    init(_ path: String) throws(OperatorsError) {
        self.path = path
        guard let opened = Descriptor(Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else {
            throw OperatorsError(.system, "the state directory \(path) cannot be opened", errno: errno)
        }
        var status = stat()
        guard fstat(opened.number, &status) == 0 else {
            throw OperatorsError(.system, "the state directory \(path) cannot be read", errno: errno)
        }
        open = opened
        owner = status.st_uid
    }

    // MARK: - Reading

    /// The bytes of a file; nil when there is none.
    func read(_ name: String, limit: Int = OwnedDirectory.fileLimit) throws(OperatorsError) -> [UInt8]? {
        // Non-blocking: whoever puts a pipe there must not hold anybody up.
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(name, "cannot be read", errno)
        }
        defer { close(file) }
        let size = try check(file, name)
        guard size <= limit else {
            throw OperatorsError(.corrupt, "\(path)/\(name) is far too large, so nobody is accepted: restore it")
        }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= limit {
            let count = Glibc.read(file, &part, part.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(name, "cannot be read", errno)
            }
            bytes.append(contentsOf: part.prefix(count))
        }
        throw OperatorsError(.corrupt, "\(path)/\(name) is far too large, so nobody is accepted: restore it")
    }

    /// Throws unless the open file is one to trust; returns its size.
    private func check(_ file: Int32, _ name: String) throws(OperatorsError) -> Int {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(name, "cannot be read", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw OperatorsError(.untrusted, "\(path)/\(name) is no regular file, so nobody is accepted: remove it")
        }
        guard status.st_uid == owner || status.st_uid == 0 else {
            throw OperatorsError(
                .untrusted,
                "\(path)/\(name) belongs to user \(status.st_uid), not to the state directory's owner (\(owner)), so "
                    + "nobody is accepted: find out who put it there, then remove it"
            )
        }
        guard status.st_mode & 0o077 == 0 else {
            throw OperatorsError(
                .untrusted,
                "\(path)/\(name) is open to others, so nobody is accepted: find out who changed it, then chmod 600 it"
            )
        }
        return Int(status.st_size)
    }

    private func failure(_ name: String, _ what: String, _ code: Int32) -> OperatorsError {
        switch code {
        case EACCES, EPERM:
            OperatorsError(
                .notPermitted,
                "\(path)/\(name) \(what) by this user: only the owner of the state directory (user \(owner)) can",
                errno: code
            )
        case ELOOP:
            OperatorsError(.untrusted, "\(path)/\(name) is a link, so nobody is accepted: remove it")
        default: OperatorsError(.system, "\(path)/\(name) \(what)", errno: code)
        }
    }

    // MARK: - Writing

    /// Throws unless the process may change operators: a file that somebody else made would not be trusted afterwards.
    func checkOwner() throws(OperatorsError) {
        guard geteuid() == owner || geteuid() == 0 else {
            throw OperatorsError(
                .notPermitted,
                "only the owner of the state directory (user \(owner)) or root can change operators in \(path)"
            )
        }
    }

    /// Replaces a file as a whole, on disk when it returns. Only under the lock.
    func replace(
        _ name: String,
        with text: String,
        limit: Int = OwnedDirectory.fileLimit
    ) throws(OperatorsError) {
        guard text.utf8.count <= limit else {
            throw OperatorsError(.input, "\(path)/\(name) would be too large: remove what is no longer needed")
        }
        let new = name + ".new"
        // What a crash left behind. The lock keeps others from being at it.
        _ = unlinkat(descriptor, new, 0)
        let file = openat(descriptor, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(name, "cannot be written", errno) }
        let code = write(text, to: file)
        close(file)
        if code == 0, renameat(descriptor, new, descriptor, name) == 0 {
            guard fsync(descriptor) == 0 else { throw failure(name, "may not be on disk", errno) }
            return
        }
        let kept = code == 0 ? errno : code
        _ = unlinkat(descriptor, new, 0)
        throw failure(name, "cannot be written", kept)
    }

    /// Fills a new file and syncs it; 0 or an errno.
    private func write(_ text: String, to file: Int32) -> Int32 {
        guard prepare(file) else { return errno }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return errno
            }
        }
        return fsync(file) == 0 ? 0 : errno
    }

    /// Mode 0600 whatever the umask, and the owner's even when root made it: the host has to read it.
    private func prepare(_ file: Int32) -> Bool {
        fchmod(file, 0o600) == 0 && (geteuid() != 0 || owner == 0 || fchown(file, owner, gid_t.max) == 0)
    }

    // MARK: - The lock

    /// Holds a lock file while `body` runs.
    ///
    /// - Parameters:
    ///   - name: The file: operators.lock, which is held while a wrong passphrase is delayed, or one that never is.
    ///   - patience: Milliseconds to wait for another holder, by the monotonic clock.
    func locked<Result>(
        _ name: String = "operators.lock",
        patience: UInt64,
        _ body: () throws(OperatorsError) -> Result
    ) throws(OperatorsError) -> Result {
        var file = openat(descriptor, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        if file >= 0 {
            guard prepare(file) else {
                let code = errno
                close(file)
                throw failure(name, "cannot be made", code)
            }
        } else if errno == EEXIST {
            file = openat(descriptor, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        }
        guard file >= 0 else { throw failure(name, "cannot be opened", errno) }
        // Closing ends the lock: every descriptor here is its own open file.
        defer { close(file) }
        _ = try check(file, name)
        try take(file, name, patience: patience)
        return try body()
    }

    private func take(_ file: Int32, _ name: String, patience: UInt64) throws(OperatorsError) {
        let step: UInt64 = 20
        var waited: UInt64 = 0
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw failure(name, "cannot be locked", errno)
            }
            guard waited < patience else {
                throw OperatorsError(
                    .busy,
                    name == "operators.lock"
                        ? "other passphrases are being checked for \(patience / 1000) s now: try again"
                        : "\(path)/\(name) is held by another process for \(patience / 1000) s now: try again"
                )
            }
            Clock.sleep(milliseconds: step)
            waited += step
        }
    }
}
