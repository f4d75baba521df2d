import Testing

@testable import KillSwitch

/// What the host says of a halt's orders, as a command reads it.
struct OrdersOfHaltTests {
    private func read(_ line: String) -> OrdersOfHalt {
        OrdersOfHalt(Array(line.utf8), of: Word(generation: 7, mode: .halted))
    }

    @Test func goneIsOnlyWhatTheHostSaidOfThisHaltOrALaterOne() {
        func answer(_ gone: String, _ generation: Int) -> OrdersOfHalt {
            read(#"{"cancels":{"gone":\#(gone),"generation":\#(generation),"text":"t"}}"#)
        }
        #expect(answer("true", 7).isSettled && answer("true", 9).isSettled && answer("true", 9).text == "t")
        #expect(!answer("true", 5).isSettled && !answer("false", 7).isSettled && !answer("null", 7).isSettled)
        #expect(answer("false", 7).text == "t" && answer("true", 5).text?.hasPrefix("NOT known to be gone") == true)
    }

    @Test func whatIsNotUnderstoodIsNotKnown() {
        for line in [
            "", "{}", "[]", #"{"error":"no"}"#, #"{"cancels":{"gone":true}}"#, #"{"cancels":{"gone":true,"text":"t"}}"#,
        ] {
            let orders = read(line)
            #expect(!orders.isSettled && orders.text?.hasPrefix("NOT known to be gone") == true, "\(line)")
            #expect(orders.json["gone"] == .null)
        }
    }

    @Test func withoutAHostNobodyIsWaitedFor() throws {
        let killSwitch = try Scratch().killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        let orders = killSwitch.ordersOfHalt(Word(generation: 1, mode: .halted), withinMs: 100)
        #expect(orders == .unhosted && orders.isSettled && orders.text == nil)
    }
}
