import Glibc
import Synchronization
import Testing

@testable import Operators

/// How many were inside at once, and which numbers were seen.
private final class Watch: Sendable {
    private let state = Mutex<(inside: Int, most: Int, numbers: Set<Int>)>((0, 0, []))

    func enter() {
        state.withLock {
            $0.inside += 1
            $0.most = max($0.most, $0.inside)
        }
    }

    func leave() { state.withLock { $0.inside -= 1 } }
    func note(_ number: Int) { state.withLock { _ = $0.numbers.insert(number) } }

    var most: Int { state.withLock { $0.most } }
    var numbers: Set<Int> { state.withLock { $0.numbers } }
}

/// What was on disk while somebody slept.
private final class Texts: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ text: String) { texts.withLock { $0.append(text) } }

    var all: [String] { texts.withLock { $0 } }
}

struct DelayTests {
    let state = TemporaryState()

    @Test func wrongAttemptsAreDelayedLongerEachTimeUpToHalfAMinute() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        for attempt in 1...7 {
            // A new store each time: the count is on disk, not in a process.
            #expect(try state.store().verify(name: "ann", passphrase: Passphrase(wrong)) == .wrong(attempts: attempt))
        }
        #expect(state.delays() == [1, 2, 4, 8, 16, 30, 30])
    }

    @Test func theRightPassphraseIsNotDelayedAndEndsTheCount() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        for _ in 0..<3 { _ = try store.verify(name: "ann", passphrase: Passphrase(wrong)) }
        _ = state.delays()
        #expect(try store.verify(name: "ann", passphrase: Passphrase(right)) == .accepted)
        #expect(state.delays() == [])
        #expect(try store.verify(name: "ann", passphrase: Passphrase(wrong)) == .wrong(attempts: 1))
        #expect(state.delays() == [1])
    }

    @Test func anUnknownNameIsCountedAndDelayedLikeAKnownOne() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        for _ in 0..<3 { #expect(try store.verify(name: "eve", passphrase: Passphrase(right)) == .unknownOperator) }
        #expect(state.delays() == [1, 2, 4])
        #expect(state.text(of: "operators.failures")?.contains("eve") == false)
    }

    @Test func oneOperatorsMistakesDoNotDelayAnother() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        try store.add(name: "bob", passphrase: Passphrase(right))
        for _ in 0..<4 { _ = try store.verify(name: "ann", passphrase: Passphrase(wrong)) }
        #expect(try store.verify(name: "bob", passphrase: Passphrase(wrong)) == .wrong(attempts: 1))
        #expect(state.delays().last == 1)
    }

    @Test func theAttemptIsCountedBeforeTheSleepAndTheAnswerComesAfterIt() throws {
        let path = state.path
        let seen = Texts()
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        let store = OperatorStore(directory: path, cost: .least) { [state] _ in
            seen.add(state.text(of: "operators.failures") ?? "")
        }
        #expect(try store.verify(name: "ann", passphrase: Passphrase(wrong)) == .wrong(attempts: 1))
        #expect(seen.all.count == 1)
        #expect(seen.all.first?.contains("\"count\":1,\"unfinished\":true") == true)
        #expect(state.text(of: "operators.failures")?.contains("\"count\":1,\"unfinished\":false") == true)
    }

    @Test func endingTheProcessToEscapeTheDelayGainsNothing() throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        var failures = FailureCounts()
        let key = try PassphraseHash.digest("ann")
        for _ in 0..<3 { failures.begin(key) }
        state.write(failures.text, to: "operators.failures")
        // The fourth attempt first sleeps what the third one owes, then its own.
        #expect(try state.store().verify(name: "ann", passphrase: Passphrase(wrong)) == .wrong(attempts: 4))
        #expect(state.delays() == [4, 8])
        #expect(try state.store().verify(name: "ann", passphrase: Passphrase(wrong)) == .wrong(attempts: 5))
        #expect(state.delays() == [16])
    }

    @Test(arguments: [
        "", "{}", "garbage",
        "{\"version\":1,\"lost\":false,\"failures\":[{\"name\":\"a\",\"count\":-1,\"unfinished\":true}]}",
    ])
    func aLostCountIsNotNoCount(text: String) throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        state.write(text, to: "operators.failures")
        _ = try state.store().verify(name: "ann", passphrase: Passphrase(wrong))
        _ = try state.store().verify(name: "bob", passphrase: Passphrase(wrong))
        #expect(state.delays() == [30, 30])
        #expect(try state.store().verify(name: "ann", passphrase: Passphrase(right)) == .accepted)
    }

    @Test func manyNamesDoNotGrowTheFile() throws {
        var failures = FailureCounts()
        for _ in 0..<3 { failures.begin("ann") }
        for number in 0..<1000 { failures.begin("name \(number)") }
        #expect(failures.entries.count == FailureCounts.capacity)
        #expect(failures.count(of: "ann") == 3)
        #expect(FailureCounts(bytes: Array(failures.text.utf8)) == failures)
    }

    @Test(.timeLimit(.minutes(20))) func onlyOneAttemptIsAnsweredAtATime() async throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        let path = state.path
        let watch = Watch()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let store = OperatorStore(directory: path, cost: .least) { _ in
                        watch.enter()
                        usleep(5000)
                        watch.leave()
                    }
                    for _ in 0..<3 {
                        if case .wrong(let number) = try store.verify(name: "ann", passphrase: Passphrase(wrong)) {
                            watch.note(number)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(watch.most == 1)
        #expect(watch.numbers == Set(1...12))
    }

    @Test func aHolderThatDoesNotMoveIsReported() throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        let lock = open("\(state.path)/operators.lock", O_RDWR | O_CLOEXEC)
        defer { close(lock) }
        flock(lock, LOCK_EX)
        let error = #expect(throws: OperatorsError.self) {
            try state.store(patience: 60).verify(name: "ann", passphrase: Passphrase(right))
        }
        #expect(error?.code == .busy)
        // Looking needs no lock.
        #expect(try state.store().list().count == 1)
    }
}
