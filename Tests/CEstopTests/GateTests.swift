import CEstop
import Glibc
import Synchronization
import Testing

@testable import KillSwitch

/// The gate against pages written by hand, byte by byte, from the layout alone.
@Suite struct GateTests {
    /// A page that permits everything, as bytes.
    private struct Page {
        var bytes = [UInt8](repeating: 0, count: 4096)

        init(mode: Mode = .live, generation: UInt32 = 2) {
            put(Array("ESTOPPG1".utf8), 0)
            put32(1, 8)
            put32(generation << 3 | UInt32(mode.rawValue), 16)
            put64(Clock.boottime(), 24)
            put64(Clock.boottime(), 32)
            put64(0, 40)
            var boot = [UInt8](repeating: 0, count: 16)
            estop_boot_id(&boot)
            put(boot, 48)
        }

        mutating func put(_ data: [UInt8], _ at: Int) { bytes.replaceSubrange(at..<at + data.count, with: data) }
        mutating func put32(_ value: UInt32, _ at: Int) {
            put((0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }, at)
        }
        mutating func put64(_ value: UInt64, _ at: Int) {
            put((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }, at)
        }

        mutating func entry(_ index: Int, mode: UInt32, scope: String) {
            put32(mode, 1024 + index * 128)
            put(Array(scope.utf8), 1024 + index * 128 + 8)
        }
    }

    private func desk(_ page: Page?, gates: Bool = true) -> String {
        var template = Array("/tmp/estop-gate-XXXXXX".utf8CString)
        let path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
        }
        if let page { write(page.bytes, to: "\(path)/halt.page") }
        if gates { write([UInt8](repeating: 0, count: 65536), to: "\(path)/gates.page") }
        return path
    }

    /// Writes bytes; a page bears the device and the inode of the directory that it is written into.
    private func write(_ bytes: [UInt8], to path: String) {
        var bytes = bytes
        if bytes.count > 80, bytes.count <= 4096 {
            var status = stat()
            stat(String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)), &status)
            for (at, value) in [(64, UInt64(status.st_dev)), (72, UInt64(status.st_ino))] {
                bytes.replaceSubrange(at..<at + 8, with: (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
            }
        }
        let file = open(path, O_RDWR | O_CREAT, 0o666)
        _ = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, bytes.count, 0) }
        close(file)
    }

    @Test(
        "modes",
        arguments: [
            (Mode.live, "", true, true), (.live, "venue=kraken", true, true), (.paper, "venue=paper", true, true),
            (.paper, "venue=paper,strategy=a", true, true), (.paper, "venue=papers", false, false),
            (.paper, "", false, false),
            (.paper, "strategy=venue=paper", false, false), (.reduceOnly, "", false, true),
            (.halted, "venue=paper", false, false),
            (.unknown, "venue=paper", false, false),
        ]
    )
    func modesPermit(mode: Mode, scope: String, permits: Bool, reducing: Bool) throws {
        let gate = try Gate(state: desk(Page(mode: mode)), name: "bot", scope: scope)
        #expect(gate.permits() == permits)
        #expect(gate.permitsReducing() == reducing)
        #expect(gate.why.isEmpty == reducing || !permits)
    }

    @Test func whatIsNotCertainRefuses() throws {
        var pages: [(String, Page?)] = [("no page", nil)]
        func damaged(_ name: String, _ damage: (inout Page) -> Void) {
            var page = Page()
            damage(&page)
            pages.append((name, page))
        }
        damaged("wrong magic") { $0.bytes[0] = UInt8(ascii: "X") }
        damaged("newer layout") { $0.put32(2, 8) }
        damaged("older layout") { $0.put32(0, 8) }
        damaged("another boot") { $0.bytes[50] ^= 1 }
        damaged("short file") { $0.bytes.removeLast() }
        damaged("mode 5") { $0.put32(2 << 3 | 5, 16) }
        damaged("dead host") {
            $0.put64(1_000_000_000, 40)
            $0.put64(Clock.boottime() - 2_000_000_000, 32)
        }
        damaged("beat from the future") {
            $0.put64(1_000_000_000, 40)
            $0.put64(Clock.boottime() + 60_000_000_000, 32)
        }
        damaged("entry being written") { $0.entry(3, mode: 5, scope: "venue=elsewhere") }
        damaged("entry of this scope") { $0.entry(0, mode: 4, scope: "strategy=grid") }
        damaged("entry with a damaged scope") { $0.entry(0, mode: 4, scope: "nonsense") }
        damaged("entry with a mode that is none") { $0.entry(0, mode: 9, scope: "venue=elsewhere") }
        for (name, page) in pages {
            let gate = try Gate(state: desk(page), name: "bot", scope: "strategy=grid,venue=a")
            #expect(!gate.permits() && !gate.permitsReducing(), "\(name)")
            #expect(!gate.why.isEmpty, "\(name)")
        }
        var newer = Page()
        newer.put32(2, 8)
        #expect(try Gate(state: desk(newer), name: "bot").why.contains("newer layout"))
    }

    @Test func whatDoesNotConcernTheGateLetsItPass() throws {
        var page = Page()
        page.entry(0, mode: 4, scope: "venue=elsewhere")
        page.entry(1, mode: 7, scope: "venue=a")
        page.put64(5_000_000_000, 40)
        #expect(try Gate(state: desk(page), name: "bot", scope: "venue=a").permits())
    }

    @Test func aDanglingLinkRefusesAndAPageThatAppearsIsFound() throws {
        let path = desk(nil)
        symlink("\(path)/real.page", "\(path)/halt.page")
        let gate = try Gate(state: path, name: "bot")
        #expect(!gate.permits() && gate.why.contains("leads to nothing"))
        write(Page().bytes, to: "\(path)/real.page")
        Clock.sleep(milliseconds: 300)
        #expect(gate.permits())
    }

    /// Stores eight bytes into a page in place.
    private func store(_ value: UInt64, at offset: Int, in path: String) {
        let file = open("\(path)/halt.page", O_WRONLY)
        var value = value
        pwrite(file, &value, 8, off_t(offset))
        close(file)
    }

    @Test func aPageOfAnotherDeskRefusesAndSaysSo() throws {
        let path = desk(Page())
        store(4711, at: 72, in: path)
        let gate = try Gate(state: path, name: "bot")
        #expect(!gate.permits() && gate.why.contains("belongs to another desk"))
    }

    @Test func aPageThatDoesNotSayWhoseItIsRefuses() throws {
        let path = desk(Page())
        for offset in [64, 72] { store(0, at: offset, in: path) }
        let gate = try Gate(state: path, name: "bot")
        #expect(!gate.permits() && gate.why.contains("earlier version"))
    }

    @Test func aPageThatBecomesAnotherDesksRefusesAtTheNextBeat() throws {
        let path = desk(Page())
        let gate = try Gate(state: path, name: "bot")
        #expect(gate.permits())
        store(4711, at: 72, in: path)
        gate.beat()
        #expect(!gate.permits())
    }

    /// The ways in which a gate looks once more.
    @Test("a directory whose path leads elsewhere refuses", arguments: ["beat", "wait", "change"])
    func aMovedDirectoryRefuses(_ way: String) throws {
        let path = desk(Page())
        let gate = try Gate(state: path, name: "bot")
        #expect(gate.permits())
        rename(path, "\(path).old")
        mkdir(path, 0o700)
        switch way {
        case "beat": gate.beat()
        case "wait": _ = gate.wait(from: gate.word, timeout: .milliseconds(1))
        default:
            let file = open("\(path).old/halt.page", O_WRONLY)
            var word = Word(generation: 4, mode: .live).rawValue
            pwrite(file, &word, 4, 16)
            close(file)
        }
        #expect(!gate.permits() && gate.why.contains("leads elsewhere"))
        // Put back, it is the desk again.
        rmdir(path)
        rename("\(path).old", path)
        let patience = Clock.boottime() + 20_000_000_000
        while !gate.permits(), Clock.boottime() < patience { Clock.sleep(milliseconds: 20) }
        #expect(gate.permits())
    }

    @Test func aCopyOfADirectoryWithARunDirectoryOfItsOwnRefuses() throws {
        let path = desk(nil, gates: false)
        mkdir("\(path)/estop-0-1-2", 0o700)
        write(Page().bytes, to: "\(path)/estop-0-1-2/halt.page")
        symlink("\(path)/estop-0-1-2/halt.page", "\(path)/halt.page")
        let gate = try Gate(state: path, name: "bot")
        #expect(!gate.permits() && gate.why.contains("copy"))
    }

    @Test func aRelativePathMeansTheDirectoryThatItMeantAtTheOpening() throws {
        let path = desk(Page())
        let name = String(path.dropFirst("/tmp/".count))
        let before = open(".", O_RDONLY | O_DIRECTORY)
        defer { close(before) }
        try #require(chdir("/tmp") == 0)
        let opened = Result { try Gate(state: name, name: "bot") }
        fchdir(before)
        let gate = try opened.get()
        gate.beat()
        #expect(gate.permits())
    }

    @Test func pagesThatAreNotMountedHereAreNotAReboot() throws {
        let path = desk(nil)
        symlink("/nowhere/estop-pages/halt.page", "\(path)/halt.page")
        let directory = try StateDirectory(path)
        #expect(try Gate(state: path, name: "bot").why.contains("rebooted"))
        let lock = try HostLock(directory, tradingMode: nil)
        let why = try Gate(state: path, name: "bot").why
        #expect(why.contains("container") && why.contains("Mount") && !why.contains("rebooted"))
        // Whoever is not the host makes no pages that no bot would obey.
        #expect(throws: SwitchError.self) { try KillSwitch(directory).ensurePages(mayStart: false) }
        withExtendedLifetime(lock) {}
    }

    @Test func aReplacedPageRefuses() throws {
        let path = desk(Page())
        let gate = try Gate(state: path, name: "bot")
        #expect(gate.permits())
        write(Page(mode: .halted, generation: 9).bytes, to: "\(path)/new.page")
        rename("\(path)/new.page", "\(path)/halt.page")
        gate.beat()
        #expect(!gate.permits())
    }

    @Test func aTruncatedPageRefusesInsteadOfKilling() throws {
        let path = desk(Page())
        let gate = try Gate(state: path, name: "bot")
        #expect(gate.permits())
        truncate("\(path)/halt.page", 0)
        #expect(!gate.permits())
        #expect(gate.word == Word(rawValue: 0))
    }

    @Test func theSlotTellsWhatTheGateSaw() throws {
        let path = desk(Page(generation: 6))
        let gate = try Gate(state: path, name: "grid", scope: "venue=a", interval: .seconds(5))
        _ = gate.permits()
        _ = gate.permits()
        gate.beat()
        let slots = try #require(GateSlots.read(StateDirectory(path)))
        let slot = try #require(slots.first)
        #expect(slots.count == 1 && slot.alive && slot.name == "grid" && slot.scope == "venue=a")
        #expect(
            slot.pid == UInt32(getpid()) && slot.checks == 2 && slot.refusals == 0 && slot.interval == 5_000_000_000
        )
        #expect(slot.seen == Word(generation: 6, mode: .live) && slot.beat > 0)
    }

    @Test func aFullTableIsAnErrorAtOpen() throws {
        let path = desk(Page())
        var gates: [Gate] = []
        for number in 0..<256 { gates.append(try Gate(state: path, name: "bot \(number)")) }
        #expect(throws: SwitchError.self) { try Gate(state: path, name: "one too many") }
        gates.removeLast()
        #expect(try Gate(state: path, name: "fits now").permits())
    }

    @Test(
        "bad arguments",
        arguments: [
            ("", ""), (String(repeating: "x", count: 65), ""), ("bot", "venu=x"), ("bot", "venue="),
            ("bot", "venue=a,venue=b"), ("bot", "venue=a,"), ("bot", "venue=" + String(repeating: "x", count: 128)),
        ]
    )
    func badArgumentsAreRefused(name: String, scope: String) {
        let path = desk(Page())
        #expect(throws: SwitchError.self) { try Gate(state: path, name: name, scope: scope) }
    }

    @Test func aStopFileRefusesAGateAsItOpens() throws {
        let path = desk(Page())
        symlink("/nowhere", "\(path)/EMERGENCY_STOP")
        let gate = try Gate(state: path, name: "bot")
        #expect(!gate.permits() && gate.why.contains("EMERGENCY_STOP"))
        // Removing it lifts nothing: what was seen holds until the word changes.
        unlink("\(path)/EMERGENCY_STOP")
        gate.beat()
        #expect(!gate.permits())
        var page = Page(generation: 4)
        page.put64(Clock.boottime(), 24)
        write(page.bytes, to: "\(path)/halt.page")
        #expect(gate.permits())
    }

    @Test func waitIsWokenByTheChange() throws {
        let scratch = desk(Page(generation: 4))
        let before = Word(generation: 4, mode: .live)
        let opened = Wire()
        let woken = Mutex<Word?>(nil)
        // A thread of its own: one of the tests' would keep another test from running.
        let waiter = ThreadStart.joinable {
            guard let gate = try? Gate(state: scratch, name: "waiter") else { return }
            opened.pull()
            let word = gate.wait(from: before, timeout: .seconds(60))
            woken.withLock { $0 = word }
        }
        let thread = try #require(waiter)
        #expect(opened.wait(milliseconds: 60_000))
        var mapping = estop_mapping()
        let directory = try StateDirectory(scratch)
        #expect(estop_map(&mapping, directory.descriptor, 1, 0) == ESTOP_OK)
        var now: UInt32 = 0
        estop_page_halt(mapping.page, UInt32(Mode.halted.rawValue), &now)
        estop_unmap(&mapping)
        pthread_join(thread, nil)
        #expect(woken.withLock { $0 } == Word(generation: 5, mode: .halted))
    }

    @Test func theGateAndTheSwitchAgreeOnScopes() throws {
        let texts = [
            "", "global", "venue=a", "venue=b", "venue=a,symbol=X", "symbol=X", "strategy=s,account=c",
            "account=c,venue=a",
        ]
        for halt in texts {
            for gate in texts {
                let mine = try Scope(halt).covers(try Scope(gate))
                #expect((estop_scope_covers(halt, gate) != 0) == mine, "\(halt) over \(gate)")
            }
        }
        for text in ["venu=x", "venue", "=x", "venue=", ",", "venue=a,", "venue=a,venue=b", "venue=a\u{1}"] {
            #expect(estop_scope_valid(text, 128) == 0 && (try? Scope(text)) == nil, "\(text)")
        }
    }

    @Test func theGateAndTheSwitchAgreeOnModes() {
        for first in Mode.allCases {
            for second in Mode.allCases {
                let mine = UInt32(first.combined(with: second).rawValue)
                #expect(estop_combine(UInt32(first.rawValue), UInt32(second.rawValue)) == mine)
            }
        }
    }
}
