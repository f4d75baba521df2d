import Glibc

/// The files that a configuration may be in, and whether anything about them changed.
struct ConfigurationFiles: Sendable {
    let paths: [String]

    init(_ paths: [String]) { self.paths = paths }

    /// What tells one state of a file from another; of a link, of its end.
    struct Mark: Sendable, Equatable {
        var problem: Int32 = 0
        var device: UInt = 0
        var node: UInt = 0
        var mode: UInt32 = 0
        var size: Int = 0
        var changed: Int = 0
        var changedNanoseconds: Int = 0
        var modified: Int = 0
        var modifiedNanoseconds: Int = 0

        init(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else {
                problem = errno
                return
            }
            device = UInt(status.st_dev)
            node = UInt(status.st_ino)
            mode = UInt32(status.st_mode)
            size = Int(status.st_size)
            changed = status.st_ctim.tv_sec
            changedNanoseconds = status.st_ctim.tv_nsec
            modified = status.st_mtim.tv_sec
            modifiedNanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// How the files are now.
    func marks() -> [Mark] { paths.map { Mark($0) } }

    /// An inotify descriptor on their directories; -1 where none can be had, and then only looking tells.
    func watch() -> (descriptor: Int32, isWhole: Bool) {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { return (-1, false) }
        // Not each write: the journal, which lies there too, is written all the time.
        let mask = UInt32(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_CLOSE_WRITE)
        var watched = 0
        for path in paths where inotify_add_watch(descriptor, ConfigurationFiles.directory(of: path), mask) >= 0 {
            watched += 1
        }
        if watched == 0 {
            close(descriptor)
            return (-1, false)
        }
        return (descriptor, watched == paths.count)
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
