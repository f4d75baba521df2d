import Dashboard
import Testing

@testable import Terminal

struct ThemeTests {
    static let modes: [Role] = [.trading, .paper, .reduceOnly, .halting, .halted, .unknown]

    @Test func colourlessIsColourless() {
        let theme = Theme(.mono)
        for role in Role.allCases {
            #expect(theme[role].foreground == -1 && theme[role].background == -1, "\(role)")
        }
    }

    @Test func sixteenColoursNeedOnlyEight() {
        let theme = Theme(.sixteen)
        for role in Role.allCases { #expect(theme[role].foreground < 8 && theme[role].background < 8, "\(role)") }
    }

    @Test func whatHaltsIsLoudAtEveryDepth() {
        for depth in [Theme.Depth.mono, .sixteen, .many] {
            let theme = Theme(depth)
            for loud in [Role.halting, .halted, .unknown] {
                for quiet in [Role.trading, .paper, .reduceOnly, .text] { #expect(theme[loud] != theme[quiet]) }
            }
        }
    }

    @Test(arguments: [(0, Theme.Depth.mono), (8, .sixteen), (16, .sixteen), (256, .many), (16_777_216, .many)])
    func theDepthFollowsTheTerminal(_ colors: Int, _ depth: Theme.Depth) {
        #expect(Theme.depth(colors: colors, mono: false) == depth)
        #expect(Theme.depth(colors: colors, mono: true) == .mono)
    }
}
