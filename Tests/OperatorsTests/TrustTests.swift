import Glibc
import Seeds
import Testing

@testable import Operators

/// Invariant: what cannot be read, trusted or understood accepts nobody, and is never nobody being enrolled.
struct TrustTests {
    let state = TemporaryState()

    private func expectRefused(_ code: OperatorsError.Code, _ comment: Comment? = nil) {
        let store = state.store()
        let listing = #expect(throws: OperatorsError.self, comment) { try store.list() }
        #expect(listing?.code == code, comment)
        let verifying = #expect(throws: OperatorsError.self, comment) {
            try store.verify(name: "ann", passphrase: Passphrase(right))
        }
        #expect(verifying?.code == code, comment)
        let adding = #expect(throws: OperatorsError.self, comment) {
            try store.add(name: "eve", passphrase: Passphrase(right), replacing: true)
        }
        #expect(adding?.code == code, comment)
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o666, 0o610] as [mode_t])
    func aFileOpenToOthersIsRefused(mode: mode_t) throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        chmod("\(state.path)/operators.json", mode)
        expectRefused(.untrusted)
    }

    @Test(.enabled(if: geteuid() == 0)) func aFileOfSomebodyElseIsRefused() throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        chown("\(state.path)/operators.json", 65_534, gid_t.max)
        expectRefused(.untrusted)
    }

    @Test(.enabled(if: geteuid() == 0)) func whatRootMakesBelongsToTheDesksOwner() throws {
        chown(state.path, 65_534, gid_t.max)
        let store = state.store()
        try store.add(name: "ann", passphrase: Passphrase(right))
        _ = try store.verify(name: "ann", passphrase: Passphrase(wrong))
        for name in ["operators.json", "operators.lock", "operators.failures"] {
            #expect(state.status(of: name)?.st_uid == 65_534, "\(name)")
        }
        #expect(try store.verify(name: "ann", passphrase: Passphrase(right)) == .accepted)
    }

    @Test func aLinkIsRefused() throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        rename("\(state.path)/operators.json", "\(state.path)/operators.other")
        symlink("operators.other", "\(state.path)/operators.json")
        expectRefused(.untrusted)
        unlink("\(state.path)/operators.json")
        // A dangling one too: it is not "no file".
        symlink("nowhere", "\(state.path)/operators.json")
        expectRefused(.untrusted)
    }

    @Test func aDirectoryOrAPipeIsRefusedAndHoldsNobodyUp() {
        mkdir("\(state.path)/operators.json", 0o700)
        expectRefused(.untrusted)
        rmdir("\(state.path)/operators.json")
        mkfifo("\(state.path)/operators.json", 0o600)
        expectRefused(.untrusted)
    }

    @Test func aLockThatIsALinkIsRefused() throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        unlink("\(state.path)/operators.lock")
        symlink("operators.other", "\(state.path)/operators.lock")
        let error = #expect(throws: OperatorsError.self) {
            try state.store().verify(name: "ann", passphrase: Passphrase(right))
        }
        #expect(error?.code == .untrusted)
        #expect(state.status(of: "operators.other") == nil)
    }

    @Test(arguments: [
        "", "{}", "null", "[]", "{\"version\":1}", "{\"version\":2,\"operators\":[]}",
        "{\"version\":\"1\",\"operators\":[]}",
        "{\"version\":1,\"operators\":{}}", "{\"version\":1,\"operators\":[1]}",
        "{\"version\":1,\"operators\":[],\"x\":1}",
        "{\"version\":1,\"operators\":[],\"operators\":[]}",
        "{\"version\":1,\"operators\":[{\"name\":\"ann\",\"hash\":\"\",\"since\":\"\"}]}",
        "{\"version\":1,\"operators\":[{\"name\":\"a\\nb\",\"hash\":\"$argon2id$x\",\"since\":\"\"}]}",
        "{\"version\":1,\"operators\":[{\"name\":\"ann\",\"hash\":\"$argon2id$x\",\"since\":\"\"},"
            + "{\"name\":\"ann\",\"hash\":\"$argon2id$y\",\"since\":\"\"}]}",
    ])
    func aCorruptFileAcceptsNobody(text: String) {
        state.write(text, to: "operators.json")
        expectRefused(.corrupt)
        #expect(state.text(of: "operators.json") == text)
    }

    @Test func aHashThatCannotBeUsedIsNoWrongPassphrase() {
        state.write(
            "{\"version\":1,\"operators\":[{\"name\":\"ann\",\"hash\":\"$argon2id$v=19$m=8\",\"since\":\"\"}]}",
            to: "operators.json"
        )
        let error = #expect(throws: OperatorsError.self) {
            try state.store().verify(name: "ann", passphrase: Passphrase(right))
        }
        #expect(error?.code == .corrupt)
    }

    @Test func aFarTooLargeFileIsRefused() {
        state.write(String(repeating: " ", count: 300_000), to: "operators.json")
        expectRefused(.corrupt)
    }

    @Test func everyTruncationAndChangedByteIsRefusedOrMeansTheSame() throws {
        try state.store().add(name: "ann", passphrase: Passphrase(right))
        let whole = Array(try #require(state.text(of: "operators.json")).utf8)
        let meant = try OperatorsFile(bytes: whole)
        for length in 0..<whole.count - 1 {
            #expect(throws: OperatorsError.self, "\(length)") { try OperatorsFile(bytes: Array(whole.prefix(length))) }
        }
        for index in whole.indices {
            for bit in 0..<8 {
                var changed = whole
                changed[index] ^= 1 << UInt8(bit)
                guard let file = try? OperatorsFile(bytes: changed) else { continue }
                // What still reads has one operator: never none, and never two.
                #expect(file.entries.count == 1 && meant.entries.count == 1)
            }
        }
    }

    @Test func noBytesEverTrap() {
        var random = SeededRandom(seed: 41)
        let whole = Array(
            "{\"version\":1,\"operators\":[{\"name\":\"a\",\"hash\":\"$argon2id$x\",\"since\":\"\"}]}".utf8
        )
        let counts = Array(
            "{\"version\":1,\"lost\":false,\"failures\":[{\"name\":\"a\",\"count\":3,\"unfinished\":true}]}".utf8
        )
        for _ in 0..<20_000 {
            for text in [whole, counts] {
                var bytes = text
                for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                    let at = Int.random(in: bytes.indices, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &random)
                    case 1: bytes.remove(at: at)
                    default: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: at)
                    }
                }
                _ = try? OperatorsFile(bytes: bytes)
                _ = FailureCounts(bytes: bytes).count(of: "a")
            }
        }
    }
}
