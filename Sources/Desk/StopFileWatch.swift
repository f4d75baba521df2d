import Glibc
import KillSwitch

/// inotify on the directories where stop files (and the log, and the pages' links) appear.
///
/// Where inotify cannot be had, `descriptor` is -1 and the caller polls every 250 ms.
struct StopFileWatch {
    let descriptor: Int32
    private let log: String

    init(_ killSwitch: KillSwitch) {
        let file = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        var watched = file >= 0
        // Not each write of each file in there: the journal is written all the time.
        let mask =
            UInt32(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE)
            | UInt32(IN_MOVE_SELF | IN_DELETE_SELF)
        log = killSwitch.directory.path + "/kill_switch.log"
        for directory in Set([killSwitch.directory.path] + killSwitch.settings.stopFilePaths.map(StopFileWatch.parent))
        {
            if watched, inotify_add_watch(file, directory, mask) < 0 { watched = false }
        }
        if !watched, file >= 0 { close(file) }
        descriptor = watched ? file : -1
        watchLog()
    }

    /// Who appends to the log may keep it open. It may come later, and another may come in its place.
    private func watchLog() {
        if descriptor >= 0 { _ = inotify_add_watch(descriptor, log, UInt32(IN_MODIFY)) }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Empties the queue; what happened is looked at in the directory itself, which also tells after an overflow.
    func drain() {
        guard descriptor >= 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 4096)
        while read(descriptor, &bytes, bytes.count) > 0 {}
        watchLog()
    }

    func end() { if descriptor >= 0 { close(descriptor) } }
}
