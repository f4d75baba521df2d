import SafetyEngine
import Testing

@testable import Console
@testable import Settings

/// Each kind of value at its limits. What `write` wrote, `read` reads as the same value.
struct KindTests {
    private func value(_ text: String) throws -> TOML.Value {
        try #require(try TOML("a = \(text)".utf8).entries.first?.value)
    }

    private func check<Value>(_ kind: Kind<Value>, _ text: String, _ expected: Value?, _ unit: String) throws {
        let read = kind.read(try value(text))
        #expect(read == expected, "\(text)")
        if let expected { #expect(kind.read(try value(kind.write(expected))) == expected) }
        #expect(kind.unit == unit)
    }

    @Test(
        arguments: [
            ("\"1s\"", 1_000), ("\"1000ms\"", 1_000), ("\"999ms\"", nil), ("\"2d\"", 172_800_000),
            ("\"48h\"", 172_800_000), ("\"49h\"", nil), ("\"172800001ms\"", nil), ("\"0\"", nil), ("\"0s\"", nil),
            ("5", nil), ("\"5\"", nil), ("5.5", nil), ("\"1.5s\"", nil), ("\"5 s\"", nil), ("\"-5s\"", nil),
            ("\"5S\"", nil), ("true", nil), ("[\"5s\"]", nil), ("\"99999999999999999999d\"", nil),
            ("\"768614336404564651d\"", nil), ("\"d\"", nil),
        ] as [(String, UInt64?)]
    )
    func times(text: String, milliseconds: UInt64?) throws {
        try check(.time(1_000...172_800_000), text, milliseconds, "a time from 1s to 2d")
    }

    @Test(arguments: [("\"0\"", 0), ("\"0s\"", 0), ("\"1s\"", 1_000), ("\"999ms\"", nil)] as [(String, UInt64?)])
    func timesThatMayBeZero(text: String, milliseconds: UInt64?) throws {
        try check(.time(1_000...60_000, zero: "never"), text, milliseconds, "a time from 1s to 1m, or \"0\": never")
    }

    @Test(
        arguments: [
            ("\"1kB\"", 1_000), ("\"1KB\"", 1_000), ("\"999B\"", nil), ("\"2GB\"", 2_000_000_000),
            ("\"1GiB\"", 1_073_741_824), ("\"64KiB\"", 65_536), ("\"2000000001B\"", nil), ("2000", nil),
            ("\"2000\"", nil), ("\"2 GB\"", nil), ("\"1.5GB\"", nil), ("\"18446744073709551615TB\"", nil),
            ("\"GB\"", nil), ("\"5s\"", nil),
        ] as [(String, UInt64?)]
    )
    func sizes(text: String, bytes: UInt64?) throws {
        try check(.size(1_000...2_000_000_000), text, bytes, "a size from 1kB to 2GB")
    }

    @Test(
        arguments: [
            ("3", "3"), ("2.5", "2.5"), ("\"2.5\"", "2.5"), ("\"2.5%\"", "2.5"), ("\"3 %\"", "3"), ("0.01", "0.01"),
            ("0.009", nil), ("100", "100"), ("100.0", "100"), ("100.01", nil), ("-1", nil), ("\"3s\"", nil),
            ("\"%\"", nil), ("\"3%%\"", nil), ("\"three\"", nil), ("true", nil),
            ("\"1e40\"", nil), ("9999999999999999999999999999999999999999.5", nil),
        ] as [(String, String?)]
    )
    func percentages(text: String, number: String?) throws {
        let range = Hand.number("0.01")...Decimal(100)
        try check(.percent(range), text, number.map(Hand.number), "a percentage from 0.01 to 100")
    }

    @Test func digitsAreKept() throws {
        let kind = Kind<Decimal>.money(Decimal(0)...Decimal(10))
        #expect(kind.read(try value("1.00")).map(kind.write) == "1.00")
        #expect(kind.read(try value("0.1")).map(kind.write) == "0.1")
        #expect(kind.read(try value("\"1.00\"")).map(kind.write) == "1.00")
    }

    @Test(
        arguments: [("0", "0"), ("10", "10"), ("10.01", nil), ("-0.01", nil), ("\"1 EUR\"", nil), ("\"5%\"", nil)]
            as [(String, String?)]
    )
    func amounts(text: String, number: String?) throws {
        try check(
            .money(Decimal(0)...Decimal(10)),
            text,
            number.map(Hand.number),
            "an amount in the desk's currency from 0 to 10"
        )
    }

    @Test(
        arguments: [
            ("1", 1), ("10", 10), ("0", nil), ("11", nil), ("2.0", nil), ("\"8\"", nil), ("-1", nil),
            ("9223372036854775807", nil), ("true", nil),
        ] as [(String, Int?)]
    )
    func counts(text: String, count: Int?) throws {
        try check(.count(1...10, of: "positions"), text, count, "a number of positions from 1 to 10")
    }

    @Test(arguments: [("150", 150), ("\"150%\"", 150), ("101", 101), ("100", nil), ("150.5", nil)] as [(String, Int?)])
    func wholePercentages(text: String, percent: Int?) throws {
        try check(.wholePercent(101...200), text, percent, "a whole percentage from 101 to 200")
    }

    @Test(
        arguments: [
            ("\"00:00\"", 0), ("\"23:59\"", 1_439), ("\"24:00\"", nil), ("\"12:60\"", nil), ("\"8:00\"", nil),
            ("\"+1:00\"", nil), ("\"08:-1\"", nil), ("\"08:00:00\"", nil), ("800", nil), ("\"ab:cd\"", nil),
            ("\"é2:00\"", nil),
        ] as [(String, Int?)]
    )
    func timesOfTheDay(text: String, minutes: Int?) throws {
        try check(.timeOfDay, text, minutes, "a time of the day in UTC, from 00:00 to 23:59")
    }

    @Test(
        arguments: [("\"observe\"", .observe), ("\"enforce\"", .enforce), ("\"Observe\"", nil), ("true", nil)]
            as [(String, EngineSettings.Policy?)]
    )
    func words(text: String, policy: EngineSettings.Policy?) throws {
        try check(.word, text, policy, "observe or enforce")
    }

    @Test(arguments: [("true", true), ("false", false), ("1", nil), ("\"true\"", nil)] as [(String, Bool?)])
    func flags(text: String, flag: Bool?) throws { try check(.flag, text, flag, "true or false") }

    @Test(
        arguments: [
            ("[]", []), ("[\"/bin/a\", \"\", \"b c\"]", ["/bin/a", "", "b c"]), ("[\"\"]", nil), ("[1]", nil),
            ("\"/bin/a\"", nil), ("[\"a\\u0000\"]", nil),
        ] as [(String, [String]?)]
    )
    func commands(text: String, words: [String]?) throws {
        try check(
            .command,
            text,
            words,
            "a command and its arguments, as [\"/usr/bin/systemctl\", \"restart\", \"bot\"]"
        )
    }

    @Test(
        arguments: [
            ("[\"kraken/main\", \"bob\"]", ["kraken/main", "bob"]), ("[\"a\", \"a\"]", nil), ("[\"a/b/c\"]", nil),
            ("[\"/b\"]", nil), ("[\"\"]", nil), ("[\"a\\nb\"]", nil), ("\"bob\"", nil),
        ] as [(String, [String]?)]
    )
    func accounts(text: String, names: [String]?) throws {
        try check(.texts("accounts") { Names.isAccount($0) }, text, names, "accounts")
    }

    @Test(
        arguments: [
            ("https://hooks.slack.com/services/T0/B0/secret", "https://hooks.slack.com"),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"),
            ("https://user:secret@host.example/x", "https://host.example"),
            ("https://host.example?token=secret", "https://host.example"),
            ("https://a@b@host.example#secret", "https://host.example"), ("https://host\\secret", "https://host"),
            ("ftp://host/x", nil), ("https://", nil), ("https:///path", nil), ("https://user@/path", nil),
            ("host/x", nil), ("https://host/a b", nil), ("https://host/é", nil), ("", nil),
        ] as [(String, String?)]
    )
    func addressesAreShownUpToTheirHost(address: String, host: String?) throws {
        #expect(Addresses.host(address) == host)
        let kind = Kind<String>.address
        #expect((kind.read(.string(address)) != nil) == (host != nil))
        if let host { #expect(kind.show?(address) == "\"\(host)/...\"") }
        #expect(kind.show?("") == "\"\"")
    }

    @Test(arguments: [("300s", "300", "5m"), ("1500ms", "1.5", "1500ms"), ("3d", "259200", "3d")])
    func thresholdsThatAreTimesAreSecondsToTheEngine(text: String, seconds: String, written: String) throws {
        let kind = RuleUnit.time.kind
        #expect(kind.read(.string(text)) == Hand.number(seconds))
        #expect(kind.write(Hand.number(seconds)) == "\"\(written)\"")
    }
}
