import Dashboard
import Testing

@testable import Terminal

/// Contrast of words (WCAG 2) and distances for the colour-blind, computed from the colours that terminals draw.
struct ThemeContrastTests {
    /// What a theme promises.
    struct Promise: Sendable {
        var name: String
        /// On which terminals.
        var surfaces: [Int32]
        /// For what keeps the terminal's or the theme's background.
        var words: Double
        /// For what has a background of its own.
        var filled: Double
    }

    static let black: Int32 = 16
    static let white: Int32 = 231

    /// A colour cannot have more than 4.58 on black and on white both.
    static let promises = [
        Promise(name: "default", surfaces: [black, white], words: 3, filled: 4.5),
        Promise(name: "colour-blind", surfaces: [black, white], words: 3, filled: 4.5),
        Promise(name: "light", surfaces: [white], words: 4.5, filled: 4.5),
        Promise(name: "high-contrast", surfaces: [black, white], words: 7, filled: 7),
    ]

    /// With xterm's first eight. None of them but blue and magenta has 3 on black and on white both, so `default` and
    /// `colour-blind` promise nothing of light terminals with so few colours: `light` is for them.
    static let fewPromises = [
        Promise(name: "default", surfaces: [black], words: 3, filled: 3.5),
        Promise(name: "colour-blind", surfaces: [black], words: 3, filled: 3.5),
        Promise(name: "light", surfaces: [white], words: 4.5, filled: 3.5),
        Promise(name: "high-contrast", surfaces: [black, white], words: 4.4, filled: 4.4),
    ]

    func check(_ promise: Promise, _ depth: Theme.Depth) throws {
        let theme = try #require(ThemeLibrary.shipped[promise.name])
        for role in Role.allCases {
            let look = theme[role, depth]
            // The terminal's own text on its own background is what the operator has chosen.
            guard look.foreground >= 0 else {
                #expect(look.background < 0, "\(role): a background needs a colour of text")
                continue
            }
            let filled = look.background != theme[.text, depth].background
            for surface in look.background < 0 ? promise.surfaces : [look.background] {
                let contrast = LinearColor(number: look.foreground).contrast(on: LinearColor(number: surface))
                #expect(contrast >= (filled ? promise.filled : promise.words), "\(promise.name) \(role) on \(surface)")
            }
        }
    }

    @Test(arguments: promises)
    func wordsCanBeReadInManyColours(_ promise: Promise) throws {
        try check(promise, .many)
        // Nobody knows how dark a terminal's dim is.
        let theme = try #require(ThemeLibrary.shipped[promise.name])
        for role in Role.allCases { #expect(theme[role, .many].attributes & LookAttribute.dim.bit == 0, "\(role)") }
    }

    @Test(arguments: fewPromises)
    func wordsCanBeReadInFewColours(_ promise: Promise) throws { try check(promise, .sixteen) }

    @Test func contrastIsThatOfTheStandard() {
        #expect(abs(LinearColor.white.contrast(on: .black) - 21) < 0.001)
        // #767676 is the well-known lightest grey with 4.5 on white.
        #expect((4.5..<4.6).contains(LinearColor(number: 243).contrast(on: .white)))
    }

    // MARK: - Colour-blindness

    /// How far apart two looks are at least, on a dark and on a light terminal: the farther of words and backgrounds.
    func distance(_ one: Look, _ two: Look, seenWith vision: ColorVision) -> Double {
        let words = LinearColor(number: one.foreground)
            .distance(to: LinearColor(number: two.foreground), seenWith: vision)
        let surfaces = [ThemeContrastTests.black, ThemeContrastTests.white].map { surface in
            LinearColor(number: one.background < 0 ? surface : one.background)
                .distance(to: LinearColor(number: two.background < 0 ? surface : two.background), seenWith: vision)
        }
        return max(words, surfaces.min() ?? 0)
    }

    static let apart =
        ThemeTests.pairs(ThemeTests.modes) + ThemeTests.pairs(ThemeTests.levels)
        + ThemeTests.pairs([.good, .warning, .bad])

    /// Ten times what can just be seen.
    static let minimum = 25.0

    func closest(_ name: String, _ vision: ColorVision) throws -> (pair: (Role, Role), distance: Double) {
        let theme = try #require(ThemeLibrary.shipped[name])
        let distances = ThemeContrastTests.apart.map { pair in
            (pair, distance(theme[pair.0, .many], theme[pair.1, .many], seenWith: vision))
        }
        return try #require(distances.min { $0.1 < $1.1 })
    }

    @Test(arguments: ColorVision.allCases)
    func whatMattersStaysApartForTheColourBlind(_ vision: ColorVision) throws {
        let (pair, distance) = try closest("colour-blind", vision)
        #expect(distance >= ThemeContrastTests.minimum, "\(pair.0) and \(pair.1)")
    }

    @Test func theMeasureFindsWhatIsNotSafe() throws {
        #expect(try closest("default", .normal).distance >= 10)
        #expect(try closest("default", .deuteranopia).distance < ThemeContrastTests.minimum)
        #expect(try closest("default", .protanopia).distance < ThemeContrastTests.minimum)
    }
}
