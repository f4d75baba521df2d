import SafetyEngine
import Testing

@testable import Journal

@Suite struct EventStoreTests {
    /// Refuses what no line may say, as the lines of the ingest do.
    private struct StrictCodec: EventCodec {
        struct Refused: Error {}
        private let codec = TestCodec()

        func bytes(of event: Event) throws -> [UInt8] { try codec.bytes(of: event) }

        func event(from bytes: [UInt8]) throws -> Event {
            let event = try codec.event(from: bytes)
            guard event.origin.source.kind == .bot || event.origin.source.kind == .venue else { throw Refused() }
            return event
        }
    }

    private static let events = [
        reading(7), beat("grid-1", 3), action(.clearDust(account: nil)),
        Event(Event.Origin(source: Event.Source(.host, "desk")), .host(.clock)),
        Event(
            Event.Origin(source: Event.Source(.host, "gates")),
            .heartbeat(Heartbeat(name: "grid-1", intervalMs: 1_000, pid: 12))
        ),
    ]

    @Test(arguments: events) func anEventIsReadBackEqualToTheOneThatWasWritten(event: Event) throws {
        let store = EventStore(codec: StrictCodec())
        let kind = "\(EventStore.kind(of: event))"
        #expect(try store.event(kind: kind, from: store.bytes(of: event)) == event)
    }

    /// A host that reads a beat off a page has to be able to start again.
    @Test func aBeatThatTheHostSawIsReplayed() throws {
        let desk = try TestDesk()
        let journal = try Journal(directory: desk.path, codec: StrictCodec(), options: .quick)
        var engine = try journal.restore().replay()
        for (number, event) in EventStoreTests.events.enumerated() {
            let decisions = engine.apply(event, at: at(number * 10))
            journal.append([Journal.Entry(event, at: at(number * 10), decisions: decisions)])
        }
        #expect(journal.close() == 0)
        let restored = try Journal.reader(directory: desk.path, codec: StrictCodec()).restore().replay()
        #expect(restored == engine)
        #expect(restored.view(at: 100).supervisors.contains { $0.name == "grid-1" && $0.intervalMs == 1_000 })
    }
}
