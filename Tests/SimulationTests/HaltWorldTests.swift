import Foundation
import Testing

@testable import Simulation

/// Halts with orders on their way, from seeds: `ESTOP_LONG` 10,000, `ESTOP_BRIEF` (the sanitizers) 10; else 200.
@Suite struct HaltWorldTests {
    private static var seeds: Range<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        return 1..<(environment["ESTOP_BRIEF"] != nil ? 11 : environment["ESTOP_LONG"] != nil ? 10_001 : 201)
    }

    @Test func noHaltIsVerifiedWhileAnOrderIsOpenAndEveryOneIsInTheEnd() {
        var seen: Set<String> = []
        for seed in Self.seeds {
            var world = HaltWorld(seed: seed)
            do { try world.run() } catch {
                Issue.record("\(error)")
                return
            }
            seen.formUnion(world.seen)
        }
        guard Self.seeds.count >= 100 else { return }
        let needed = ["silence", "partial listings", "verified", "accounts that nobody lists", "orders past the gate"]
        #expect(needed.allSatisfy { seen.contains($0) }, "what never happened was not tested: \(seen)")
    }

    /// The checks find what is wrong on purpose. Without the sanitizers, which have nothing to see in it.
    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["ESTOP_BRIEF"] == nil),
        arguments: [HaltWorld.Fault.noSettling, .liesAboutAsking, .oneListing]
    )
    func aWeakerProofIsFound(_ fault: HaltWorld.Fault) {
        let found = (1...2_000 as ClosedRange<UInt64>).contains { seed in
            var world = HaltWorld(seed: seed, fault: fault)
            do { try world.run() } catch { return (error as? Finding)?.invariant == .verifiedIsProved }
            return false
        }
        #expect(found)
    }
}
