internal import CEstop
import Glibc

/// The desks that run on this machine, as far as this user can see: for whoever halted a directory in which none does.
///
/// A host is found by the lock that it holds (`/proc/PID/fd`), or, where its process may not be looked at, by the fresh beat
/// on a page in `/dev/shm`. Looking changes nothing.
public struct LivingDesk: Sendable, Equatable {
    /// The state directory; nil: it belongs to somebody whose processes this user cannot see.
    public var path: String?
    /// The host's pid; nil: not known.
    public var pid: Int32?
    /// Where its pages are.
    public var runDirectory: String?

    /// The desk in words, with how to halt it where that is known.
    public var text: String {
        guard let path else { return "a desk of another user (pages in \(runDirectory ?? "?"))" }
        return "\(path) (host pid \(pid ?? 0)): estop halt --state \(StateDirectory.quoted(path))"
    }

    /// Every desk with a living host.
    ///
    /// - Parameter other: the directory that is not looked for.
    public static func all(except other: StateDirectory? = nil) -> [LivingDesk] {
        var found: [LivingDesk] = []
        var known: Set<String> = []
        if let other { known.insert(other.defaultRunDirectory) }
        for name in entries("/proc") {
            guard let pid = Int32(name) else { continue }
            for number in entries("/proc/\(name)/fd") {
                guard let target = link("/proc/\(name)/fd/\(number)"), target.hasSuffix("/\(HostLock.name)"),
                    let directory = try? StateDirectory(String(target.dropLast(HostLock.name.utf8.count + 1))),
                    HostLock.presence(directory)?.pid == pid
                else { continue }
                let run = directory.defaultRunDirectory
                if known.insert(run).inserted {
                    found.append(LivingDesk(path: directory.path, pid: pid, runDirectory: run))
                }
            }
        }
        for name in entries("/dev/shm") where name.hasPrefix("estop-") && !known.contains("/dev/shm/\(name)") {
            if beats("/dev/shm/\(name)") { found.append(LivingDesk(runDirectory: "/dev/shm/\(name)")) }
            for inner in entries("/dev/shm/\(name)") where !known.contains("/dev/shm/\(name)/\(inner)") {
                let path = "/dev/shm/\(name)/\(inner)"
                if beats(path) { found.append(LivingDesk(runDirectory: path)) }
            }
        }
        return found.sorted { ($0.path ?? "~") < ($1.path ?? "~") }
    }

    /// Whether a host has beaten on the page of a run directory within a minute.
    private static func beats(_ runDirectory: String) -> Bool {
        let page = open("\(runDirectory)/halt.page", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard page >= 0 else { return false }
        defer { close(page) }
        var beat = UInt64(0)
        guard pread(page, &beat, 8, 32) == 8, beat > 0 else { return false }
        let now = estop_boottime()
        return beat > now || now - beat < 60_000_000_000
    }

    private static func entries(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func link(_ path: String) -> String? {
        var text = [CChar](repeating: 0, count: 4096)
        let length = readlink(path, &text, text.count)
        guard length > 0 else { return nil }
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension KillSwitch {
    /// What a halt says that met no running desk: nothing was stopped, and which desks run elsewhere; nil where one runs here.
    ///
    /// - Parameter wasOnPage: whether the first store of the halt found a page of this desk.
    public func absence(wasOnPage: Bool, wasThere: Bool) -> String? {
        guard !wasOnPage, HostLock.presence(directory) == nil else { return nil }
        let what =
            !wasThere || isBrandNew
            ? "there was no desk in \(directory.path) before"
            : "the desk in \(directory.path) does not run (no page of its own was there)"
        let others = LivingDesk.all(except: directory)
        let elsewhere =
            others.isEmpty
            ? "no other desk is seen to run on this machine"
            : "running on this machine, and NOT halted: " + others.map(\.text).joined(separator: "; ")
        return "\(what): NO RUNNING DESK WAS HALTED; \(elsewhere)"
    }
}
