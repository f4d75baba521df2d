import Testing

@testable import KillSwitch

@Suite struct LatchesTogetherTests {
    private static func latch(
        _ number: Int,
        _ reason: String,
        source: Record.Source = .keyboard,
        scope: Scope = .global,
        by op: String = "ann"
    ) -> Latch {
        let minute = number < 10 ? "0\(number)" : "\(number)"
        return Latch(
            id: "id\(number)",
            source: source,
            scope: scope,
            mode: .halted,
            reason: reason,
            op: op,
            since: "2026-11-30T19:\(minute):03.000Z",
            tag: UInt32(number)
        )
    }

    @Test func whatSaysTheSameIsOneWithItsCountAndItsLast() {
        let latches = (0..<42).map { Self.latch($0, "Emergency halt", by: $0 == 41 ? "ben" : "ann") }
        let shown = Latch.together(latches)
        #expect(shown.count == 1 && shown.first?.id == "id0" && shown.first?.op == "ann")
        #expect(shown.first?.times == "42 times, last 19:41:03 by ben")
        #expect(shown.first?.since == latches.first?.since)
    }

    @Test func anotherReasonScopeOrSourceStaysApart() throws {
        let latches = [
            Self.latch(0, "a"), Self.latch(1, "b"), Self.latch(2, "a", source: .cli),
            Self.latch(3, "a", scope: try Scope("venue=x")), Self.latch(4, "a"),
        ]
        let shown = Latch.together(latches)
        #expect(shown.map(\.id) == ["id0", "id1", "id2", "id3"] && shown.map(\.count) == [2, 1, 1, 1])
        #expect(shown[1].times == nil)
    }

    @Test func theReasonsOfARuleAddUp() {
        let latches = (0..<5).map { Self.latch($0, "BOT_LOSS: bot \($0 / 2) lost", source: .rule, by: "") }
        let shown = Latch.together(latches)
        #expect(shown.map(\.reason) == ["BOT_LOSS: bot 0 lost; bot 1 lost; bot 2 lost"])
        #expect(shown.first?.times == "5 times, last 19:04:03 by rule")
    }

    @Test func aFloodOfReasonsIsBoundedAndNothingIsLeftOutOfTheCount() {
        let latches = (0..<1_000).map { Self.latch($0 % 60, "reason \($0)") }
        let shown = Latch.together(latches)
        #expect(shown.count == Latch.mostTogether)
        #expect(shown.reduce(0) { $0 + $1.count } == 1_000)
        #expect(shown.last?.reason.hasSuffix("; and 900 more") == true)
    }

    @Test func theMirrorHasTheKeysOfTheContractAndACount() throws {
        let killSwitch = try Scratch().liveSwitch()
        for _ in 0..<150 { killSwitch.halt(HaltRequest(reason: "again", source: .cli, op: "ann", from: "test")) }
        try killSwitch.writeMirror()
        let mirror = JSON(bytes: try #require(try killSwitch.directory.read(Mirror.name))[...])
        let latches = try #require(mirror?["latches"]?.array)
        #expect(latches.count == 1 && latches[0]["count"]?.integer == 150 && latches[0]["last_by"]?.string == "ann")
        for key in ["id", "source", "scope", "reason", "operator", "since"] {
            #expect(latches[0][key] != nil, "\(key)")
        }
        #expect(killSwitch.observe().latches.count == 150, "the log keeps each")
    }
}
