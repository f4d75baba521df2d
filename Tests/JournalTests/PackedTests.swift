import SafetyEngine
import Seeds
import Testing

@testable import Journal

@Suite struct PackedTests {
    private enum Shape: Codable, Equatable {
        case point
        case circle(radius: Int, name: String?)
        indirect case both(Shape, Shape)
    }

    /// Everything that may be in a state.
    private struct Everything: Codable, Equatable {
        var numbers: [Int64] = [0, 1, -1, 63, -64, 64, 127, 128, .max, .min]
        var great: [UInt64] = [0, 127, 128, UInt64(Int64.max), UInt64(Int64.max) + 1, .max]
        var small: [UInt8] = [0, 255]
        var texts = ["", "a", "é\u{0}\u{1F600}", String(repeating: "long ", count: 100)]
        var none: String?
        var some: Bool? = true
        var no = false
        var nested: [[Int]] = [[], [1], [2, 3]]
        var sparse: [Int?] = [nil, 1, nil]
        var byName: [String: Int] = ["a": 1, "b": 2, "none": -3]
        var shapes: [Shape] = [.point, .circle(radius: 7, name: nil), .both(.point, .circle(radius: -7, name: "c"))]
        var money = SafetyEngine.Decimal("-0.00120")
        var ledger: Ledger<String, [String]> = {
            var ledger = Ledger<String, [String]>()
            for number in 0..<20 { ledger["key-\(number * 7 % 20)"] = ["\(number)"] }
            return ledger
        }()
        var empty = Empty()
        struct Empty: Codable, Equatable {}
    }

    private struct Fraction: Codable { var value = 0.5 }

    /// Another order of members, one more and one less: as another version of a program may write it.
    private struct Later: Codable, Equatable {
        var no: Bool
        var added: Int?
        var texts: [String]
    }

    private func engine(_ events: Int) -> Engine {
        var engine = Engine()
        for number in 0..<events {
            let event = number % 3 == 0 ? beat("bot-\(number % 7)", number) : reading(number)
            _ = engine.apply(event, at: at(number * 40))
        }
        return engine
    }

    @Test func aValueIsReadBackEqualToTheOneThatWasWritten() throws {
        #expect(try Packed.value(Everything.self, from: Packed.bytes(of: Everything())) == Everything())
        let engine = engine(2_000)
        let bytes = try Packed.bytes(of: engine)
        #expect(try Packed.value(Engine.self, from: bytes) == engine)
        #expect(bytes.count < (try StoredJSON.bytes(of: engine).count))
    }

    @Test func membersAreFoundInAnyOrder() throws {
        let read = try Packed.value(Later.self, from: Packed.bytes(of: Everything()))
        #expect(read == Later(no: false, added: nil, texts: Everything().texts))
    }

    @Test func aFractionIsRefused() {
        #expect(throws: EncodingError.self) { try Packed.bytes(of: Fraction()) }
    }

    /// What was changed is refused or is another value; nothing traps.
    @Test func noBytesWhateverMakeReadingTrap() throws {
        var random = SeededRandom(seed: 7)
        let whole = try Packed.bytes(of: Everything())
        for length in 0..<whole.count { _ = try? Packed.value(Everything.self, from: Array(whole[..<length])) }
        var refused = 0
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            if (try? Packed.value(Everything.self, from: bytes)) == nil { refused += 1 }
        }
        #expect(refused > 1_000)
    }
}
