import Glibc
import Testing

@testable import Operators

struct EnrolmentTests {
    let state = TemporaryState()

    @Test func withoutAFileNobodyIsEnrolledAndNothingIsMade() throws {
        #expect(try state.store().list() == [])
        #expect(state.status(of: "operators.json") == nil && state.status(of: "operators.lock") == nil)
    }

    @Test func whoIsEnrolledIsListedAndAcceptedUntilRemoved() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        try store.add(name: "bob", passphrase: Passphrase(wrong))
        #expect(try store.list().map(\.name) == ["ann", "bob"])
        #expect(try store.list().first?.since.utf8.count == 24)
        #expect(try store.verify(name: "ann", passphrase: Passphrase(right)) == .accepted)
        #expect(try store.verify(name: "bob", passphrase: Passphrase(wrong)) == .accepted)
        #expect(state.delays() == [])
        try store.remove(name: "ann")
        #expect(try store.list().map(\.name) == ["bob"])
        #expect(try store.verify(name: "ann", passphrase: Passphrase(right)) == .unknownOperator)
    }

    @Test func removingTheLastLeavesAFileOfNobody() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        try store.remove(name: "ann")
        #expect(try store.list() == [])
        #expect(state.text(of: "operators.json") == "{\"version\":1,\"operators\":[]}\n")
    }

    @Test func theFileHoldsAHashAndNoPassphrase() throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        let text = try #require(state.text(of: "operators.json"))
        #expect(text.hasPrefix("{\"version\":1,\"operators\":[{\"name\":\"ann\",\"hash\":\"$argon2id$v=19$"))
        #expect(!text.contains("horse"))
    }

    @Test func filesAreTheOwnersAloneWhateverTheUmask() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        _ = try store.verify(name: "ann", passphrase: Passphrase(wrong))
        for name in ["operators.json", "operators.lock", "operators.failures"] {
            let status = try #require(state.status(of: name), "\(name)")
            #expect(status.st_mode == S_IFREG | 0o600 && status.st_uid == geteuid())
        }
        #expect(state.status(of: "operators.json.new") == nil)
    }

    @Test func anExistingNameIsReplacedOnlyWhenAsked() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        let error = #expect(throws: OperatorsError.self) { try store.add(name: "ann", passphrase: Passphrase(wrong)) }
        #expect(error?.code == .exists)
        #expect(try store.verify(name: "ann", passphrase: Passphrase(right)) == .accepted)
        try store.add(name: "ann", passphrase: Passphrase(wrong), replacing: true)
        #expect(try store.verify(name: "ann", passphrase: Passphrase(wrong)) == .accepted)
        #expect(try store.list().count == 1)
    }

    @Test(arguments: [
        "", String(repeating: "x", count: 65), "a\nb", "a\u{1b}[2J", "a\u{202e}b", " ann", "ann ", "\u{fffd}",
    ])
    func namesThatReadDifferentlyElsewhereAreRefused(name: String) {
        let error = #expect(throws: OperatorsError.self) {
            try state.store().add(name: name, passphrase: Passphrase(right))
        }
        #expect(error?.code == .input)
    }

    @Test(arguments: ["", "short", "elevenchars", "Ann of the desk", "ééééééééééé"])
    func weakPassphrasesAreRefused(passphrase: String) {
        let error = #expect(throws: OperatorsError.self) {
            try state.store().add(name: "ann of the desk", passphrase: Passphrase(passphrase))
        }
        #expect(error?.code == .input)
        #expect(state.status(of: "operators.json") == nil)
    }

    @Test func removingNobodyIsAnError() {
        let error = #expect(throws: OperatorsError.self) { try state.store().remove(name: "ann") }
        #expect(error?.code == .unknown)
    }

    @Test func aTemporaryFileLeftByACrashIsNoObstacle() throws {
        state.write("half", to: "operators.json.new")
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        #expect(try state.store().list().count == 1)
    }

    @Test func thePassphraseOfAnArrayIsWiped() {
        var bytes = Array(right.utf8)
        _ = Passphrase(&bytes)
        #expect(bytes.isEmpty)
    }

    @Test func theStandardCostIsArgon2idWithThreePassesOver64MiB() throws {
        let hash = try PassphraseHash.make(Passphrase(right), cost: .standard)
        #expect(hash.hasPrefix("$argon2id$v=19$m=65536,t=3,p=1$"))
        #expect(try PassphraseHash.verify(Passphrase(right), against: hash))
        #expect(try !PassphraseHash.verify(Passphrase(wrong), against: hash))
    }

    @Test func withoutAStateDirectoryThereIsAnError() {
        let error = #expect(throws: OperatorsError.self) { try OperatorStore(directory: "/nonexistent/estop").list() }
        #expect(error?.code == .system && error?.errno == ENOENT)
    }
}
