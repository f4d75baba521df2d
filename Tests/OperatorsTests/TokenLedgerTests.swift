import Glibc
import KillSwitch
import Synchronization
import Testing

@testable import Operators

/// What became of tokens: spent once, revoked for good, and nothing accepted from files that cannot be trusted.
struct TokenLedgerTests {
    let desk = TokenDesk()
    private let day: Int64 = 24 * 3600

    @Test func aSpentTokenStaysSpentWhateverTheClockSays() throws {
        let (text, entry) = try desk.issue(.resume)
        try desk.authority.spend(entry.id, now: TokenDesk.now + 5)
        for now in [TokenDesk.now, TokenDesk.now + 5, TokenDesk.now + 899] {
            #expect(desk.refusal(text, now: now) == .spent)
            // The first of two people is told the same, who has resumed nothing.
            #expect(!TokenRefusal.spent.description.contains("has resumed"))
            #expect(throws: TokenRefusal.spent) { try desk.authority.spend(entry.id, now: now) }
        }
        // Long after, the ledger forgets it; a clock that is set back then finds a token that nobody issued.
        _ = try desk.issue(now: TokenDesk.now + TokenLedger.memory + day)
        #expect(try desk.authority.list().count == 1)
        #expect(desk.refusal(text) == .notIssued)
        #expect(throws: TokenRefusal.notIssued) { try desk.authority.spend(entry.id, now: TokenDesk.now) }
    }

    @Test func aRevokedTokenStaysRevoked() throws {
        let (text, entry) = try desk.issue(.admin)
        try desk.authority.revoke(entry.id, reason: "laptop lost", now: TokenDesk.now + 1)
        #expect(desk.refusal(text) == .revoked("laptop lost"))
        #expect(throws: TokenRefusal.revoked("laptop lost")) { try desk.authority.spend(entry.id, now: TokenDesk.now) }
        for (id, reason, code) in [
            (entry.id, "again", OperatorsError.Code.exists), ("0000000000000000", "x", .unknown),
            (entry.id, " ", .input),
        ] {
            let error = #expect(throws: OperatorsError.self) {
                try desk.authority.revoke(id, reason: reason, now: TokenDesk.now)
            }
            #expect(error?.code == code)
        }
        #expect(desk.refusal(text) == .revoked("laptop lost"))
    }

    @Test func onlyWhoeverSpentATokenGivesItBack() throws {
        let (text, entry) = try desk.issue(.resume)
        let first = try desk.authority.spend(entry.id, now: TokenDesk.now)
        #expect(try desk.authority.giveBack(first))
        #expect(desk.refusal(text) == nil)
        try desk.authority.spend(entry.id, now: TokenDesk.now)
        #expect(try !desk.authority.giveBack(first))
        #expect(desk.refusal(text) == .spent)
    }

    @Test func aTokenThatIsOverIsNotSpent() throws {
        let (_, entry) = try desk.issue(.resume, seconds: 10)
        #expect(throws: TokenRefusal.expired(TokenDesk.now + 10)) {
            try desk.authority.spend(entry.id, now: TokenDesk.now + 10)
        }
    }

    @Test func ofManyThreadsExactlyOneSpends() throws {
        for _ in 0..<20 {
            let (_, entry) = try desk.issue(.resume)
            let wins = Mutex(0)
            let refusals = Mutex<[TokenRefusal]>([])
            // Two authorities: two hosts have no memory in common.
            let other = TokenAuthority(operators: desk.state.store(), audience: "momentum", patience: 20_000)
            let group = [desk.authority, other].map { authority in
                Racer {
                    do throws(TokenRefusal) {
                        try authority.spend(entry.id, now: TokenDesk.now)
                        wins.withLock { $0 += 1 }
                    } catch { refusals.withLock { $0.append(error) } }
                }
            }
            for racer in group { racer.join() }
            #expect(wins.withLock { $0 } == 1)
            #expect(refusals.withLock { $0 } == [.spent])
        }
    }

    /// Each of two processes tries all of forty tokens; between them they spend each once.
    @Test func ofTwoProcessesExactlyOneSpends() async throws {
        for _ in 0..<40 { _ = try desk.issue(.resume) }
        async let one: Void = race()
        async let other: Void = race()
        _ = try await (one, other)
        let wins = (desk.state.text(of: "operators.other") ?? "").split(separator: "\n").map(String.init)
        let ids = try desk.authority.list().map(\.id)
        #expect(wins.count == 40 && Set(wins) == Set(ids))
        #expect(try desk.authority.list().allSatisfy { $0.spent == TokenDesk.now })
    }

    private func race() async throws {
        await #expect(processExitsWith: .success) { [path = desk.state.path as String] in
            let authority = TokenAuthority(
                operators: OperatorStore(directory: path),
                audience: "momentum",
                patience: 60_000
            )
            let wins = open("\(path)/operators.other", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            for token in try authority.list() {
                do throws(TokenRefusal) {
                    try authority.spend(token.id, now: TokenDesk.now)
                    _ = write(wins, token.id + "\n", token.id.utf8.count + 1)
                } catch { guard error == .spent else { throw error } }
            }
        }
    }

    @Test func anyDamageToTheLedgerAcceptsNothing() throws {
        let (text, _) = try desk.issue()
        let good = Array(try #require(desk.state.text(of: TokenLedger.name)).utf8)
        for index in good.indices.dropLast() {
            var bytes = good
            bytes[index] ^= 1
            desk.state.write(String(decoding: bytes, as: UTF8.self), to: TokenLedger.name)
            let said = desk.refusal(text)
            #expect(said?.code == "tokens_unavailable" && said?.status == .unavailable, "byte \(index)")
        }
        for length in [0, 1, good.count / 2, good.count - 2] {
            desk.state.write(String(decoding: good.prefix(length), as: UTF8.self), to: TokenLedger.name)
            #expect(desk.refusal(text)?.code == "tokens_unavailable")
            #expect(throws: OperatorsError.self) { try desk.issue() }
        }
        desk.state.write(String(decoding: good, as: UTF8.self), to: TokenLedger.name)
        #expect(desk.refusal(text) == nil)
        unlink("\(desk.state.path)/\(TokenLedger.name)")
        #expect(desk.refusal(text) == .notIssued)
    }

    @Test func keysThatCannotBeTrustedAreRefused() throws {
        let (text, _) = try desk.issue()
        let good = try #require(desk.state.text(of: TokenKeys.name))
        let secret = Base64URL.text(try desk.key(.hs256).secret)
        let short = Base64URL.text(try desk.key(.hs256).secret.dropLast())
        for wrong in [
            "", "{}", good.replacing(secret, with: short), good.replacing("HS256", with: "EdDSA"),
            good.replacing(secret, with: Base64URL.text([UInt8](repeating: 0, count: 32))), String(good.dropLast(9)),
        ] {
            desk.state.write(wrong, to: TokenKeys.name)
            #expect(desk.refusal(text)?.status == .unavailable, "\(wrong)")
            #expect(throws: OperatorsError.self) { try desk.issue() }
            #expect(desk.state.text(of: TokenKeys.name) == wrong, "what is damaged is not replaced")
        }
        desk.state.write(good, to: TokenKeys.name)
        for mode in [0o640, 0o604, 0o660, 0o666] as [mode_t] {
            chmod("\(desk.state.path)/\(TokenKeys.name)", mode)
            #expect(desk.refusal(text)?.description.contains("open to others") == true)
        }
        chmod("\(desk.state.path)/\(TokenKeys.name)", 0o600)
        #expect(desk.refusal(text) == nil)
        unlink("\(desk.state.path)/\(TokenKeys.name)")
        #expect(desk.refusal(text) == .unknownKey)
        _ = try desk.issue()
        #expect(desk.refusal(text) == .unknownKey, "new keys accept no token of the old ones")
    }

    @Test func aLifeBeyondTheRolesLimitIsRefused() throws {
        for rights in TokenRole.table {
            _ = try desk.issue(rights.role, seconds: rights.longest)
            for seconds in [rights.longest + 1, 0, -1, Int64.max, Int64.min] {
                #expect(throws: OperatorsError.self) { try desk.issue(rights.role, seconds: seconds) }
            }
        }
        for now in [-1, Int64.max, TokenClaims.latest] {
            #expect(throws: OperatorsError.self) { try desk.issue(now: now) }
        }
    }

    @Test func aTokenOfWhoIsNotEnrolledAnyMoreIsForbidden() throws {
        let store = desk.state.store()
        let before = try desk.issue(.resume).text
        try store.add(name: "ann", passphrase: Passphrase(right))
        #expect(desk.refusal(before) == .notEnrolled("ann"))
        #expect(throws: OperatorsError.self) { try desk.issue(.resume, to: "eve") }
        let personal = try desk.issue(.resume).text
        let feed = try desk.issue(.feed, to: "grid-bot").text
        #expect(desk.refusal(personal) == nil && desk.refusal(feed) == nil)
        Clock.sleep(milliseconds: 2)
        try store.add(name: "ann", passphrase: Passphrase(wrong), replacing: true)
        #expect(desk.refusal(personal)?.status == .forbidden, "a new passphrase ends old tokens")
        try store.remove(name: "ann")
        #expect(desk.refusal(personal) == .notEnrolled("ann") && desk.refusal(feed) == nil)
        desk.state.write("damaged", to: "operators.json")
        #expect(desk.refusal(feed)?.status == .unavailable)
    }

    @Test func issuingAsksForThePassphraseAndIsRecorded() throws {
        let killSwitch = KillSwitch(try StateDirectory(desk.state.path))
        defer {
            for name in killSwitch.directory.names() where name.hasPrefix("kill_switch") || name.hasPrefix("halt") {
                unlink("\(desk.state.path)/\(name)")
            }
        }
        let identity = Identity.current()
        try desk.state.store().add(name: "ann", passphrase: Passphrase(right))
        let request = TokenRequest(operatorName: "ann", role: .resume, seconds: 900)
        for passphrase in [nil, Passphrase(wrong)] {
            #expect(throws: OperatorsError.self) {
                try desk.authority.issue(
                    request,
                    by: "ann",
                    passphrase: passphrase,
                    on: killSwitch,
                    identity: identity,
                    now: TokenDesk.now
                )
            }
        }
        #expect(try desk.authority.list().isEmpty)
        let issued = try desk.authority.issue(
            request,
            by: "ann",
            passphrase: Passphrase(right),
            on: killSwitch,
            identity: identity,
            now: TokenDesk.now
        )
        #expect(desk.refusal(issued.text) == nil)
        try desk.authority.revoke(
            issued.entry.id,
            reason: "test",
            on: killSwitch,
            identity: identity,
            now: TokenDesk.now
        )
        let log = try #require(desk.state.text(of: "kill_switch.log"))
        #expect(log.contains("issued token \(issued.entry.id) of role resume") && log.contains("token refused"))
        #expect(log.contains("revoked token \(issued.entry.id)") && !log.contains(issued.text))
    }
}

/// A thread that is waited for.
private final class Racer {
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(run: body))
        pthread_create(
            &thread,
            nil,
            { pointer in
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            },
            box.toOpaque()
        )
    }

    func join() { pthread_join(thread, nil) }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
