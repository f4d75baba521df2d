internal import CEstop
import Glibc
import Synchronization

/// The state directory, opened once: every file of the desk is reached through its descriptor.
///
/// Invariant: all names are single components; links are followed for the two pages only.
public final class StateDirectory: Sendable {
    /// The path as it was given.
    public let path: String
    /// The open directory.
    public var descriptor: Int32 { open.number }
    private let open: Descriptor
    /// The desk's user.
    public let owner: UInt32
    /// The desk's group.
    public let group: UInt32
    /// Permission bits.
    public let mode: UInt32
    /// What its pages say whose they are.
    var desk: estop_desk { estop_desk(device: device, inode: inode) }
    /// The device that it is on.
    public let device: UInt64
    /// Its inode: with the device, what the desk's pages say whose they are.
    public let inode: UInt64
    /// The last fold of its log: the next one reads on from there, where the log does.
    let lastFold = Mutex<Fold?>(nil)

    /// Opens the directory.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - create: make it (and its parents) when it is not there: for its group `estop` if there is one, else private.
    /// - Throws: `SwitchError.Code.noDirectory`.
    public init(_ path: String, create: Bool = false) throws(SwitchError) {
        self.path = path
        var file = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if file < 0, errno == ENOENT, create {
            StateDirectory.make(path)
            file = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let opened = Descriptor(file) else {
            throw SwitchError(.noDirectory, "the state directory \(path) cannot be opened", errno: errno)
        }
        var status = stat()
        guard fstat(opened.number, &status) == 0 else {
            throw SwitchError(.noDirectory, "the state directory \(path) cannot be read", errno: errno)
        }
        open = opened
        owner = status.st_uid
        group = status.st_gid
        mode = status.st_mode & 0o7777
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    private static func make(_ path: String) {
        var at = ""
        for (index, part) in path.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            at += (index > 0 ? "/" : "") + part
            if !at.isEmpty { mkdir(at, 0o755) }
        }
        if let group = getgrnam("estop"), chown(path, uid_t.max, group.pointee.gr_gid) == 0 {
            chmod(path, 0o2770)
        } else {
            chmod(path, 0o700)
        }
    }

    /// Whether it is on a network file system, where neither pages nor locks can be trusted.
    public var isOnNetwork: Bool { estop_is_network(descriptor) != 0 }

    /// Why what this process holds is not what its path leads to any more; nil: it is. Then no command and no bot that begins
    /// now finds this desk.
    public var problem: String? {
        var held = stat()
        var named = stat()
        guard fstat(descriptor, &held) == 0, stat(path, &named) == 0 else {
            return errno == ENOENT || errno == ENOTDIR
                ? "the state directory \(path) was removed or moved away while it was used"
                : "the state directory \(path) cannot be reached: \(String(cString: strerror(errno)))"
        }
        return held.st_ino == named.st_ino && held.st_dev == named.st_dev
            ? nil : "the state directory \(path) is another one than the one that was opened: it was moved or replaced"
    }

    /// Whether this process may act as the desk's owner.
    public var isOwned: Bool { geteuid() == owner || geteuid() == 0 }

    /// The default run directory of this state directory: `/dev/shm/estop-<uid>-<dev>-<inode>`.
    public var defaultRunDirectory: String { runDirectory(in: "/dev/shm") }

    /// The folder of this desk's own, `estop-<uid>-<dev>-<inode>`, where run directories of desks are.
    ///
    /// - Parameter base: such a place, as `[host] run_dir` names it.
    public func runDirectory(in base: String) -> String {
        var base = base
        while base.count > 1, base.hasSuffix("/") { base.removeLast() }
        let (device, inode) = (String(device, radix: 16), String(inode, radix: 16))
        return "\(base == "/" ? "" : base)/estop-\(owner)-\(device)-\(inode)"
    }

    /// Whether an entry of that name exists, be it a dangling link; any error but "does not exist" counts as yes.
    public func has(_ name: String) -> Bool {
        var status = stat()
        return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT
    }

    /// What a file is now; nil when it is not there.
    func identity(of name: String) -> FileIdentity? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return FileIdentity(
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            seconds: Int64(status.st_mtim.tv_sec),
            nanoseconds: Int64(status.st_mtim.tv_nsec)
        )
    }

    /// What a link leads to; nil: there is none of that name, or it is no link.
    public func target(of name: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4096)
        let length = readlinkat(descriptor, name, &bytes, bytes.count)
        guard length > 0 else { return nil }
        return String(decoding: bytes.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The names in the directory.
    public func names() -> [String] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
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
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The bytes of a regular file of the directory; nil when there is none.
    ///
    /// - Throws: `SwitchError.Code.log` when it is there and cannot be read.
    public func read(_ name: String) throws(SwitchError) -> [UInt8]? {
        let file = openat(descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw SwitchError(.log, "\(path)/\(name) cannot be opened", errno: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SwitchError(.log, "\(path)/\(name) is no regular file")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 4096)
        var length = 0
        while true {
            if length == bytes.count { bytes.append(contentsOf: [UInt8](repeating: 0, count: length)) }
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress?.advanced(by: length), buffer.count - length)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw SwitchError(.log, "\(path)/\(name) cannot be read", errno: errno)
            }
            if count == 0 { break }
            length += count
        }
        bytes.removeLast(bytes.count - length)
        return bytes
    }

    /// Replaces a file by a complete one: temporary name, then rename. Not synced: for what can be made again.
    ///
    /// - Throws: `SwitchError.Code.log`; the file then is what it was.
    public func replace(_ name: String, with bytes: [UInt8], permissions: UInt32) throws(SwitchError) {
        let temporary = "\(name).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
        let file = openat(
            descriptor,
            temporary,
            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
            permissions
        )
        guard file >= 0 else { throw SwitchError(.log, "\(path)/\(name) cannot be written", errno: errno) }
        fchmod(file, permissions)
        let error = writeAll(file, bytes)
        close(file)
        if error != 0 || renameat(descriptor, temporary, descriptor, name) != 0 {
            let kept = error != 0 ? error : errno
            unlinkat(descriptor, temporary, 0)
            throw SwitchError(.log, "\(path)/\(name) cannot be written", errno: kept)
        }
    }
}

/// What tells whether a file is still the one that was read.
struct FileIdentity: Sendable, Equatable {
    var inode: UInt64
    var size: Int64
    var seconds: Int64
    var nanoseconds: Int64
}

/// Writes every byte; 0, or the errno.
func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done) }
        if count < 0 {
            if errno == EINTR { continue }
            return errno
        }
        done += count
    }
    return 0
}
