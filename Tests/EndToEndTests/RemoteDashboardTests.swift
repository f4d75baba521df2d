import Emulator
import Foundation
import Glibc
import SafetyEngine
import Testing

@testable import KillSwitch

/// The dashboard on a desk of which it knows a URL: real processes, a real terminal, links that are lost.
@Suite(.serialized) struct RemoteDashboardTests {
    @Test func itShowsTheDeskAndKHaltsItWithProof() throws {
        let remote = try RemoteDeskUnderTest()
        let program = try remote.screen()
        try program.wait("the desk, its engine and the link's age") {
            program.emulator.text(row: 0).contains("PAPER") && program.shows("AVAX/USD") && program.shows("CONNECTED")
                && program.shows("heard <2s ago, round trip") && program.shows("4 beating")
        }
        #expect(program.shows("127.0.0.1:\(remote.port)"))
        #expect(!program.shows("no credential"))
        let before = remote.halts.count
        program.type("K")
        try program.wait("the halt and its steps") {
            program.emulator.text(row: 0).contains("HALTED") && program.shows("✓ confirmed")
                && program.shows("✓ on the page") && program.shows("✓ on disk") && program.shows("✓ verified")
                && program.shows("2 of 2")
        }
        #expect(remote.mode == .halted)
        let halt = try #require(remote.halts.last)
        #expect(remote.halts.count == before + 1)
        #expect(halt.source == .api && halt.reason == "Emergency halt")
        // Without a token nothing proves the name that it gives.
        #expect(halt.op == "\(Identity.current().name) (unproved)")
        try program.wait("the question why") { program.shows("Why?") }
        program.type("1\r")
        try remote.sandbox.wait("the reason is recorded") {
            let records = try remote.sandbox.killSwitch().observe().fold.records
            return records.contains { $0.kind == .reason && $0.about == halt.id && !$0.reason.isEmpty }
        }
        // It has no business with a state directory of this machine.
        #expect(!FileManager.default.fileExists(atPath: remote.sandbox.root + "/nowhere"))
        program.type("\u{1b}")
        program.rest()
        program.type("q")
        try program.waitForEnd()
        #expect(program.exit == 0)
        #expect(program.leftovers().isEmpty)
    }

    @Test func aSilentLinkIsUnmistakableAndKDuringItIsConfirmedOnceItIsBack() throws {
        let remote = try RemoteDeskUnderTest()
        let program = try remote.screen()
        try program.wait("the desk") { program.emulator.text(row: 0).contains("PAPER") && program.shows("AVAX/USD") }
        let host = try #require(remote.desk.host?.processIdentifier)
        kill(host, SIGSTOP)
        defer { kill(host, SIGCONT) }
        try program.wait("that it is late") { program.emulator.text(row: 0).contains("STALE") }
        try program.wait("that the link is lost") {
            program.emulator.text(row: 0).contains("UNKNOWN") && program.shows("ASSUME IT TRADES")
                && program.shows("Last known [PAPER]") && program.shows("LINK LOST")
                && program.shows("nothing came for")
        }
        #expect(!program.shows("heard <2s ago"))
        #expect(program.shows("NOT CONNECTED"))
        program.type("K")
        try program.wait("that the halt is not confirmed, and what to do") {
            program.shows("HALT NOT CONFIRMED for")
                && program.shows("log in to the desk's machine (ssh), there: estop activate")
                && program.shows("! confirmed")
        }
        #expect(program.emulator.text(row: 0).contains("UNKNOWN"))
        // Nobody there could have seen it yet.
        #expect(remote.mode == .paper)
        kill(host, SIGCONT)
        try program.wait("the halt, once the link is back") {
            program.emulator.text(row: 0).contains("HALTED") && program.shows("✓ confirmed")
                && program.shows("✓ verified")
                && !program.shows("NOT CONFIRMED")
        }
        #expect(remote.mode == .halted)
    }

    @Test func aHostThatIsKilledAndStartedAgainIsShownAgainByItself() throws {
        let remote = try RemoteDeskUnderTest()
        let program = try remote.screen()
        try program.wait("the desk") { program.emulator.text(row: 0).contains("PAPER") && program.shows("AVAX/USD") }
        func crash() throws {
            let host = try #require(remote.desk.host)
            kill(host.processIdentifier, SIGKILL)
            host.waitUntilExit()
        }
        try crash()
        try program.wait("that the link is lost") {
            program.emulator.text(row: 0).contains("UNKNOWN") && program.shows("Last known [PAPER]")
        }
        try remote.serve()
        try program.wait("the desk again") {
            program.emulator.text(row: 0).contains("PAPER") && !program.shows("LINK LOST")
        }
        try crash()
        try program.wait("that the link is lost again") { program.emulator.text(row: 0).contains("UNKNOWN") }
        program.type("K")
        try program.wait("that the halt is not confirmed") {
            program.shows("HALT NOT CONFIRMED for") && program.shows("Failed to connect")
        }
        try remote.serve()
        try program.wait("the halt at the new host") {
            program.emulator.text(row: 0).contains("HALTED") && program.shows("✓ confirmed")
        }
        #expect(remote.mode == .halted)
        #expect(remote.halts.last?.source == .api)
    }

    @Test func whoQuitsWithAnUnconfirmedHaltIsToldSo() throws {
        let remote = try RemoteDeskUnderTest()
        let program = try remote.screen()
        try program.wait("the desk") { program.emulator.text(row: 0).contains("PAPER") && program.shows("AVAX/USD") }
        let host = try #require(remote.desk.host?.processIdentifier)
        kill(host, SIGSTOP)
        defer { kill(host, SIGCONT) }
        program.type("K")
        try program.wait("that the halt is not confirmed") { program.shows("HALT NOT CONFIRMED for") }
        program.type("\u{1b}")
        // The screen counts: it does not come to rest.
        try program.wait("no question") { !program.shows("Why?") }
        program.type("q")
        try program.waitForEnd()
        let said = String(decoding: program.output.suffix(800), as: UTF8.self)
        #expect(
            said.contains("estop: the halt was NOT CONFIRMED by 127.0.0.1:\(remote.port)"),
            "\(said.debugDescription)"
        )
    }

    @Test func rResumesWithTheTokenOfTheFileAndAsksForAFreshOne() throws {
        let remote = try RemoteDeskUnderTest()
        let dialog = """
            R
            expect checks: 0 failing
            wait 400ms
            Tab y*4
            type looked into: a false alarm
            Enter
            type RESUME
            Enter*2

            """
        let viewer = try remote.tokenFile("viewer", named: "viewer")
        let resume = try remote.tokenFile("resume")
        let halt = "expect PAPER\nexpect heard <2s ago, round trip\nK\nexpect HALTED\nEsc\n"
        let refused = try remote.script(halt + dialog + "expect may not do this\n", "--token-file", viewer)
        #expect(refused.status == 0, "\(refused)")
        #expect(remote.mode == .halted)
        let resumed = try remote.script(
            "expect HALTED\n" + dialog + "expect trading is resumed: paper\nexpect PAPER\n",
            "--token-file",
            resume
        )
        #expect(resumed.status == 0, "\(resumed)")
        #expect(remote.mode == .paper)
        let applied = try remote.sandbox.killSwitch().observe().fold.lastApplied
        #expect(applied?.op == "ann" && applied?.reason == "looked into: a false alarm" && applied?.source == .api)
        // Used up: said, and nothing resumed.
        let spent = try remote.script(halt + dialog + "expect token_spent\n", "--token-file", resume)
        #expect(spent.status == 0, "\(spent)")
        #expect(remote.mode == .halted)
    }

    @Test func aCheckThatFailsIsShownAndCanBeOverriddenWithAReason() throws {
        // A real desk may go live only after its stage.
        let remote = try RemoteDeskUnderTest(bots: nil, "[probation]\nreduce_only = \"10m\"\n")
        let resume = try remote.tokenFile("resume")
        let resumed = try remote.script(
            """
            expect HALTED
            R
            expect live comes after 10m in reduce-only
            wait 400ms
            Tab Space
            expect checks: 1 failing
            Tab
            type drill
            Tab
            y*4
            type known
            Enter
            type RESUME
            Enter*2
            expect trading is resumed: live
            expect TRADING
            """,
            "--token-file",
            resume
        )
        #expect(resumed.status == 0, "\(resumed)")
        #expect(remote.mode == .live)
        let applied = try remote.sandbox.killSwitch().observe().fold.lastApplied
        #expect(applied?.overrides.first?.key == "rules")
    }

    @Test func otherActionsGoOverHTTPWhereTheTokenMay() throws {
        let remote = try RemoteDeskUnderTest(
            bots: nil,
            "[rules.QUEUE_DEPTH]\nmetric = \"queue_depth\"\nover = 100\nlevel = \"warning\"\n"
        )
        try remote.desk.ingest(Line.metric("queue_depth", "101"))
        try remote.desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
        let viewer = try remote.tokenFile("viewer", named: "viewer")
        let refused = try remote.script(
            "expect QUEUE_DEPTH\n2\na\nexpect not done: the token may not do this\n",
            "--token-file",
            viewer
        )
        #expect(refused.status == 0, "\(refused)")
        let act = try remote.tokenFile("operator", named: "act")
        let done = try remote.script("expect QUEUE_DEPTH\n2\na\nexpect is acknowledged\n", "--token-file", act)
        #expect(done.status == 0, "\(done)")
        try remote.desk.wait("who acknowledged it") { $0.alerts.contains { $0.acknowledgedBy == "ann" } }
    }

    @Test func tlsCertificatesTokensAndStrangersAreToldApart() throws {
        let remote = try RemoteDeskUnderTest()
        let (url, certificate) = try remote.proxy()
        let stranger = try remote.screen(url)
        try stranger.wait("that the certificate is not trusted") {
            stranger.emulator.text(row: 0).contains("UNKNOWN") && stranger.shows("is not trusted")
        }
        stranger.type("K")
        try stranger.wait("that the halt is not confirmed") { stranger.shows("HALT NOT CONFIRMED for") }
        #expect(remote.mode == .paper)

        let token = try remote.file("token", "nonsense\n")
        let program = try remote.screen(url, "--ca-file", certificate, "--token-file", token)
        try program.wait("that the token is not accepted") {
            program.emulator.text(row: 0).contains("UNKNOWN") && program.shows("the token is not accepted")
        }
        // The file is read anew: the program goes on trying.
        _ = try remote.tokenFile("viewer")
        try program.wait("the desk") { program.emulator.text(row: 0).contains("PAPER") && program.shows("AVAX/USD") }
        program.type("K")
        try program.wait("the halt over TLS") {
            program.emulator.text(row: 0).contains("HALTED") && program.shows("✓ confirmed")
        }
        #expect(remote.mode == .halted)
    }

    @Test(TestTool.stunnel.isThere) func stunnelBeforeTheDeskIsEnough() throws {
        let remote = try RemoteDeskUnderTest()
        let (_, certificate) = try remote.proxy()
        let port = try RemoteDeskUnderTest.freePort()
        let settings = try remote.file(
            "stunnel.conf",
            """
            foreground = yes
            pid =
            [estop]
            accept = 127.0.0.1:\(port)
            connect = 127.0.0.1:\(remote.port)
            cert = \(certificate)
            key = \(remote.sandbox.root)/proxy.key

            """
        )
        try remote.start(TestTool.stunnel.path, [settings])
        let program = try remote.screen("https://localhost:\(port)", "--ca-file", certificate)
        try program.wait("the desk") { program.emulator.text(row: 0).contains("PAPER") && program.shows("AVAX/USD") }
        program.type("K")
        try program.wait("the halt") {
            program.emulator.text(row: 0).contains("HALTED") && program.shows("✓ confirmed")
        }
        #expect(remote.mode == .halted)
    }

    @Test func somethingThatIsNoEstopIsSaid() throws {
        let remote = try RemoteDeskUnderTest()
        let port = try RemoteDeskUnderTest.freePort()
        try remote.start(
            "/usr/bin/python3",
            ["-m", "http.server", "--bind", "127.0.0.1", "--directory", remote.sandbox.root, "\(port)"]
        )
        let program = try remote.screen("http://127.0.0.1:\(port)")
        try program.wait("that it is none") {
            program.emulator.text(row: 0).contains("UNKNOWN") && program.shows("127.0.0.1:\(port) is no estop")
        }
    }

    @Test(arguments: [
        (["--url", "http://trading-1:5000"], "in the clear"), (["--url", "trading-1"], "https://"),
        (["--url", "https://h", "--token-file", "/nowhere/token"], "/nowhere/token cannot be read"),
        (["--url", "https://h", "--ca-file", "/nowhere/ca"], "/nowhere/ca cannot be read"),
        (["--url", "https://h", "--state", "/tmp"], "--state"), (["--url", "https://h", "--demo"], "--demo"),
        (["--token-file", "/dev/null"], "name it with --url"),
    ])
    func unusableArgumentsAreRefusedBeforeTheScreen(words: [String], why: String) throws {
        let sandbox = try Sandbox()
        for run in [try sandbox.run("estop", words), try sandbox.run("estop", ["watch", "--plain"] + words)] {
            #expect(run.status == 64, "\(run)")
            #expect(run.error.contains(why), "\(run)")
            #expect(run.error.split(separator: "\n").count == 1)
        }
    }

    @Test func thePlainWatchOfARemoteDeskHaltsItAndSaysWhatIsNotConfirmed() throws {
        let remote = try RemoteDeskUnderTest()
        let watch = remote.sandbox.process("estop", ["watch", "--plain", "--url", remote.base])
        let (input, path) = (Pipe(), remote.sandbox.root + "/said")
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        watch.standardInput = input
        watch.standardOutput = FileHandle(forWritingAtPath: path)
        try watch.run()
        defer { watch.terminate() }
        func wait(for text: String) throws {
            try remote.sandbox.wait("'\(text)' is said") {
                ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").contains(text)
            }
        }
        try wait(for: "PAPER")
        let host = try #require(remote.desk.host?.processIdentifier)
        kill(host, SIGSTOP)
        defer { kill(host, SIGCONT) }
        input.fileHandleForWriting.write(Data("halt drill\n".utf8))
        try wait(for: "HALT NOT CONFIRMED for")
        kill(host, SIGCONT)
        try wait(for: "the halt is confirmed by 127.0.0.1:\(remote.port)")
        #expect(remote.mode == .halted)
        #expect(remote.halts.contains { $0.reason == "drill" })
    }
}
