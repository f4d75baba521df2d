import Seeds
import Testing

@testable import SafetyEngine

/// What walks over a ledger decides the same on every replay.
struct LedgerTests {
    @Test func theOrderIsTheOneOfInsertionAndTheLastTakesTheRemovedOnesPlace() {
        var ledger = Ledger<String, Int>()
        for (place, key) in ["d", "a", "c", "b"].enumerated() { ledger[key] = place }
        #expect(ledger.keys == ["d", "a", "c", "b"])
        #expect(ledger.remove("a") == 1)
        #expect(ledger.keys == ["d", "b", "c"])
        #expect(ledger["b"] == 3)
        #expect(ledger.place(of: "b") == 1)
        ledger["e", default: 10] += 1
        #expect(ledger["e"] == 11)
        ledger["d"] = nil
        #expect(ledger.keys == ["e", "b", "c"])
        #expect(ledger["d"] == nil)
        #expect(ledger.remove("d") == nil)
    }

    @Test func everyKeyIsFoundAfterManyChanges() {
        var random = SeededRandom(seed: 7)
        var ledger = Ledger<Int, Int>()
        var plain: [Int: Int] = [:]
        for step in 0..<5_000 {
            let key = Int(random.next() % 100)
            if random.next() % 3 == 0 {
                #expect(ledger.remove(key) == plain.removeValue(forKey: key))
            } else {
                ledger[key] = step
                plain[key] = step
            }
        }
        #expect(ledger.count == plain.count)
        for place in ledger.indices {
            #expect(plain[ledger.keys[place]] == ledger[at: place])
            #expect(ledger.place(of: ledger.keys[place]) == place)
        }
        ledger.keep { key, _ in key % 2 == 0 }
        #expect(ledger.count == plain.keys.filter { $0 % 2 == 0 }.count)
    }
}
