import Testing

@testable import KillSwitch

/// Scopes as text: every value that a venue can report can be halted by name.
struct ScopeTests {
    @Test(arguments: ["A,B=C", "100%", "100%25", "%2C", "a,,b", "%", "BTC/USDT:USDT", "ETH,%2C%25,"])
    func everyValueSurvivesAsText(value: String) throws {
        let scope = Scope(values: [.symbol: value, .venue: "kraken"])
        #expect(try Scope(scope.description) == scope)
    }

    @Test func aCommaIsWrittenAsAnEscapeAndOtherValuesStayAsTheyAre() throws {
        #expect(Scope(values: [.symbol: "A,B=C"]).description == "symbol=A%2CB=C")
        #expect(Scope(values: [.symbol: "100%"]).description == "symbol=100%")
        #expect(try Scope("symbol=100%").values[.symbol] == "100%")
    }

    @Test func aHaltOfASymbolWithACommaCoversItsGate() throws {
        let halted = try Scope("symbol=A%2CB=C")
        #expect(halted.covers(try Scope("venue=x,symbol=A%2CB=C")))
        #expect(!halted.covers(try Scope("venue=x,symbol=A")))
    }
}
