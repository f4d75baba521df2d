import Glibc

/// The processes of those who say in their beats which they are: watched from their first beat on, so that one that ends is
/// DEAD at once and not late after a while.
///
/// Invariants (DeskTests/BeatProcessesTests): only a process that was seen alive is ever said to be gone, once; a number
/// that went to another process is not taken for the one before.
struct BeatProcesses {
    private struct Process {
        var pid: UInt32
        var started: UInt64
    }

    private var followed: [String: Process] = [:]

    /// More would be no desk's; who beats under ever new names is not followed further.
    static let most = 4_096

    /// A beat came that names its process.
    ///
    /// - Parameter peer: who sent it: a number from another container means nothing here.
    mutating func heard(_ name: String, pid: UInt32, from peer: Peer) {
        if followed[name]?.pid == pid { return }
        followed[name] = nil
        guard pid > 0, followed.count < BeatProcesses.most, BeatProcesses.isOurs(pid, peer),
            let started = BeatProcesses.started(pid)
        else { return }
        followed[name] = Process(pid: pid, started: started)
    }

    /// Who beat and whose process has ended since the last look, by name.
    mutating func gone() -> [String] {
        let names = followed.filter { BeatProcesses.started($0.value.pid) != $0.value.started }.keys.sorted()
        for name in names { followed[name] = nil }
        return names
    }

    /// When a process started, in clock ticks since the machine did (proc(5), field 22); nil: there is none, or only what its
    /// parent has not collected yet.
    static func started(_ pid: UInt32) -> UInt64? {
        let file = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = max(0, read(file, &bytes, bytes.count))
        // The name stands in parentheses and may hold anything.
        guard let name = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(name + 1)..<count].split(separator: 0x20)
        guard fields.count > 19, let state = fields[0].first, state != UInt8(ascii: "Z"), state != UInt8(ascii: "X")
        else { return nil }
        return UInt64(String(decoding: fields[19], as: UTF8.self))
    }

    /// Whether a number is a process's here, as its sender meant it: its own, or one of its user in the same namespace.
    private static func isOurs(_ pid: UInt32, _ peer: Peer) -> Bool {
        if pid == UInt32(bitPattern: peer.pid) { return true }
        var status = stat()
        guard stat("/proc/\(pid)", &status) == 0, status.st_uid == peer.uid || peer.uid == 0 else { return false }
        let (own, theirs) = (namespace("self"), namespace("\(peer.pid)"))
        return theirs == nil || theirs == own
    }

    /// Nil: it may not be read, or its process is gone.
    private static func namespace(_ process: String) -> UInt64? {
        var status = stat()
        return stat("/proc/\(process)/ns/pid", &status) == 0 ? UInt64(status.st_ino) : nil
    }
}
