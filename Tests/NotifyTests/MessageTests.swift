import KillSwitch
import SafetyEngine
import Settings
import Testing

@testable import Notify

struct MessageTests {
    @Test func theGenericFormatIsThis() {
        #expect(
            Notification.sample().rendered(for: .webhook).line
                == #"{"version":1,"id":"ORDER_STUCK:binance/o-1/CRITICAL/raised","event":"raised","desk":"main","#
                + #""at":"2023-11-14T22:13:20.000Z","level":"CRITICAL","rule":"ORDER_STUCK","#
                + #""alert":"ORDER_STUCK:binance/o-1","subject":"binance/o-1","text":"no answer for 5m","count":3,"#
                + #""acknowledged_by":null,"policy":"halts at 15m","acknowledge":"estop, key 2 (alerts), then a"}"#
        )
        #expect(Notification.sample().rendered(for: .command) == Notification.sample().json)
    }

    @Test func aSummaryNamesItsRules() {
        var summary = Notification.summary(of: .sample("a"))
        summary.absorb(.sample("b", level: .warning, rule: "API_ERROR", at: 1_600_000_000_000))
        summary.absorb(.sample("c", level: .warning, rule: "API_ERROR"))
        #expect(summary.level == .critical)
        #expect(
            summary.json.line.hasSuffix(#","rules":[{"rule":"API_ERROR","count":2},{"rule":"ORDER_STUCK","count":1}]}"#)
        )
        #expect(
            summary.text
                == "and 3 more since 2020-09-13T12:26:40.000Z, not told one by one: API_ERROR 2, ORDER_STUCK 1. "
                + "See the alerts in estop."
        )
        #expect(Message(summary).title == "CRITICAL and 3 more alerts")
    }

    @Test func aSummaryOfVeryManyRulesStaysSmallAndCountsAll() {
        var summary = Notification.summary(of: .sample("0"))
        for number in 1..<500 { summary.absorb(.sample("\(number)", rule: "RULE_\(number)")) }
        #expect(summary.count == 500)
        #expect(summary.rules.reduce(0) { $0 + $1.count } == 500)
        #expect(summary.rules.count == 41)
    }

    @Test func slackTakesThis() {
        #expect(
            Notification.sample().rendered(for: .slack).line
                == #"{"text":"CRITICAL ORDER_STUCK: binance/o-1: no answer for 5m","blocks":["#
                + #"{"type":"header","text":{"type":"plain_text","text":"CRITICAL ORDER_STUCK","emoji":false}},"#
                + #"{"type":"section","text":{"type":"mrkdwn","text":"binance/o-1\nno answer for 5m","verbatim":true}},"#
                + #"{"type":"context","elements":[{"type":"mrkdwn","text":"desk main · 2023-11-14T22:13:20.000Z · "#
                + #"found 3 times · halts at 15m · acknowledge: estop, key 2 (alerts), then a","verbatim":true}]}]}"#
        )
    }

    @Test func discordTakesThis() {
        #expect(
            Notification.sample().rendered(for: .discord).line
                == #"{"content":"CRITICAL ORDER\\_STUCK · desk main","embeds":[{"title":"CRITICAL ORDER\\_STUCK","#
                + #""description":"binance/o\\-1\nno answer for 5m","color":15105570,"#
                + #""timestamp":"2023-11-14T22:13:20.000Z","footer":{"text":"desk main · 2023-11-14T22:13:20.000Z · "#
                + #"found 3 times · halts at 15m · acknowledge: estop, key 2 (alerts), then a"}}],"#
                + #""allowed_mentions":{"parse":[]}}"#
        )
    }

    @Test(arguments: [
        (Notification.Kind.raised, "CRITICAL ORDER_STUCK"), (.escalated, "CRITICAL ORDER_STUCK (escalated)"),
        (.acknowledged, "ACKNOWLEDGED ORDER_STUCK (CRITICAL)"),
        (.unacknowledged, "CRITICAL ORDER_STUCK (acknowledgement ended, still open)"),
        (.resolved, "RESOLVED ORDER_STUCK (was CRITICAL)"), (.halted, "HALT (ORDER_STUCK)"),
        (.resumed, "RESUME (ORDER_STUCK)"), (.summary, "CRITICAL and 3 more alerts"), (.test, "TEST"),
    ])
    func everyKindHasItsTitle(kind: Notification.Kind, title: String) {
        #expect(Message(.sample(kind: kind)).title == title)
    }

    static let hostile = "@everyone <!channel> <@U1> [x](http://evil) *b* `c` \u{1b}[31m\r\n\u{202e}&amp;"

    @Test func nothingFromOutsidePingsOrInjectsInSlack() {
        let line = Notification.sample(Self.hostile, rule: Self.hostile, text: Self.hostile).rendered(for: .slack).line
        for word in ["<", ">", "@everyone", "\\u001b", "\u{202e}", "&amp;amp;amp;"] {
            #expect(!line.contains(word), "\(word)")
        }
        #expect(line.contains("@\u{200b}everyone &lt;!channel&gt; &lt;@\u{200b}U1&gt;"))
        #expect(line.contains(#"\\x1b[31m\\r\\n\\u{202e}&amp;amp;"#))
    }

    @Test func nothingFromOutsidePingsOrInjectsInDiscord() {
        let json = Notification.sample(Self.hostile, rule: Self.hostile, text: Self.hostile).rendered(for: .discord)
        #expect(json["allowed_mentions"]?["parse"] == .array([]))
        let description = json["embeds"]?.array?.first?["description"]?.string ?? ""
        for word in ["@everyone", "\u{1b}", "\r", "\u{202e}", "<@U1"] { #expect(!json.line.contains(word), "\(word)") }
        #expect(
            description.hasPrefix(
                #"@\#u{200b}everyone \<!channel\> \<@\#u{200b}U1\> \[x\]\(http://evil\) \*b\* \`c\` "#
            )
        )
        #expect(description.count(where: { $0 == "\n" }) == 1)
    }

    @Test func combiningMarksHideNoSign() {
        // `<` and U+0338 are one character, but Slack reads signs.
        let line = Notification.sample(text: "<\u{338}!channel>").rendered(for: .slack).line
        #expect(line.contains("&lt;\u{338}!channel&gt;"))
    }

    @Test func textsAreCutAtTheServicesLimitsBetweenCharacters() {
        let flag = "🇩🇪"
        for text in [String(repeating: flag, count: 3_000), String(repeating: "<", count: 9_000)] {
            let long = Notification.sample(text, rule: text, text: text)
            let slack = long.rendered(for: .slack)
            let blocks = slack["blocks"]?.array ?? []
            #expect(blocks[0]["text"]?["text"]?.string.map { $0.utf16.count <= 150 } == true)
            #expect(blocks[1]["text"]?["text"]?.string.map { $0.utf16.count <= 3_000 && $0.hasSuffix("…") } == true)
            let discord = long.rendered(for: .discord)
            let embed = discord["embeds"]?.array?.first ?? .null
            let lengths = [
                embed["title"]?.string, embed["description"]?.string, embed["footer"]?["text"]?.string,
            ].map { $0?.utf16.count ?? .max }
            #expect(lengths[0] <= 256 && lengths[1] <= 4_096 && lengths[2] <= 2_048)
            #expect(lengths.reduce(0, +) <= 6_000)
            #expect(discord["content"]?.string.map { $0.utf16.count <= 2_000 } == true)
            // No half of an escape and no half of a flag.
            for string in [blocks[0]["text"]?["text"]?.string ?? "", embed["title"]?.string ?? ""] {
                let rest = string.replacing("&lt;", with: "").replacing("\\<", with: "").replacing(flag, with: "")
                #expect(rest.hasSuffix("…") && !rest.contains("&") && !rest.contains("\\"))
            }
        }
    }

    @Test func cuttingKeepsWhatFits() {
        for limit in 0..<12 {
            let cut = Cut.to(limit, "añb🇩🇪c")
            #expect(cut.utf8.count <= limit)
            #expect(cut.isEmpty || cut.hasSuffix("…"))
        }
        #expect(Cut.to(13, "añb🇩🇪c") == "añb🇩🇪c")
        #expect(Cut.to(7, "añb🇩🇪c") == "añb…")
    }

    @Test func longIdentitiesStayApart() {
        let long = String(repeating: "x", count: 600)
        let first = Notification.sample(long + "1").bounded
        let second = Notification.sample(long + "2").bounded
        #expect(first.alert != second.alert && first.alert.utf8.count <= 512)
        #expect(first.id != second.id)
    }

    @Test func aCommandsEnvironmentIsOneLineEach() {
        let variables = Notification.sample(text: "a\nb\u{0}c\u{1b}[0m").environment
        #expect(variables.first { $0.name == "ESTOP_ALERT_TEXT" }?.value == #"a\nb\x00c\x1b[0m"#)
        #expect(variables.first { $0.name == "ESTOP_ALERT_TITLE" }?.value == "CRITICAL ORDER_STUCK")
        #expect(
            variables.map(\.name) == [
                "ESTOP_ALERT_ID", "ESTOP_ALERT_EVENT", "ESTOP_ALERT_DESK", "ESTOP_ALERT_LEVEL", "ESTOP_ALERT_RULE",
                "ESTOP_ALERT_ALERT", "ESTOP_ALERT_SUBJECT", "ESTOP_ALERT_TEXT", "ESTOP_ALERT_AT", "ESTOP_ALERT_COUNT",
                "ESTOP_ALERT_TITLE",
            ]
        )
    }

    @Test(arguments: Notification.Kind.allCases)
    func whatIsWrittenIsReadBack(kind: Notification.Kind) {
        var notification = Notification.sample("a\n\"b\"\u{7f}", kind: kind, text: "🇩🇪\u{1b}")
        notification.acknowledgedBy = "alice"
        if kind == .summary { notification.rules = [.init("A", 2), .init("B", 1)] }
        #expect(JSON(bytes: notification.json.bytes).flatMap { Notification($0) } == notification)
    }

    @Test func alertChangesHaltsAndResumesBecomeNotifications() {
        let alert = Alert(
            id: "i",
            level: .emergency,
            rule: "R",
            subject: "s",
            text: "t",
            ageMs: 5,
            count: 7,
            acknowledgedBy: "alice",
            policy: "p"
        )
        let told = Notification(.init(.resolved, alert, isToBeNotified: true), desk: "d", at: 12)
        #expect(told.id == "i/EMERGENCY/resolved/12" && told.alert == "i" && told.count == 7 && told.policy == "p")
        #expect(told.acknowledge.isEmpty && told.acknowledgedBy == "alice")
        let raised = Notification(.init(.raised, alert, isToBeNotified: true), desk: "d", at: 12)
        #expect(raised.acknowledge == Notification.defaultAcknowledge)
        let halt = Notification.halted(
            record: "1",
            mode: "halted",
            source: "cli",
            by: "alice",
            reason: "why",
            scope: "global",
            desk: "d",
            at: 1
        )
        #expect(halt.text == "trading is halted (global), by alice: why" && halt.level == .emergency)
        #expect(Message(halt).title == "HALT (cli)")
    }

    @Test(arguments: [
        ("https://hooks.slack.com/services/T/B/secret", "https://hooks.slack.com"),
        ("https://user:pw@host:8443/x", "https://host:8443"), ("http://h?secret", "http://h"), ("nonsense", "no URL"),
    ])
    func anAddressIsShownUpToItsHost(url: String, shown: String) {
        #expect(DeskConfiguration.Notify.Target.webhook("a", url).shown == shown)
    }
}
