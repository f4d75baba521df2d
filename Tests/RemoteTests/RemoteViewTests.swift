import Desk
import KillSwitch
import SafetyEngine
import Testing

@testable import Remote

@Suite struct RemoteViewTests {
    private func desk(_ mode: Mode, _ more: [JSON.Member] = []) -> JSON {
        var desk = DeskSnapshot(deskName: "alpha", paper: false, directory: "/d")
        desk.mode = mode
        desk.word = Word(generation: 4, mode: mode)
        guard case .object(let members) = ScreenCodec.json(of: desk) else { return .null }
        return .object(members + more)
    }

    private func event(_ name: String, _ id: String?, _ json: JSON) -> ServerEvent {
        ServerEvent(id: id, name: name, data: json.bytes)
    }

    private func snapshot(_ id: String = "10", wire: Int = ScreenCodec.wire, desk: JSON? = nil) -> ServerEvent {
        var view = EngineView()
        view.openOrders = 3
        return event(
            "snapshot",
            id,
            .object([
                .init("wire", .number(wire)), .init("version", .string("9.9")),
                .init("desk", desk ?? self.desk(.live, [.init("engine_age_ms", .integer(40))])),
                .init("engine", ScreenCodec.json(of: view)),
            ])
        )
    }

    @Test func aSnapshotThenChanges() {
        var view = RemoteView()
        #expect(view.take(snapshot()) == .news)
        #expect(view.snapshot?.mode == .live && view.snapshot?.engine?.openOrders == 3 && view.version == "9.9")
        #expect(view.snapshot?.alerts.freshness == .live(ageMs: 40))
        #expect(view.take(event("desk", "11", .object([.init("mode", .string("halted"))]))) == .news)
        #expect(view.snapshot?.mode == .halted && view.snapshot?.engine?.openOrders == 3)
        #expect(view.take(event("engine", "12", .object([.init("openOrders", .integer(0))]))) == .news)
        #expect(view.snapshot?.mode == .halted && view.snapshot?.engine?.openOrders == 0)
        #expect(view.lastID == 12)
    }

    @Test(arguments: ["13", "11", "10", "9", "x"])
    func aGapInTheNumbersAsksForASnapshot(id: String) {
        var view = RemoteView()
        #expect(view.take(snapshot()) == .news)
        #expect(view.take(event("desk", "11", .object([]))) == .news)
        #expect(view.take(event("desk", id, .object([.init("mode", .string("halted"))]))) == .gap)
        #expect(view.lastID == nil)
        // What was known stays, as the last of it; and no change is taken before a snapshot.
        #expect(view.snapshot?.mode == .live)
        #expect(view.take(event("desk", "12", .object([]))) == .gap)
        #expect(view.take(snapshot("20")) == .news)
        #expect(view.take(event("desk", "21", .object([]))) == .news)
    }

    @Test func aChangeWithoutASnapshotIsNone() {
        var view = RemoteView()
        #expect(view.take(event("desk", "1", desk(.live))) == .gap)
        #expect(view.snapshot == nil)
    }

    @Test func anotherWireIsSaidWithItsVersion() {
        var view = RemoteView()
        guard case .unusable(let why) = view.take(snapshot(wire: 2)) else {
            Issue.record("taken")
            return
        }
        #expect(why.contains("another version of estop (9.9, here \(Program.version))"))
        #expect(view.snapshot == nil)
    }

    @Test func whatCannotBeReadIsSaidAndChangesNothing() {
        var view = RemoteView()
        #expect(view.take(snapshot()) == .news)
        for event in [
            event("desk", "11", .object([.init("gates", .string("none"))])),
            ServerEvent(id: "11", name: "snapshot", data: Array("{".utf8)), snapshot("11", desk: .object([])),
        ] {
            var tried = view
            guard case .unusable = tried.take(event) else {
                Issue.record("taken: \(event.name)")
                continue
            }
            #expect(tried.snapshot == view.snapshot)
        }
    }

    @Test func anEngineThatDoesNotRunIsNotLive() {
        var view = RemoteView()
        _ = view.take(snapshot())
        let change = JSON.object([
            .init("engine_problem", .string("it is starting")), .init("engine_age_ms", .integer(70)),
        ])
        #expect(view.take(event("desk", "11", change)) == .news)
        #expect(view.snapshot?.alerts.freshness == .lost(ageMs: 70, reason: "it is starting"))
    }

    @Test func heartbeatsAndUnknownEventsChangeNothing() {
        var view = RemoteView()
        _ = view.take(snapshot())
        let known = view.snapshot
        #expect(view.take(event("heartbeat", nil, .object([]))) == .beat)
        #expect(view.take(event("weather", "11", .object([]))) == .beat)
        #expect(view.snapshot == known && view.lastID == 11)
        #expect(
            view.take(event("dropped", nil, .object([.init("reason", .string("too slow"))]))) == .dropped("too slow")
        )
    }
}
