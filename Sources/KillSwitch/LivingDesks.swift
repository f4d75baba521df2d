internal import CEstop
import Glibc

/// The desks that run on this machine, as far as this user can see: for whoever halted a directory in which none does.
///
/// A host is found by the lock that it holds and a bot by the gate that it holds (`/proc/PID/fd`), or, where their processes may
/// not be looked at, by the fresh beat on a page in `/dev/shm`. The paths are those of now, also of a directory that was moved
/// after its host had started. Looking changes nothing.
public struct LivingDesk: Sendable, Equatable {
    /// The state directory, where it is now; nil: it was deleted, or belongs to somebody whose processes this user cannot see.
    public var path: String?
    /// The host's pid; nil: no host is seen.
    public var pid: Int32?
    /// The pids of the bots whose gates are open.
    public var bots: [Int32] = []
    /// Where its pages are.
    public var runDirectory: String?
    /// What its page says; nil: it cannot be read.
    public var mode: Mode?

    /// The desk in words, with how to halt it where that is known.
    public var text: String {
        guard path != nil || pid != nil || !bots.isEmpty else {
            let pages = "pages in \(runDirectory ?? "?")"
            return runDirectory.flatMap(LivingDesk.owner) == geteuid()
                ? "a desk of yours whose host is not seen (\(pages))" : "a desk of another user (\(pages))"
        }
        let few = bots.prefix(5).map(String.init).joined(separator: ", ") + (bots.count > 5 ? ", ..." : "")
        let who = [
            pid.map { "host pid \($0)" } ?? "no host",
            bots.isEmpty ? nil : "\(bots.count) bot\(bots.count == 1 ? "" : "s"), pid \(few)",
        ].compactMap(\.self).joined(separator: "; ")
        guard let path else { return "a state directory that was deleted (\(who))" }
        return "\(path) (\(who)): estop halt --state \(StateDirectory.quoted(path))"
    }

    /// Every desk with a living host or an open gate.
    ///
    /// - Parameter other: the directory that is not looked for.
    public static func all(except other: StateDirectory? = nil) -> [LivingDesk] {
        var found: [DeskIdentity: LivingDesk] = [:]
        for name in FileNames.of("/proc") {
            guard let pid = Int32(name), pid != getpid() else { continue }
            for trace in OpenFile.traces(of: pid) {
                var desk = found[trace.desk] ?? LivingDesk()
                desk.path = desk.path ?? trace.path
                desk.runDirectory = desk.runDirectory ?? trace.runDirectory
                if trace.isHost { desk.pid = pid } else if desk.bots.last != pid { desk.bots.append(pid) }
                found[trace.desk] = desk
            }
        }
        for path in runDirectories() {
            guard let desk = DeskIdentity(runDirectory: path), found[desk] == nil,
                let page = RunPage(path), page.isFresh
            else { continue }
            // Whose processes this user sees: where none is seen, and the page permits nothing, nothing runs.
            let isSeen = geteuid() == 0 || owner(of: path) == geteuid()
            guard !isSeen || page.word.mode.permitsAnything else { continue }
            found[desk] = LivingDesk(runDirectory: path)
        }
        for (desk, living) in found {
            found[desk]?.mode = living.runDirectory.flatMap { RunPage($0)?.word.mode }
        }
        if let other { found[DeskIdentity(device: other.device, inode: other.inode)] = nil }
        return found.values.sorted { ($0.path ?? "~", $0.pid ?? 0) < ($1.path ?? "~", $1.pid ?? 0) }
    }

    /// The folders of desks in `/dev/shm`, and in folders of theirs there.
    static func runDirectories() -> [String] {
        let root = "/dev/shm"
        return FileNames.of(root).flatMap { name in
            if DeskIdentity(runDirectory: name) != nil { return ["\(root)/\(name)"] }
            return FileNames.of("\(root)/\(name)").map { "\(root)/\(name)/\($0)" }
                .filter { DeskIdentity(runDirectory: $0) != nil }
        }
    }

    /// Whose desk a run directory's name says that it is; nil for any other name.
    static func owner(of runDirectory: String) -> UInt32? {
        guard DeskIdentity(runDirectory: runDirectory) != nil else { return nil }
        return UInt32((runDirectory.split(separator: "/").last ?? "").split(separator: "-")[1])
    }

    /// Whether a host has beaten on the page of a run directory a moment ago.
    static func beats(_ runDirectory: String) -> Bool {
        RunPage(runDirectory)?.hasBeaten(within: RunPage.moment) ?? false
    }

    /// Desks in one sentence, after those that a halt was meant for: which of them still trade.
    static func words(_ desks: [LivingDesk]) -> String {
        guard !desks.isEmpty else { return "no other desk is seen to run on this machine" }
        let halted = desks.filter { $0.mode == .halted }.map(\.text)
        let others = desks.filter { $0.mode != .halted }.map(\.text)
        return [
            others.isEmpty ? nil : "running on this machine, and NOT halted: " + others.joined(separator: "; "),
            halted.isEmpty ? nil : "running on this machine, and halted before: " + halted.joined(separator: "; "),
        ].compactMap(\.self).joined(separator: "; ")
    }
}

/// What a page in a run directory says, read without mapping it: the desk need not be this user's.
private struct RunPage {
    var word: Word
    private var beat: UInt64
    private var deadMan: UInt64

    /// What counts as a moment ago where a desk has no dead-man limit.
    static let moment: UInt64 = 15_000_000_000

    init?(_ runDirectory: String) {
        guard
            let page = Descriptor(open("\(runDirectory)/halt.page", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK))
        else { return nil }
        var (state, times) = (UInt32(0), [UInt64](repeating: 0, count: 2))
        guard pread(page.number, &state, 4, 16) == 4, pread(page.number, &times, 16, 32) == 16 else { return nil }
        (word, beat, deadMan) = (Word(rawValue: state), times[0], times[1])
    }

    /// Whether a host has beaten within the dead-man limit; a moment ago, where there is none.
    var isFresh: Bool { hasBeaten(within: deadMan == 0 ? RunPage.moment : deadMan) }

    func hasBeaten(within limit: UInt64) -> Bool {
        guard beat > 0 else { return false }
        let now = estop_boottime()
        return beat > now || now - beat < limit
    }
}

/// Which state directory: its device and inode.
struct DeskIdentity: Sendable, Hashable {
    var device: UInt64
    var inode: UInt64

    init(device: UInt64, inode: UInt64) { (self.device, self.inode) = (device, inode) }

    /// What the name of a run directory says, `estop-<uid>-<dev>-<inode>`; nil for any other name.
    init?(runDirectory path: String) {
        let name = path.split(separator: "/").last ?? ""
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "estop", UInt32(parts[1]) != nil, let device = UInt64(parts[2], radix: 16),
            let inode = UInt64(parts[3], radix: 16)
        else { return nil }
        (self.device, self.inode) = (device, inode)
    }
}

/// A file that a process holds open because it runs on a desk.
private struct OpenFile {
    var desk: DeskIdentity
    var path: String?
    var runDirectory: String?
    var isHost: Bool

    static func traces(of pid: Int32) -> [OpenFile] {
        let folder = "/proc/\(pid)/fd"
        var traces: [OpenFile] = []
        for name in FileNames.of(folder) {
            guard let target = target("\(folder)/\(name)") else { continue }
            if target.hasSuffix("/\(HostLock.name)") {
                let path = String(target.dropLast(HostLock.name.utf8.count + 1))
                var status = stat()
                guard HostLock.holder("\(folder)/\(name)") == pid, stat(path, &status) == 0 else { continue }
                let desk = DeskIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
                let run = (try? StateDirectory(path))?.target(of: "halt.page").map { String($0.dropLast(10)) }
                traces.append(OpenFile(desk: desk, path: path, runDirectory: run, isHost: true))
            } else if target.hasSuffix("/gates.page") {
                let run = String(target.dropLast(11))
                guard let desk = DeskIdentity(runDirectory: run) else { continue }
                traces.append(OpenFile(desk: desk, path: directory(folder, desk), runDirectory: run, isHost: false))
            }
        }
        return traces
    }

    /// Where a directory is now that a process holds open.
    private static func directory(_ folder: String, _ desk: DeskIdentity) -> String? {
        for name in FileNames.of(folder) {
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
                DeskIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) == desk
            else { continue }
            return target("\(folder)/\(name)").flatMap { access($0, F_OK) == 0 ? $0 : nil }
        }
        return nil
    }

    /// What a link of `/proc` leads to, without the mark of a file that was deleted.
    private static func target(_ link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4096)
        let length = readlink(link, &bytes, bytes.count)
        guard length > 0 else { return nil }
        let text = String(decoding: bytes.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let mark = " (deleted)"
        return text.hasSuffix(mark) ? String(text.dropLast(mark.count)) : text
    }
}

/// The names in a directory that need not be there.
enum FileNames {
    static func of(_ path: String) -> [String] { (try? StateDirectory(path))?.names() ?? [] }
}

extension KillSwitch {
    /// What a halt says that met no running desk: nothing was stopped, and which desks run elsewhere; nil where one runs here.
    ///
    /// - Parameter residence: what the directory was before anything was made in it.
    public func absence(_ residence: Residence) -> String? {
        let what: String
        switch residence {
        case .here: return nil
        case .new: what = "there was no desk in \(directory.path) before"
        case .copy:
            what = "\(directory.path) is a copy of another desk's state directory, whose pages its links lead to"
        case .idle:
            what =
                "the desk in \(directory.path) does not run (no host beats there, and no bot's gate is open)"
        }
        return "\(what): NO RUNNING DESK WAS HALTED; \(LivingDesk.words(LivingDesk.all(except: directory)))"
    }
}
