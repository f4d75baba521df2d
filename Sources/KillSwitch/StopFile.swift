internal import CEstop
import Glibc

/// A stop file that is there: any file, directory or link, or any error but "does not exist".
public struct StopFile: Sendable, Equatable {
    /// Its name in every state directory.
    public static let name = "EMERGENCY_STOP"

    /// Where it is.
    public var path: String
    /// Device, inode and change time: whether it still is the one that somebody saw.
    var identity: [Int]
    /// Whether it is the state directory's own, which a resume can set aside.
    var isOwn: Bool
    /// What stands in the way of looking at it; nil when it can be seen.
    var problem: String?

    /// Whether it is the file that somebody saw before, whatever was written to it meanwhile.
    public func isSameFile(as other: StopFile) -> Bool {
        path == other.path && identity.prefix(2) == other.identity.prefix(2)
            && (problem == nil) == (other.problem == nil)
    }

    /// Every stop file that is there now.
    static func all(_ directory: StateDirectory, _ settings: DeskSettings) -> [StopFile] {
        var found: [StopFile] = []
        if let file = look(at: name, in: directory.descriptor, shownAs: "\(directory.path)/\(name)", own: true) {
            found.append(file)
        }
        for path in settings.stopFilePaths {
            if let file = look(at: path, in: AT_FDCWD, shownAs: path, own: false) { found.append(file) }
        }
        return found
    }

    private static func look(at path: String, in directory: Int32, shownAs shown: String, own: Bool) -> StopFile? {
        var status = stat()
        if fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0 {
            let identity = [
                Int(truncatingIfNeeded: status.st_dev), Int(truncatingIfNeeded: status.st_ino),
                status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
            ]
            return StopFile(path: shown, identity: identity, isOwn: own, problem: nil)
        }
        if errno == ENOENT { return nil }
        return StopFile(path: shown, identity: [], isOwn: own, problem: String(cString: strerror(errno)))
    }

    /// The text of a stop file, for the record: a regular file only, no link, without blocking, at most 1 KiB.
    func text(_ directory: StateDirectory) -> String? {
        let file =
            isOwn
            ? openat(directory.descriptor, StopFile.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            : open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.isEmpty ? nil : line
    }

    /// The reason that a halt for this file is recorded with.
    public func reason(_ directory: StateDirectory) -> String {
        if let problem { return "stop file \(path) cannot be looked at: \(problem)" }
        // A shell makes the file before it writes to it, and its text is the reason.
        if text(directory) == nil { Clock.sleep(milliseconds: 10) }
        return text(directory).map { "stop file: \($0)" } ?? "stop file \(path)"
    }

    /// Sets the state directory's own stop file aside as `EMERGENCY_STOP.cleared-<id>`, if it is this very one.
    ///
    /// - Returns: false, and the file is back where it was, when it is another one or cannot be renamed.
    func setAside(_ id: String, in directory: StateDirectory) -> Bool {
        let aside = "\(StopFile.name).cleared-\(id)"
        guard isOwn, renameat(directory.descriptor, StopFile.name, directory.descriptor, aside) == 0 else {
            return false
        }
        // The rename itself changes the time of change: device and inode are what stays.
        let moved = StopFile.look(at: aside, in: directory.descriptor, shownAs: aside, own: true)
        if let moved, moved.identity.prefix(2) == identity.prefix(2) { return true }
        StopFile.putBack(id, in: directory)
        return false
    }

    /// Puts back what `setAside` took, unless a new stop file is there by now.
    static func putBack(_ id: String, in directory: StateDirectory) {
        let aside = "\(name).cleared-\(id)"
        if estop_rename_new(directory.descriptor, aside, name) != 0, !directory.has(name) {
            renameat(directory.descriptor, aside, directory.descriptor, name)
        }
    }
}

extension KillSwitch {
    /// Every stop file that is there now: the state directory's own and the configured ones.
    public var stopFiles: [StopFile] { StopFile.all(directory, settings) }
}
