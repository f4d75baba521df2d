import SafetyEngine
import Testing

@testable import Desk

/// The desk's time only moves forward, over restarts, reboots and jumps of the machine's clock.
struct DeskTimeTests {
    @Test(
        arguments: [
            // before (boot, boottime, at), last (at, wall), boot, boottime, wall -> at
            (nil, nil, "a", 500 as UInt64, 1_000 as Int64, 0 as UInt64),
            (DeskTime(boot: "a", boottimeMs: 100, atMs: 7), Receipt(atMs: 50, wallMs: 900), "a", 500, 1_000, 407),
            // The machine's clock went back: within one boot nobody asks it.
            (DeskTime(boot: "a", boottimeMs: 100, atMs: 7), Receipt(atMs: 50, wallMs: 900), "a", 500, -5, 407),
            // Never before the last event, whatever was stored.
            (DeskTime(boot: "a", boottimeMs: 100, atMs: 7), Receipt(atMs: 9_000, wallMs: 900), "a", 500, 1_000, 9_000),
            // A reboot: the wall clock says how long; one that went back says nothing.
            (DeskTime(boot: "a", boottimeMs: 100, atMs: 7), Receipt(atMs: 50, wallMs: 900), "b", 5, 1_000, 150),
            (DeskTime(boot: "a", boottimeMs: 100, atMs: 7), Receipt(atMs: 50, wallMs: 900), "b", 5, 800, 50),
        ] as [(DeskTime?, Receipt?, String, UInt64, Int64, UInt64)]
    )
    func itGoesOnFromWhereItWas(
        _ before: DeskTime?,
        _ last: Receipt?,
        _ boot: String,
        _ boottimeMs: UInt64,
        _ wallMs: Int64,
        _ expected: UInt64
    ) {
        let time = DeskTime.continuing(before, last: last, boot: boot, boottimeMs: boottimeMs, wallMs: wallMs)
        #expect(time.at(boottimeMs: boottimeMs) == expected)
        #expect(time.at(boottimeMs: boottimeMs + 30) == expected + 30)
        #expect(time.at(boottimeMs: 0) == expected)
    }
}
