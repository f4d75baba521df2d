import Testing

@testable import SafetyEngine

/// Lines come from anybody: what they say is kept exactly, and what is wrong with them is said.
struct EventLineTests {
    private func refusal(_ bytes: [UInt8]) -> String? {
        do throws(EventLine.Refusal) {
            _ = try EventLine.parse(bytes)
            return nil
        } catch { return error.description }
    }

    @Test(arguments: EventLineSamples.good.indices)
    func aGoodLineSaysWhatItSays(place: Int) throws {
        let sample = EventLineSamples.good[place]
        let event = try EventLine.parse(Array(sample.line.utf8))
        #expect(event == sample.event)
        #expect(try EventLine.parse(EventLine.bytes(of: event)) == event)
    }

    @Test(arguments: EventLineSamples.bad.indices)
    func aBadLineIsRefusedWithItsReason(place: Int) {
        let sample = EventLineSamples.bad[place]
        #expect(refusal(Array(sample.line.utf8)) == sample.refusal)
    }

    @Test func everyTypeHasAGoodLine() {
        let kinds = Set(EventLineSamples.good.compactMap { EventLineKind($0.event.body) })
        #expect(kinds == Set(EventLineKind.allCases))
    }

    @Test func whatIsWrittenIsReadAsTheSameEvent() throws {
        for seed in 0..<UInt64(4_000) {
            var events = RandomEvents(seed: seed)
            let event = events.next()
            let bytes = EventLine.bytes(of: event)
            do throws(EventLine.Refusal) {
                let read = try EventLine.parse(bytes)
                #expect(read == event, "seed \(seed)")
                #expect(EventLine.bytes(of: read) == bytes, "seed \(seed): the canonical line is one")
            } catch { Issue.record("seed \(seed): \(error): \(String(decoding: bytes, as: UTF8.self))") }
        }
    }

    @Test func theCanonicalLineIsDocumented() throws {
        let line =
            #"{"v":1,"type":"order","source":"bot:grid-1","venue":"kraken","account":"main","id":"e-17","#
            + #""at":"2026-11-21T09:00:00.123Z","client_id":"g-1","symbol":"BTC-USD","side":"buy","quantity":"0.250","#
            + #""price":"64000.10","state":"SUBMITTED"}"#
        let event = try EventLine.parse(Array(line.utf8))
        #expect(String(decoding: EventLine.bytes(of: event), as: UTF8.self) == line)
    }

    @Test func whatAnOperatorOrTheHostDidIsNoLine() {
        let origin = Event.Origin(source: Event.Source(.operator, "eve"))
        let action = OperatorAction(name: "eve", change: .acceptClock)
        #expect(EventLine.bytes(of: Event(origin, .operatorAction(action))).isEmpty)
        #expect(EventLine.bytes(of: Event(origin, .host(.clock))).isEmpty)
    }

    @Test(
        arguments: [
            ("1", "1"), ("0.10", "0.10"), ("-0.00120", "-0.00120"), ("1e-8", "0.00000001"), ("1.5E+3", "1500"),
            ("9007199254740993", "9007199254740993"), ("0.30000000000000004", "0.30000000000000004"),
            ("170141183460469231731687303715884105727", "170141183460469231731687303715884105727"), ("0e999", "0"),
            ("123456789012345678", "123456789012345678"), ("1234567890123456789", "1234567890123456789"),
            ("0.000000000000000000000000000001", "0.000000000000000000000000000001"),
        ]
    )
    func numbersAreKeptDigitForDigit(written: String, kept: String) throws {
        for value in [written, "\"\(written)\""] {
            let line = #"{"v":1,"type":"metric","source":"bot:a","name":"m","value":\#(value)}"#
            guard case .metric(let report) = try EventLine.parse(Array(line.utf8)).body else {
                Issue.record("no metric")
                return
            }
            #expect(report.value.description == kept)
        }
    }

    @Test(
        arguments: [
            "170141183460469231731687303715884105728", "1e39", "1e-31", "0.0000000000000000000000000000001", "1e999",
            String(repeating: "0", count: 65),
        ]
    )
    func whatDoesNotFitExactlyIsRefused(written: String) {
        let line = #"{"v":1,"type":"metric","source":"bot:a","name":"m","value":"\#(written)"}"#
        #expect(refusal(Array(line.utf8))?.contains("has more digits than are kept exactly") == true)
    }

    @Test(arguments: ["", "-", "+1", ".5", "5.", "1e", "1e+", "1e1000", "0x10", "1 ", " 1", "1_000", "NaN", "Infinity"])
    func whatIsNoDecimalIsRefused(written: String) {
        let line = #"{"v":1,"type":"metric","source":"bot:a","name":"m","value":"\#(written)"}"#
        #expect(refusal(Array(line.utf8))?.contains("must be a decimal") == true)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", Int64(0)), ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2024-12-31T23:59:59.999Z", 1_735_689_599_999), ("2024-12-31T23:59:60Z", 1_735_689_600_000),
            ("2026-11-21T09:00:00.1239Z", 1_795_251_600_123), ("2026-11-21T09:00:00.1Z", 1_795_251_600_100),
            ("2026-11-21T00:30:00-08:30", 1_795_251_600_000), ("1970-01-01T05:30:00+05:30", 0),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ]
    )
    func timesAreRFC3339(written: String, milliseconds: Int64) throws {
        let line = #"{"v":1,"type":"signals","source":"bot:a","count":1,"at":"\#(written)"}"#
        #expect(try EventLine.parse(Array(line.utf8)).happenedMs == milliseconds)
    }

    @Test(
        arguments: [
            "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.0000000000Z", "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+0100", "1970-01-01T00:00:00+00:01", "2026-01-01T00:00:00ZZ", "2026-1-1T00:00:00Z",
            "2026-01-01t00:00:00z", "",
        ]
    )
    func whatIsNoTimeIsRefused(written: String) {
        let line = #"{"v":1,"type":"signals","source":"bot:a","count":1,"at":"\#(written)"}"#
        #expect(refusal(Array(line.utf8))?.hasPrefix("at: must be a time") == true)
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        for bytes in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]] as [[UInt8]] {
            for key in ["desk", "x_mine"] {
                let line =
                    Array(#"{"v":1,"type":"signals","source":"bot:a","count":1,"\#(key)":""#.utf8) + bytes
                    + Array("\"}".utf8)
                #expect(refusal(line)?.contains("is no valid UTF-8") == true)
            }
        }
    }

    @Test func aLineThatIsTooLongIsRefusedUnread() {
        let line = [UInt8](repeating: 0x20, count: EventLine.mostBytes + 1)
        #expect(refusal(line)?.hasPrefix("the line has 4194305 bytes") == true)
    }

    /// Sent lines are read out of a buffer: bytes around them are not looked at.
    @Test func aLineInABufferIsReadAlone() throws {
        let line = Array(#"{"v":1,"type":"signals","source":"bot:a","count":1}"#.utf8)
        let buffer = [UInt8](repeating: UInt8(ascii: "}"), count: 7) + line + [0x31, 0x32]
        let event = try EventLine.parse(buffer.span.extracting(7..<7 + line.count))
        #expect(event.body == .signals(count: 1))
    }
}
