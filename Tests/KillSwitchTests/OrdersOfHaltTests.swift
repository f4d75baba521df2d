import Testing

@testable import KillSwitch

/// What the host says of a halt's orders, as a command reads it.
struct OrdersOfHaltTests {
    private func read(_ line: String) -> OrdersOfHalt {
        OrdersOfHalt(Array(line.utf8), of: Word(generation: 7, mode: .halted))
    }

    @Test func goneIsOnlyWhatTheHostSaidOfThisHaltOrALaterOne() {
        func answer(_ standing: String, _ generation: Int, scope: String = "global") -> OrdersOfHalt {
            read(
                #"{"halts":[{"standing":"\#(standing)","scope":"\#(scope)","generation":\#(generation),"text":"t"}]}"#
            )
        }
        #expect(answer("gone", 7).isSettled && answer("gone", 9).isSettled && answer("gone", 9).text == "t")
        #expect(!answer("gone", 5).isSettled && !answer("open", 7).isSettled && !answer("waiting", 7).isSettled)
        #expect(answer("open", 7).text == "t" && answer("gone", 5).text?.hasPrefix("NOT known to be gone") == true)
        #expect(answer("unlisted", 7).isUnlisted && !answer("unlisted", 7).isSettled)
        #expect(answer("not_watched", 7).isSettled)
        // Of another scope it says nothing.
        #expect(!answer("gone", 7, scope: "venue=kraken").isSettled)
    }

    @Test func whatIsNotUnderstoodIsNotKnown() {
        for line in [
            "", "{}", "[]", #"{"error":"no"}"#, #"{"halts":[]}"#, #"{"halts":[{"standing":"gone"}]}"#,
            #"{"halts":[{"standing":"gone","scope":"global","text":"t"}]}"#,
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
