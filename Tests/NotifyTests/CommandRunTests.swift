import CProcess
import Foundation
import Glibc
import Testing

@testable import Notify

struct CommandRunTests {
    private static func run(
        _ words: [String],
        input: String = "in",
        timeoutMs: UInt64 = 20_000,
        cancel: Int32 = -1
    ) -> Outcome {
        CommandRun.run(
            words,
            environment: [("ESTOP_ALERT_TEXT", "a b"), ("HOME", "/elsewhere")],
            input: Array(input.utf8),
            timeoutMs: timeoutMs,
            cancel: cancel
        )
    }

    private static func isGone(_ folder: Folder, _ name: String) -> Bool {
        guard let pid = folder.text(name).flatMap({ Int32($0.split(separator: "\n").first ?? "") }) else {
            return false
        }
        // What was killed may still be on the table until its new parent looks.
        let state = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.split(separator: ")").last
        return state.map { $0.hasPrefix(" Z") } ?? true
    }

    @Test func itGetsItsInputAndEnvironmentAndNoShell() throws {
        let folder = try Folder()
        let script = try folder.script(
            "tell",
            #"cat > "$1/input"; cat /dev/stdin > "$1/again"; echo "$ESTOP_ALERT_TEXT|$HOME|$PATH|$2" > "$1/variables""#
        )
        #expect(Self.run([script, folder.path, "$(touch x); *"], input: "{\"a\":1}\n") == .delivered)
        #expect(folder.text("input") == "{\"a\":1}\n")
        #expect(folder.text("again") == "{\"a\":1}\n")
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        #expect(folder.text("variables") == "a b|/elsewhere|\(path)|$(touch x); *\n")
    }

    @Test func oneThatFailsSaysItsLastLine() throws {
        let folder = try Folder()
        let script = try folder.script("fail", "echo first; echo 'no \u{1b}[31mroute' >&2; echo '  '; exit 3")
        #expect(Self.run([script]) == .failed("\(script) ended with status 3: no \\x1b[31mroute", retryAfterMs: nil))
        #expect(
            Self.run(["/bin/sh", "-c", "kill -9 $$"]) == .failed("/bin/sh was killed by signal 9", retryAfterMs: nil)
        )
    }

    @Test(arguments: [
        ("/nowhere/at-all", "/nowhere/at-all ended with status 127: no such program"),
        ("no-such-program-anywhere", "no-such-program-anywhere ended with status 127: no such program"),
        ("/etc/passwd", "/etc/passwd ended with status 126: it may not be executed"),
    ])
    func oneThatCannotBeStartedSaysWhy(program: String, reason: String) {
        #expect(Self.run([program]) == .failed(reason, retryAfterMs: nil))
    }

    @Test func noCommandIsRefused() {
        #expect(Self.run([]) == .refused("there is no command"))
        #expect(Self.run([""]) == .refused("there is no command"))
    }

    @Test func oneThatHangsIsKilledWithItsChildren() throws {
        let folder = try Folder()
        let script = try folder.script(
            "hang",
            #"trap '' TERM; sleep 600 & echo $! > "$1/child.new"; echo $$ > "$1/own"; mv "$1/child.new" "$1/child"; wait"#
        )
        let outcome = Self.run([script, folder.path], timeoutMs: 1_500)
        #expect(outcome == .failed("\(script) was killed: it took more than 1500 ms", retryAfterMs: nil))
        #expect(eventually { Self.isGone(folder, "own") && Self.isGone(folder, "child") })
    }

    @Test func whatItLeavesBehindIsKilledAndNotWaitedFor() throws {
        let folder = try Folder()
        let script = try folder.script("leave", #"sleep 600 & echo $! > "$1/child"; exit 0"#)
        #expect(Self.run([script, folder.path]) == .delivered)
        #expect(eventually { Self.isGone(folder, "child") })
    }

    @Test func itsWordsAreBoundedAndNeverStopIt() throws {
        let folder = try Folder()
        let script = try folder.script("talk", "head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo end; exit 1")
        #expect(Self.run([script]) == .failed("\(script) ended with status 1: end", retryAfterMs: nil))
    }

    @Test func inputThatNobodyReadsIsNoFailure() {
        #expect(Self.run(["true"], input: String(repeating: "x", count: 1_000_000)) == .delivered)
    }

    @Test func anotherThreadEndsItAtOnce() throws {
        let folder = try Folder()
        let cancel = process_counter()
        defer { close(cancel) }
        let script = try folder.script("hang", #"echo $$ > "$1/own.new"; mv "$1/own.new" "$1/own"; exec sleep 600"#)
        let waker = Thread {
            _ = eventually { folder.text("own") != nil }
            var one: UInt64 = 1
            write(cancel, &one, 8)
        }
        waker.start()
        #expect(Self.run([script, folder.path], timeoutMs: 120_000, cancel: cancel) == .cancelled)
        #expect(eventually { Self.isGone(folder, "own") })
    }

    @Test func itInheritsNoDescriptorOfTheHost() throws {
        let folder = try Folder()
        let script = try folder.script("list", #"ls /proc/$$/fd > "$1/open""#)
        // One that somebody forgot to mark.
        let forgotten = fcntl(0, F_DUPFD, 100)
        defer { close(forgotten) }
        #expect(Self.run([script, folder.path]) == .delivered)
        let open = (folder.text("open") ?? "").split(separator: "\n").compactMap { Int($0) }
        // The shell's own are 10 and 11.
        #expect(open.count >= 3 && open.allSatisfy { $0 < 3 || $0 == 10 || $0 == 11 }, "\(open)")
    }
}
