import Glibc
import Testing

@testable import KillSwitch

/// Damage while nobody runs: at the next start halted, or provably the same meaning.
///
/// "The same meaning" of a desk that was permitted to trade: the page bears the very word that an applied resume in the
/// log made (or a scoped restriction more), no global latch, the same dead-man limit.
@Suite(.serialized) struct DamageTests {
    static let isLong = getenv("ESTOP_LONG") != nil

    /// How many places are passed over: none in the long run, ten times as many under a sanitizer.
    static func pace(_ usual: Int) -> Int { isLong ? 1 : getenv("ESTOP_BRIEF") != nil ? 10 * usual : usual }

    private func haltedOrTheSame(_ killSwitch: KillSwitch, _ word: Word, _ label: String) {
        killSwitch.startHost()
        let seen = killSwitch.observe()
        guard let now = seen.word, now.mode.permitsAnything else { return }
        let same =
            seen.fold.reachesWord && seen.fold.lastApplied?.state.mode == word.mode && !seen.fold.lost
            && seen.fold.globalLatches.allSatisfy { now.mode.isAtMost($0.mode) }
        #expect(same, "\(label): permits \(now.mode) at generation \(now.generation)")
    }

    /// A log with every kind of record, ending live, and its mirror.
    private func prepare() throws -> (scratch: Scratch, killSwitch: KillSwitch, word: Word) {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        killSwitch.halt(HaltRequest(reason: "first", source: .cli))
        killSwitch.halt(HaltRequest(scope: try Scope("venue=x"), reason: "scoped", source: .cli))
        _ = killSwitch.resume(.test())
        try killSwitch.writeMirror()
        return (scratch, killSwitch, try #require(killSwitch.observe().word))
    }

    private func walk(_ name: String, _ damage: ([UInt8], Int) -> [UInt8]?) throws {
        let (scratch, killSwitch, word) = try prepare()
        let whole = scratch.bytes(name)
        let page = try pageBytes(killSwitch)
        let other = ["kill_switch.log", "kill_switch.json"].first { $0 != name } ?? ""
        let otherBytes = scratch.bytes(other)
        for at in stride(from: 0, to: whole.count, by: DamageTests.pace(29)) {
            guard let damaged = damage(whole, at) else { continue }
            scratch.write(name, damaged)
            scratch.write(other, otherBytes)
            try restore(killSwitch, page)
            haltedOrTheSame(killSwitch, word, "\(name) at \(at)")
        }
    }

    private func pagePath(_ killSwitch: KillSwitch) -> String {
        killSwitch.directory.defaultRunDirectory + "/halt.page"
    }

    private func pageBytes(_ killSwitch: KillSwitch) throws -> [UInt8] {
        let run = try StateDirectory(killSwitch.directory.defaultRunDirectory)
        return try #require(try run.read("halt.page"))
    }

    private func restore(_ killSwitch: KillSwitch, _ bytes: [UInt8]) throws {
        let file = open(pagePath(killSwitch), O_WRONLY | O_TRUNC)
        defer { close(file) }
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, bytes.count) }
        try #require(count == bytes.count)
    }

    @Test("a changed byte", arguments: ["kill_switch.log", "kill_switch.json"])
    func everyByteOfARecordFile(name: String) throws {
        try walk(name) { bytes, at in
            var damaged = bytes
            damaged[at] ^= 0x11
            return damaged
        }
    }

    @Test("a byte that became a newline", arguments: ["kill_switch.log", "kill_switch.json"])
    func everyByteToANewline(name: String) throws {
        try walk(name) { bytes, at in
            var damaged = bytes
            damaged[at] = bytes[at] == 10 ? 32 : 10
            return damaged
        }
    }

    @Test("a truncation", arguments: ["kill_switch.log", "kill_switch.json"])
    func everyTruncation(name: String) throws { try walk(name) { bytes, at in Array(bytes.prefix(at)) } }

    @Test func randomGarbage() throws {
        var generator = Garbage(state: 7)
        for name in ["kill_switch.log", "kill_switch.json"] {
            try walk(name) { bytes, at in
                guard at % 29 == 0 else { return nil }
                return (0..<Int(generator.next() % 600)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            }
        }
    }

    @Test func everyByteOfThePage() throws {
        let (scratch, killSwitch, word) = try prepare()
        let page = try pageBytes(killSwitch)
        let log = scratch.bytes("kill_switch.log")
        let mirror = scratch.bytes("kill_switch.json")
        let places =
            Array(0..<64) + Array(stride(from: 64, to: 4096, by: DamageTests.pace(173)))
            + Array(1024..<1040)
        for at in places {
            for change: UInt8 in DamageTests.isLong ? [0x01, 0x02, 0x04, 0x07, 0x10, 0x80, 0xff] : [0x01, 0x04, 0xff] {
                var damaged = page
                damaged[at] ^= change
                try restore(killSwitch, damaged)
                scratch.write("kill_switch.log", log)
                scratch.write("kill_switch.json", mirror)
                haltedOrTheSame(killSwitch, word, "page byte \(at) ^ \(change)")
                // A host writes the limit that its configuration says.
                _ = Pulse(killSwitch)
                let seen = killSwitch.observe()
                #expect(
                    !(seen.word?.mode.permitsAnything ?? false) || seen.deadMan == 0,
                    "page byte \(at): dead-man limit"
                )
            }
        }
    }

    @Test func everyTruncationOfThePage() throws {
        let (scratch, killSwitch, word) = try prepare()
        let page = try pageBytes(killSwitch)
        let log = scratch.bytes("kill_switch.log")
        for length in stride(from: 0, to: 4096, by: DamageTests.pace(311)) {
            try restore(killSwitch, Array(page.prefix(length)))
            scratch.write("kill_switch.log", log)
            haltedOrTheSame(killSwitch, word, "page of \(length) bytes")
        }
    }

    /// A desk that is halted is never made to permit by damage of one byte.
    @Test func aHaltedDeskStaysHaltedWhateverByteChanges() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        killSwitch.halt(HaltRequest(reason: "halted", source: .cli))
        try killSwitch.writeMirror()
        let page = try pageBytes(killSwitch)
        let log = scratch.bytes("kill_switch.log")
        let mirror = scratch.bytes("kill_switch.json")
        for at in stride(from: 0, to: log.count, by: DamageTests.pace(37)) {
            var damaged = log
            damaged[at] ^= 0x01
            scratch.write("kill_switch.log", damaged)
            scratch.write("kill_switch.json", mirror)
            try restore(killSwitch, page)
            killSwitch.startHost()
            #expect(killSwitch.observe().word?.mode == .halted, "log byte \(at)")
        }
        for bit in 0..<32 {
            var damaged = page
            damaged[16 + bit / 8] ^= 1 << (bit % 8)
            scratch.write("kill_switch.log", log)
            scratch.write("kill_switch.json", mirror)
            try restore(killSwitch, damaged)
            killSwitch.startHost()
            #expect(!(killSwitch.observe().word?.mode.permitsAnything ?? true), "state bit \(bit)")
        }
    }
}

private struct Garbage {
    var state: UInt64
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
