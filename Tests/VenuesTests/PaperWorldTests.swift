import KillSwitch
import SafetyEngine
import Testing

@testable import Venues

struct PaperWorldTests {
    @Test("The same seed and calls give the same events; another seed gives others", arguments: UInt64(0)..<6)
    func isDeterministic(seed: UInt64) {
        var one = PaperWorld(PaperSettings(seed: seed), wallMs: 77)
        var two = PaperWorld(PaperSettings(seed: seed), wallMs: 77)
        var other = PaperWorld(PaperSettings(seed: seed + 1), wallMs: 77)
        let first = one.advance(to: 300_000) { _, _ in true }
        #expect(first == two.advance(to: 300_000) { _, _ in true })
        #expect(one == two)
        #expect(first != other.advance(to: 300_000) { _, _ in true })
    }

    @Test("It makes no difference how often time is given")
    func cutsDoNotMatter() {
        var whole = PaperWorld(wallMs: 0)
        var parts = whole
        let all = whole.advance(to: 200_000) { _, _ in true }
        var some: [Event] = []
        var random = PaperRandom(seed: 9)
        var atMs: UInt64 = 0
        while atMs < 200_000 {
            atMs = min(200_000, atMs + UInt64(random.below(3_000)))
            some += parts.advance(to: atMs) { _, _ in true }
        }
        #expect(all == some && whole == parts)
        #expect(whole.advance(to: 100) { _, _ in true }.isEmpty, "time does not go back")
    }

    @Test("Saved in the middle and taken up again, it goes on as if nothing had been", arguments: UInt64(0)..<10)
    func roundTrip(seed: UInt64) throws {
        var settings = PaperSettings(seed: seed, bots: 4)
        settings.stuckPerMille = 100
        var world = PaperWorld(settings, wallMs: 1_700_000_000_000)
        _ = world.advance(to: 60_000 + seed * 1_750) { _, _ in true }
        world.venue.inject(.outage, forMs: 30_000)
        _ = world.advance(to: world.venue.nowMs + 10_000) { _, _ in true }
        _ = try? world.venue.place(.test("pending"))
        var copy = try PaperWorld(saved: world.saved(), settings: settings)
        #expect(copy == world)
        let later = world.venue.nowMs + 300_000
        #expect(copy.advance(to: later) { _, _ in true } == world.advance(to: later) { _, _ in true })
        #expect(copy.saved() == world.saved())
    }

    @Test("Bytes of another configuration, damaged or foreign ones are refused and say why")
    func refusesUnusable() throws {
        let settings = PaperSettings()
        var world = PaperWorld(settings, wallMs: 0)
        _ = world.advance(to: 30_000) { _, _ in true }
        let bytes = world.saved()
        #expect(message(bytes, PaperSettings(seed: 2)).contains("another configuration"))
        #expect(message(bytes, PaperSettings(bots: 4)).contains("another configuration"))
        #expect(message([], settings).contains("no JSON"))
        #expect(message(Array("[]".utf8), settings).contains("another version"))
        #expect(message(Array(bytes.dropLast(5)), settings).contains("no JSON"))
        var random = PaperRandom(seed: 3)
        for _ in 0..<60 {
            var damaged = bytes
            let at = random.below(damaged.count)
            damaged[at] = damaged[at] == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
            #expect(throws: PaperWorld.Unusable.self) { try PaperWorld(saved: damaged, settings: settings) }
        }
    }

    @Test("A file with the right sum and impossible numbers is refused, not run")
    func refusesImpossible() throws {
        let settings = PaperSettings()
        let change: [(String, (inout PaperWorld) -> Void)] = [
            ("lots", { $0.venue.accounts[0].holdings[0].lots = .max }),
            ("cash", { $0.venue.accounts[0].cash = .min }),
            ("accounts", { $0.venue.accounts.removeLast() }),
            ("filled", { $0.venue.orders[0].filled = 1 << 60 }),
            ("symbol", { $0.venue.orders[0].symbol = 99 }),
            ("account", { $0.venue.orders[0].account = -1 }),
            ("limit", { $0.venue.orders[0].limit = -5 }),
            ("time", { $0.venue.nowMs = .max }),
            ("books", { $0.bots[0].books = [] }),
            ("flow", { $0.bots[0].books[0].flow = .min }),
        ]
        for (name, damage) in change {
            var world = PaperWorld(settings, wallMs: 0)
            damage(&world)
            #expect(message(world.saved(), settings).contains("what cannot be"), "\(name)")
        }
    }

    @Test("Whole numbers, also the largest, strings, nothing and nested values are saved exactly")
    func savesExactly() throws {
        struct Sample: Codable, Equatable {
            enum Choice: Codable, Equatable {
                case one(Int)
                case two(name: String, values: [UInt8?])
            }
            var large = UInt64.max
            var small = Int64.min
            var text = "a \"b\" \u{1F600}\n"
            var none: Int?
            var choices = [Choice.one(-1), .two(name: "", values: [1, nil, 255])]
            var yes = true
            var amount = decimal("-0.00120")
        }
        let json = try SavedValue.encode(Sample())
        let read = try #require(JSON(bytes: json.bytes))
        #expect(try SavedValue.decode(Sample.self, from: read) == Sample())
        #expect(throws: EncodingError.self) { try SavedValue.encode([1.5]) }
        #expect(throws: DecodingError.self) { try SavedValue.decode([UInt8].self, from: .array([.integer(256)])) }
        #expect(throws: DecodingError.self) { try SavedValue.decode(Sample.self, from: .object([])) }
    }

    private func message(_ bytes: [UInt8], _ settings: PaperSettings) -> String {
        do {
            _ = try PaperWorld(saved: bytes, settings: settings)
            return ""
        } catch {
            return error.message
        }
    }
}
