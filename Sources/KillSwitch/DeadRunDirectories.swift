internal import CEstop
import Glibc

/// Run directories in `/dev/shm` whose desks are gone: what a deleted state directory leaves behind.
///
/// Only this user's own, and only those that are surely dead: the state directory is not where it was any more, no host has beaten
/// there for a minute, no gate is open, and no process has a file of it open or mapped. Should it have been moved instead, its next
/// host makes pages anew, halted.
public enum DeadRunDirectories {
    /// The name under which a run directory links to its state directory.
    static let link = "desk"

    /// Those that are there.
    public static func all() -> [String] {
        let candidates = LivingDesk.runDirectories().filter(isAbandoned)
        guard !candidates.isEmpty else { return [] }
        let used = usedByProcesses(candidates)
        return candidates.filter { !used.contains($0) }
    }

    /// Removes one, after it stored `halted` on its page: whoever maps it all the same is refused.
    ///
    /// - Returns: whether it is gone.
    public static func remove(_ path: String) -> Bool {
        guard isAbandoned(path) else { return false }
        let page = open("\(path)/halt.page", O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if page >= 0 {
            var word = UInt32(0)
            if pread(page, &word, 4, 16) == 4 {
                word = Word(rawValue: word).halted(to: .halted).rawValue
                pwrite(page, &word, 4, 16)
            }
            close(page)
        }
        for name in FileNames.of("\(path)/beats") { unlink("\(path)/beats/\(name)") }
        rmdir("\(path)/beats")
        for name in FileNames.of(path) { unlink("\(path)/\(name)") }
        return rmdir(path) == 0
    }

    private static func isAbandoned(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            let desk = DeskIdentity(runDirectory: path), let run = try? StateDirectory(path),
            let state = run.target(of: link)
        else { return false }
        if stat(state, &status) == 0 {
            if DeskIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) == desk { return false }
        } else if errno != ENOENT, errno != ENOTDIR {
            return false
        }
        if LivingDesk.beats(path) { return false }
        guard let gates = Descriptor(open("\(path)/gates.page", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) else {
            return errno == ENOENT
        }
        var locked = [UInt8](repeating: 0, count: 256)
        return estop_slots_locked(gates.number, &locked) == 0 && !locked.contains(1)
    }

    /// Which of them some process has a file of open or mapped, or whose state directory it has open.
    private static func usedByProcesses(_ paths: [String]) -> Set<String> {
        var used: Set<String> = []
        for pid in FileNames.of("/proc") where Int32(pid) != nil {
            for number in FileNames.of("/proc/\(pid)/fd") {
                var status = stat()
                guard stat("/proc/\(pid)/fd/\(number)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                    continue
                }
                let desk = DeskIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
                for path in paths where DeskIdentity(runDirectory: path) == desk { used.insert(path) }
            }
            let maps = text("/proc/\(pid)/maps")
            for path in paths where maps.contains("\(path)/") { used.insert(path) }
        }
        return used
    }

    private static func text(_ path: String) -> String {
        guard let file = Descriptor(open(path, O_RDONLY | O_CLOEXEC)) else { return "" }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(file.number, &piece, piece.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece.prefix(count)
        }
    }
}

extension KillSwitch {
    /// Says in the run directory whose it is, for whoever finds it once the desk is gone.
    public func nameDesk() {
        guard let run = try? StateDirectory(runDirectory), run.target(of: DeadRunDirectories.link) != directory.path
        else {
            return
        }
        let temporary = "\(DeadRunDirectories.link).\(Log.newID()).tmp"
        guard symlinkat(directory.path, run.descriptor, temporary) == 0 else { return }
        if renameat(run.descriptor, temporary, run.descriptor, DeadRunDirectories.link) != 0 {
            unlinkat(run.descriptor, temporary, 0)
        }
    }
}
