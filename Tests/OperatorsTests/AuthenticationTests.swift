import KillSwitch
import Testing

@testable import Operators

/// Who somebody is, for a resume that takes two people.
struct AuthenticationTests {
    private let state = TemporaryState()

    private func authenticate(_ name: String, _ phrase: String?) throws -> Authentication {
        let killSwitch = KillSwitch(try StateDirectory(state.path))
        return state.store().authenticate(
            name,
            passphrase: phrase.map { Passphrase($0) },
            on: killSwitch,
            identity: .current()
        )
    }

    @Test func theRightPassphraseProvesOneOperatorAmongAllWhoAreEnrolled() throws {
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase("correct horse battery"))
        try store.add(name: "ben", passphrase: Passphrase("another horse battery"))
        let enrolled = try store.list().map { Credential.Enrolment(name: $0.name, since: $0.since) }
        #expect(
            try authenticate("ben", "another horse battery") == .accepted(Credential(name: "ben", enrolled: enrolled))
        )
        for (name, phrase) in [("ben", "correct horse battery"), ("zoe", "another horse battery"), ("ben", nil)]
            as [(String, String?)]
        {
            guard case .refused = try authenticate(name, phrase) else {
                Issue.record("\(name) was accepted with \(phrase ?? "nothing")")
                continue
            }
        }
    }

    /// The owner may resume a desk that takes one person; for two, a name that nobody proved is worth nothing.
    @Test func whereNobodyIsEnrolledTheOwnerIsTakenByAnyNameAndProvesNone() throws {
        #expect(try authenticate("anybody", nil) == .accepted(Credential(name: "anybody", enrolled: [])))
    }

    @Test func anOperatorsFileThatCannotBeTrustedProvesNobody() throws {
        try state.store().add(name: "ann", passphrase: Passphrase("correct horse battery"))
        state.write("{}", to: "operators.json")
        guard case .refused = try authenticate("ann", "correct horse battery") else {
            Issue.record("accepted")
            return
        }
    }
}
