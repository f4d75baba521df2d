internal import CEstop
import Glibc

/// One slot of gates.page as the kill switch reads it.
public struct GateSlot: Sendable, Equatable {
    /// Its place, 0 to 255.
    public var index: Int
    /// Whether somebody holds its lock.
    public var alive: Bool
    /// The owner's pid, for people.
    public var pid: UInt32
    /// The word at the gate's last check.
    public var seen: Word
    /// The host's beat as seen at the last check, CLOCK_BOOTTIME ns.
    public var hostBeat: UInt64
    /// The gate's own last beat, CLOCK_BOOTTIME ns; 0: never.
    public var beat: UInt64
    /// Checks so far.
    public var checks: UInt64
    /// Refusals so far.
    public var refusals: UInt64
    /// The interval that it promised, ns; 0: none.
    public var interval: UInt64
    /// Its name.
    public var name: String
    /// Its scope as written.
    public var scope: String

    /// Whether it acknowledges a halt that made `word`: it saw that word, or a later one that does not permit.
    public func acknowledges(_ word: Word) -> Bool {
        seen == word || (seen.generation > word.generation && !seen.mode.permitsAnything)
    }
}

/// gates.page, read with pread and never mapped: no bot can make the kill switch fault.
public struct GateSlots {
    let descriptor: Int32

    /// Reads every slot that is owned, or was and has not been cleared.
    ///
    /// - Parameter directory: the desk's.
    /// - Returns: the slots; nil when there is no gates.page that can be read.
    public static func read(_ directory: StateDirectory) -> [GateSlot]? {
        // A lock of another process shows only to a descriptor that could take it: F_OFD_GETLK needs none to write.
        let file = openat(directory.descriptor, "gates.page", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256 * 256)
        guard pread(file, &bytes, bytes.count, 0) == bytes.count else { return nil }
        var locked = [UInt8](repeating: 0, count: 256)
        guard estop_slots_locked(file, &locked) == 0 else { return nil }
        let blank = [UInt8](repeating: 0, count: 256)
        var slots: [GateSlot] = []
        for index in 0..<256 {
            let used = bytes.withUnsafeBytes { all in
                all.baseAddress.map { memcmp($0 + index * 256, blank, 256) != 0 } ?? false
            }
            // A slot nobody ever wrote may have just been locked: its owner is about to write its name.
            let alive = locked[index] == 1
            guard used || alive else { continue }
            slots.append(GateSlot(index: index, alive: alive, bytes: Array(bytes[index * 256..<(index + 1) * 256])))
        }
        return slots
    }

    /// Clears dead slots, so that they are not listed any more.
    static func clear(_ indices: [Int], in directory: StateDirectory) {
        guard !indices.isEmpty else { return }
        let file = openat(directory.descriptor, "gates.page", O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return }
        defer { close(file) }
        for index in indices { estop_slot_clear(file, Int32(index)) }
    }
}

extension GateSlot {
    init(index: Int, alive: Bool, bytes: [UInt8]) {
        func u32(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) } }
        func u64(_ at: Int) -> UInt64 { UInt64(u32(at)) | UInt64(u32(at + 4)) << 32 }
        func text(_ range: Range<Int>) -> String {
            String(decoding: bytes[range].prefix { $0 != 0 }, as: UTF8.self)
        }
        self.init(
            index: index,
            alive: alive,
            pid: u32(0),
            seen: Word(rawValue: u32(16)),
            hostBeat: u64(24),
            beat: u64(32),
            checks: u64(40),
            refusals: u64(48),
            interval: u64(56),
            name: text(64..<128),
            scope: text(128..<256)
        )
    }
}
