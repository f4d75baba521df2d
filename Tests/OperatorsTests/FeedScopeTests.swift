import KillSwitch
import Testing

@testable import Operators

struct FeedScopeTests {
    let desk = TokenDesk()

    @Test(arguments: ["", "venue=kraken", "venue=kraken,venue=binance"])
    func aScopeIsReadAsItIsWritten(text: String) {
        #expect(FeedScope(text)?.text == text)
    }

    @Test(arguments: [
        "kraken", "venue=", "venue", "venue=a,", ",venue=a", "venue=a,venue=a", "bot=a", "venue=a b", "venue=a\n",
        "Venue=a", "venue=\(String(repeating: "x", count: 65))",
        (0..<17).map { "venue=\($0)" }.joined(separator: ","),
    ])
    func whatIsNoScopeIsRefused(text: String) { #expect(FeedScope(text) == nil) }

    @Test func aFeedsTokenBearsItsScopeAndTheLedgerToo() throws {
        let scope = try #require(FeedScope("venue=kraken"))
        let request = TokenRequest(operatorName: "grid", role: .feed, seconds: 900, scope: scope)
        let (text, entry) = try desk.authority.issue(request, by: "ann", now: TokenDesk.now)
        #expect(entry.scope == scope)
        #expect(try desk.authority.verify(text.utf8, may: .sendEvents, now: TokenDesk.now).scope == scope)
        #expect(try desk.authority.list().last?.scope == scope)
        let plain = try desk.issue(.feed)
        #expect(try desk.authority.verify(plain.text.utf8, now: TokenDesk.now).scope == .none)
    }

    @Test(arguments: TokenRole.allCases.filter { $0 != .feed })
    func noOtherRoleHasAScope(role: TokenRole) throws {
        let scope = try #require(FeedScope("venue=kraken"))
        let request = TokenRequest(operatorName: "ann", role: role, seconds: 900, scope: scope)
        #expect(throws: OperatorsError.self) { try desk.authority.issue(request, by: "ann", now: TokenDesk.now) }
    }

    @Test func aScopeThatWasNotIssuedIsRefused() throws {
        let (text, _) = try desk.issue(.feed)
        let payload = TokenDesk.payload(of: text).dropLast() + #","scope":"venue=kraken"}"#
        let forged = SignedToken.text(payload: Array(payload.utf8), key: try desk.key(.edDSA))
        #expect(desk.refusal(forged) == .notAsIssued)
        let empty = TokenDesk.payload(of: text).dropLast() + #","scope":""}"#
        #expect(
            desk.refusal(SignedToken.text(payload: Array(empty.utf8), key: try desk.key(.edDSA))) == .badClaim("scope")
        )
    }
}
