import Console
import Glibc
import KillSwitch

/// The queue on disk: `notify/` in the state directory, one file per notification and target, and `told.json`.
///
/// Invariants (NotifyTests/QueueFolderTests): a file is complete and on disk before it bears its name; what cannot be
/// read is moved aside (`.corrupt`, the last ones are kept), never deleted in silence; nothing here follows a link.
struct QueueFolder: Sendable {
    static let name = "notify"
    static let told = "told.json"
    /// A file that is larger was not written here.
    static let mostBytes = 65_536
    /// Files that are read at a start; more than the outbox ever writes for ten targets.
    static let mostFiles = 6_000
    /// Files moved aside that are kept.
    static let mostCorrupt = 20

    /// Why something is not on disk.
    struct Failure: Error, Equatable {
        var message: String
    }

    /// What was there at a start.
    struct Found: Sendable {
        var entries: [OutboxEntry] = []
        var told = Told()
        /// What was moved aside or could not be read, in words.
        var problems: [String] = []
    }

    let path: String

    init(state: String) { path = "\(state)/\(QueueFolder.name)" }

    // MARK: - Reading

    /// Reads everything. With `repairing` it makes the folder, moves aside what is corrupt and removes what writers that
    /// died left behind; without, it changes nothing.
    func read(repairing: Bool, now: Int64, wall: Int64) -> Found {
        var found = Found()
        if repairing, mkdir(path, 0o700) != 0, errno != EEXIST {
            found.problems.append("\(path) cannot be made: \(reason(errno))")
            return found
        }
        let names: [String]
        do {
            names = try StateDirectory(path).names()
        } catch {
            // No queue yet is no problem.
            if access(path, F_OK) == 0 { found.problems.append("\(path) cannot be read: \(error.message)") }
            return found
        }
        for name in names where repairing && name.hasSuffix(".tmp") { unlink("\(path)/\(name)") }
        for name in names {
            guard let number = QueueFile.number(name) else { continue }
            guard found.entries.count < QueueFolder.mostFiles else {
                found.problems.append("\(path) holds more than \(QueueFolder.mostFiles) files: the rest is left there")
                break
            }
            if let bytes = bytes(name, limit: QueueFolder.mostBytes, &found, repairing),
                let entry = parsed(
                    name,
                    &found,
                    repairing,
                    {
                        QueueFile.entry(bytes, number: number, now: now, wall: wall)
                    }
                )
            {
                found.entries.append(entry)
            }
        }
        if let bytes = bytes(QueueFolder.told, limit: 4_194_304, &found, repairing),
            let told = parsed(QueueFolder.told, &found, repairing, { QueueFile.told(bytes) })
        {
            found.told = told
        }
        if repairing { forgetOldCorrupt() }
        return found
    }

    /// The bytes of a file; nil: it is not there, or it is a problem.
    private func bytes(_ name: String, limit: Int, _ found: inout Found, _ repairing: Bool) -> [UInt8]? {
        var status = stat()
        guard lstat("\(path)/\(name)", &status) == 0 else { return nil }
        if status.st_mode & S_IFMT == S_IFREG {
            do {
                return try BoundedFile.read("\(path)/\(name)", limit: limit)
            } catch .missing {
                return nil
            } catch {}
        }
        moveAside(name, &found, repairing)
        return nil
    }

    private func parsed<Value>(
        _ name: String,
        _ found: inout Found,
        _ repairing: Bool,
        _ parse: () -> Value?
    ) -> Value? {
        if let value = parse() { return value }
        moveAside(name, &found, repairing)
        return nil
    }

    private func moveAside(_ name: String, _ found: inout Found, _ repairing: Bool) {
        guard repairing else {
            found.problems.append("\(path)/\(name) cannot be read as a notification")
            return
        }
        let aside = "\(name).\(Clock.wallMilliseconds()).corrupt"
        let moved = rename("\(path)/\(name)", "\(path)/\(aside)") == 0
        let error = errno
        found.problems.append(
            "\(path)/\(name) cannot be read as a notification: "
                + (moved ? "moved aside to \(aside); what it said was not sent" : "nor moved aside: \(reason(error))")
        )
    }

    private func forgetOldCorrupt() {
        let names = ((try? StateDirectory(path))?.names() ?? []).filter { $0.hasSuffix(".corrupt") }
        for name in names.dropLast(QueueFolder.mostCorrupt) { unlink("\(path)/\(name)") }
    }

    // MARK: - Writing

    /// Writes a file as a whole: another name, to the disk, then the name. The folder itself is synced by `settle`.
    func write(_ name: String, _ bytes: [UInt8]) throws(Failure) {
        let temporary = "\(path)/\(name).tmp"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
        var file = open(temporary, flags, 0o600)
        if file < 0, errno == ENOENT {
            // Somebody has removed the folder under us.
            mkdir(path, 0o700)
            file = open(temporary, flags, 0o600)
        }
        guard file >= 0 else { throw failure(name, errno) }
        let error = fill(file, bytes)
        close(file)
        guard error == 0, rename(temporary, "\(path)/\(name)") == 0 else {
            let kept = error == 0 ? errno : error
            unlink(temporary)
            throw failure(name, kept)
        }
    }

    /// Removes a file; one that is not there is no failure.
    func remove(_ name: String) throws(Failure) {
        guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else { throw failure(name, errno) }
    }

    /// Brings the names to the disk.
    func settle() throws(Failure) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("", errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("", errno) }
    }

    private func fill(_ file: Int32, _ bytes: [UInt8]) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return errno
            }
        }
        return fdatasync(file) == 0 ? 0 : errno
    }

    private func failure(_ name: String, _ code: Int32) -> Failure {
        Failure(message: "\(path)\(name.isEmpty ? "" : "/\(name)") cannot be written: \(reason(code))")
    }

    private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
