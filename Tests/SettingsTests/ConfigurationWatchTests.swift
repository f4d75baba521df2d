import Glibc
import SafetyEngine
import Synchronization
import Testing

@testable import Console
@testable import Settings

/// What runs only ever changes to a configuration that was read as a whole; a file that is gone or refused changes
/// nothing; whoever asks is answered.
@Suite(.serialized, .timeLimit(.minutes(20))) struct ConfigurationWatchTests {
    /// A watch on a real file, and its outcomes one by one.
    private final class Desk: Sendable {
        let directory = TemporaryDirectory()
        let outcomes = Mutex<[ConfigurationWatch.Outcome]>([])
        private let watch = Mutex<ConfigurationWatch?>(nil)

        /// Begins with a file, or without.
        init(_ text: String?, pollMs: UInt64 = 60_000) throws {
            if let text { directory.write(text, to: "estop.toml") }
            let running = try DeskConfiguration.load(
                named: nil,
                state: directory.path,
                environment: Environment([:]),
                builtIn: Hand.rules
            )
            let started = ConfigurationWatch(
                .init(named: nil, state: directory.path, environment: Environment([:]), builtIn: Hand.rules),
                running: running,
                quietMs: 20,
                pollMs: pollMs,
                tell: { [self] outcome in outcomes.withLock { $0.append(outcome) } }
            )
            watch.withLock { $0 = started }
            started.start()
        }

        /// Ends the watch, which holds on to this through `tell`.
        func stop() {
            let ended = watch.withLock { watch in
                defer { watch = nil }
                return watch
            }
            ended?.stop()
        }

        func ask() { watch.withLock { $0 }?.ask() }

        /// The next outcome; fails after ten seconds.
        func next() async throws -> ConfigurationWatch.Outcome {
            for _ in 0..<2_000 {
                if let outcome = outcomes.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return outcome }
                try await Task.sleep(for: .milliseconds(5))
            }
            throw TimedOut()
        }

        /// The differences of the next outcome, which has to be a change.
        func change() async throws -> [String] {
            let outcome = try await next()
            guard case .changed(let change) = outcome else {
                Issue.record("\(outcome)")
                return []
            }
            return change.differences
        }

        /// The message of the next outcome, which has to be a refusal.
        func refusal() async throws -> String {
            let outcome = try await next()
            guard case .refused(let refusal) = outcome else {
                Issue.record("\(outcome)")
                return ""
            }
            return refusal.message
        }
    }

    private struct TimedOut: Error {}

    @Test func aFileThatIsWrittenInPlaceIsTakenOver() async throws {
        let desk = try Desk("[cap]\nmost = 8")
        defer { desk.stop() }
        desk.directory.write("[cap]\nmost = 6", to: "estop.toml")
        #expect(try await desk.change() == ["[cap] most: 8 -> 6"])
        desk.directory.write("[cap]\nmost = 5", to: "estop.toml")
        #expect(try await desk.change() == ["[cap] most: 6 -> 5"])
    }

    @Test func aFileThatIsReplacedByARenameIsTakenOver() async throws {
        let desk = try Desk("[cap]\nmost = 8")
        defer { desk.stop() }
        desk.directory.write("[cap]\nmost = 6\n[desk]\nname = \"b\"", to: "new")
        rename("\(desk.directory.path)/new", "\(desk.directory.path)/estop.toml")
        let outcome = try await desk.next()
        guard case .changed(let change) = outcome else { throw TimedOut() }
        #expect(change.differences == ["[desk] name: \"paper\" -> \"b\"", "[cap] most: 8 -> 6"])
        #expect(change.atNextStart == ["[desk] name: \"paper\" -> \"b\""])
        #expect(change.live.engine.deskName == "paper" && change.live.engine.cap.most == 6)
        #expect(change.reading.desk.engine.deskName == "b")
    }

    @Test func aFileThatAppearsIsTakenOver() async throws {
        let desk = try Desk(nil)
        defer { desk.stop() }
        desk.directory.write("[cap]\nmost = 6", to: "estop.toml")
        #expect(try await desk.change() == ["[cap] most: 8 -> 6"])
    }

    @Test func aRefusedFileChangesNothing() async throws {
        let desk = try Desk("[cap]\nmost = 8")
        defer { desk.stop() }
        desk.directory.write("[cap]\nmost = 6\n[orders]\nretries = -1", to: "estop.toml")
        #expect(try await desk.refusal().hasPrefix("\(desk.directory.path)/estop.toml:4: 'orders.retries' is -1; "))
        // Not even the good half of it: the next change is from what ran.
        desk.directory.write("[cap]\nmost = 5", to: "estop.toml")
        #expect(try await desk.change() == ["[cap] most: 8 -> 5"])
    }

    @Test func aFileThatIsGoneChangesNothing() async throws {
        let desk = try Desk("[cap]\nmost = 6")
        defer { desk.stop() }
        unlink("\(desk.directory.path)/estop.toml")
        #expect(
            try await desk.refusal()
                == "\(desk.directory.path)/estop.toml: the file is gone, and what it said holds: put it back, or restart"
        )
        desk.directory.write("[cap]\nmost = 5", to: "estop.toml")
        #expect(try await desk.change() == ["[cap] most: 6 -> 5"])
    }

    /// Root reads what has no permissions: a directory in its place is what nobody can read.
    @Test func aFileThatCannotBeReadChangesNothing() async throws {
        let desk = try Desk("[cap]\nmost = 6")
        defer { desk.stop() }
        let file = "\(desk.directory.path)/estop.toml"
        mkdir("\(file).d", 0o755)
        rename(file, "\(desk.directory.path)/kept")
        rename("\(file).d", file)
        // Between the two the file was gone; whether that was seen is a matter of luck.
        var message = try await desk.refusal()
        if message.contains("the file is gone") { message = try await desk.refusal() }
        #expect(message == "\(file): this is no regular file: name one")
        rmdir(file)
        rename("\(desk.directory.path)/kept", file)
        desk.ask()
        while true {
            let outcome = try await desk.next()
            if outcome == .same { break }
            guard case .refused = outcome else { throw TimedOut() }
        }
    }

    @Test func whoeverAsksIsAnswered() async throws {
        let desk = try Desk("[cap]\nmost = 6")
        defer { desk.stop() }
        desk.ask()
        #expect(try await desk.next() == .same)
        desk.ask()
        #expect(try await desk.next() == .same)
    }

    @Test func aChangeThatSaysTheSameIsNotTold() async throws {
        let desk = try Desk("[cap]\nmost = 6")
        defer { desk.stop() }
        desk.directory.write("# the same\n[cap]\nmost = 6", to: "estop.toml")
        // The answer to asking comes after whatever the change would have told.
        desk.ask()
        #expect(try await desk.next() == .same)
        desk.directory.write("[cap]\nmost = 5", to: "estop.toml")
        #expect(try await desk.change() == ["[cap] most: 6 -> 5"])
    }

    /// inotify sees the directory, not the end of a link: that is what the looking is for.
    @Test func theEndOfALinkIsLookedAt() async throws {
        let elsewhere = TemporaryDirectory()
        elsewhere.write("[cap]\nmost = 6", to: "real.toml")
        let desk = try Desk(nil, pollMs: 20)
        defer { desk.stop() }
        symlink("\(elsewhere.path)/real.toml", "\(desk.directory.path)/estop.toml")
        #expect(try await desk.change() == ["[cap] most: 8 -> 6"])
        elsewhere.write("[cap]\nmost = 5", to: "real.toml")
        #expect(try await desk.change() == ["[cap] most: 6 -> 5"])
    }

    /// A state directory that is made later cannot be watched, only looked for.
    @Test func whereNothingCanBeWatchedItIsLookedFor() async throws {
        let directory = TemporaryDirectory()
        let state = "\(directory.path)/later"
        let box = Box()
        let place = ConfigurationWatch.Place(
            named: nil,
            state: state,
            environment: Environment([:]),
            builtIn: Hand.rules
        )
        let running = try DeskConfiguration.load(
            named: nil,
            state: state,
            environment: Environment([:]),
            builtIn: Hand.rules
        )
        let watch = ConfigurationWatch(place, running: running, quietMs: 5, pollMs: 10) { box.add($0) }
        watch.start()
        mkdir(state, 0o755)
        directory.write("[cap]\nmost = 6", to: "later/estop.toml")
        for _ in 0..<2_000 where box.count == 0 { try await Task.sleep(for: .milliseconds(5)) }
        watch.stop()
        #expect(box.count == 1)
        unlink("\(state)/estop.toml")
        rmdir(state)
    }

    private final class Box: Sendable {
        private let outcomes = Mutex<[ConfigurationWatch.Outcome]>([])
        var count: Int { outcomes.withLock { $0.count } }
        func add(_ outcome: ConfigurationWatch.Outcome) { outcomes.withLock { $0.append(outcome) } }
    }
}
