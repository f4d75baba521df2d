import Dashboard
import Testing

@testable import Terminal

/// What holds of the looks of every shipped theme: nothing that matters looks like anything else.
struct ThemeTests {
    static let modes: [Role] = [.trading, .paper, .reduceOnly, .halting, .halted, .unknown]
    static let levels: [Role] = [.levelInfo, .levelWarning, .levelCritical, .levelEmergency]
    /// What may be filled or reversed.
    static let loud: [Role] = [.mark, .halting, .halted, .unknown, .levelEmergency]
    static let names = ["default", "colour-blind", "high-contrast", "light", "mono"]

    static func pairs(_ roles: [Role]) -> [(Role, Role)] {
        roles.indices.flatMap { first in roles[(first + 1)...].map { (roles[first], $0) } }
    }

    func theme(_ name: String) throws -> Theme { try #require(ThemeLibrary.shipped[name]) }

    /// Whether two looks can be told apart. With colours, bold alone does not count: many terminals hardly show it.
    func differ(_ one: Look, _ two: Look, colored: Bool) -> Bool {
        if !colored { return one.attributes != two.attributes }
        let shape = LookAttribute.underline.bit | LookAttribute.reverse.bit
        return one.foreground != two.foreground || one.background != two.background
            || one.attributes & shape != two.attributes & shape
    }

    @Test(arguments: names)
    func noTwoModesAndNoTwoLevelsLookAlikeAtAnyDepth(_ name: String) throws {
        let theme = try theme(name)
        for depth in Theme.Depth.allCases {
            let colored = name != "mono" && depth != .mono
            for (one, two) in ThemeTests.pairs(ThemeTests.modes + [.mark]) + ThemeTests.pairs(ThemeTests.levels) {
                #expect(differ(theme[one, depth], theme[two, depth], colored: colored), "\(one) \(two) \(depth)")
            }
        }
    }

    @Test(arguments: names)
    func goodWarningAndBadAndWhatIsOldLookDifferent(_ name: String) throws {
        let theme = try theme(name)
        for depth in Theme.Depth.allCases {
            for (one, two) in ThemeTests.pairs([.good, .warning, .bad]) + ThemeTests.pairs([.stale, .bad, .warning]) {
                #expect(theme[one, depth] != theme[two, depth], "\(one) \(two) \(depth)")
            }
            for old in [Role.stale, .lost] { #expect(theme[old, depth] != theme[.text, depth], "\(old) \(depth)") }
        }
    }

    @Test(arguments: names)
    func onlyAlarmsAreFilled(_ name: String) throws {
        let theme = try theme(name)
        for depth in Theme.Depth.allCases {
            let background = theme[.text, depth].background
            for role in Role.allCases {
                let look = theme[role, depth]
                let filled = look.background != background || look.attributes & LookAttribute.reverse.bit != 0
                #expect(filled == ThemeTests.loud.contains(role), "\(role) \(depth)")
            }
        }
    }

    @Test(arguments: names)
    func colourlessIsColourless(_ name: String) throws {
        let theme = try theme(name)
        for role in Role.allCases {
            #expect(theme[role, .mono].foreground == -1 && theme[role, .mono].background == -1, "\(role)")
        }
    }

    @Test(arguments: names)
    func sixteenColoursNeedOnlyEightAndNoBoldBlack(_ name: String) throws {
        let theme = try theme(name)
        for role in Role.allCases {
            let look = theme[role, .sixteen]
            #expect((-1..<8).contains(look.foreground) && (-1..<8).contains(look.background), "\(role)")
            // Bold black is grey, or black, as the terminal likes.
            #expect(look.foreground != 0 || look.attributes & LookAttribute.bold.bit == 0, "\(role)")
        }
    }

    @Test func monoIsWhatDefaultIsWithoutColours() throws {
        let (mono, standard) = (try theme("mono"), try theme("default"))
        for role in Role.allCases {
            #expect(mono[role, .mono] == standard[role, .mono], "\(role)")
            for depth in Theme.Depth.allCases { #expect(mono[role, depth] == mono[role, .mono], "\(role) \(depth)") }
        }
    }

    @Test(arguments: ["default", "light", "colour-blind"])
    func theTerminalsOwnBackgroundIsKept(_ name: String) throws {
        let theme = try theme(name)
        for depth in Theme.Depth.allCases { #expect(theme[.text, depth] == Look(), "\(depth)") }
    }

    @Test(arguments: [(0, Theme.Depth.mono), (8, .sixteen), (16, .sixteen), (256, .many), (16_777_216, .many)])
    func theDepthFollowsTheTerminal(_ colors: Int, _ depth: Theme.Depth) {
        #expect(Theme.depth(colors: colors, mono: false) == depth)
        #expect(Theme.depth(colors: colors, mono: true) == .mono)
    }

    @Test func theNearestOfEightCanBeSeen() {
        // Greys on a background that nobody knows are the terminal's own text.
        for grey: Int32 in [16, 59, 240, 244, 250, 231] {
            #expect(Theme.withEight(Look(grey), own: -1) == Look(), "\(grey)")
        }
        #expect(Theme.withEight(Look(0), own: -1) == Look(0), "black, where it was asked for")
        #expect(Theme.withEight(Look(203, on: -1, 1), own: -1) == Look(1, on: -1, 1))
        #expect(Theme.withEight(Look(172), own: -1) == Look(3))
        for foreground: Int32 in -1..<256 {
            for background: Int32 in 0..<256 {
                let look = Theme.withEight(Look(foreground, on: background), own: -1)
                #expect(look.foreground != look.background && look.foreground >= 0)
            }
        }
    }
}
