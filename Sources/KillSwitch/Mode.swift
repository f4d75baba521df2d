/// What trading is permitted. The one table of modes: pages, log, commands, screen and API take their words from here.
public enum Mode: UInt8, Sendable, CaseIterable {
    /// Nothing can be said: reads as halted.
    case unknown = 0
    /// Permits every gate.
    case live = 1
    /// Permits only gates whose scope says `venue=paper`.
    case paper = 2
    /// Permits only what shrinks a position.
    case reduceOnly = 3
    /// Permits nothing.
    case halted = 4

    /// The word that pages, logs and commands use: `live`, `paper`, `reduce-only`, `halted`, `unknown`.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .live: "live"
        case .paper: "paper"
        case .reduceOnly: "reduce-only"
        case .halted: "halted"
        }
    }

    /// The mode of that name; nil for any other text.
    public init?(name: some StringProtocol) {
        guard let mode = Mode.allCases.first(where: { $0.name == name }) else { return nil }
        self = mode
    }

    /// Whether the mode permits anything at all.
    public var permitsAnything: Bool {
        switch self {
        case .live, .paper, .reduceOnly: true
        case .unknown, .halted: false
        }
    }

    /// Two restrictions at once: live with x is x, paper with reduce-only is halted, halted with anything is halted.
    public func combined(with other: Mode) -> Mode {
        if self == other { return self }
        if self == .live { return other }
        if other == .live { return self }
        if self == .unknown || other == .unknown { return .unknown }
        return .halted
    }

    /// Whether this mode permits nothing that `other` refuses.
    public func isAtMost(_ other: Mode) -> Bool {
        !permitsAnything || combined(with: other) == self
    }
}

/// The state word of the page: generation and mode in one 32-bit value, so that one store changes both.
public struct Word: RawRepresentable, Sendable, Hashable {
    /// generation << 3 | mode.
    public var rawValue: UInt32

    /// The word as it stands on the page.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A word from its parts. The generation's upper three bits are lost.
    public init(generation: UInt32, mode: Mode) { rawValue = generation << 3 | UInt32(mode.rawValue) }

    /// Counts changes: odd after a halt, even after a resume.
    public var generation: UInt32 { rawValue >> 3 }

    /// The mode; a number that is no mode reads as unknown.
    public var mode: Mode { Mode(rawValue: UInt8(rawValue & 7)) ?? .unknown }

    /// The greatest generation that a word holds.
    public static let lastGeneration: UInt32 = UInt32.max >> 3

    /// The word that a halt makes of this one: the next odd generation, the combination of both modes.
    ///
    /// At the greatest generation it stays there and is halted: a page that has run out never permits again.
    public func halted(to mode: Mode) -> Word {
        let next = generation + (generation % 2 == 0 ? 1 : 2)
        guard next <= Word.lastGeneration else { return Word(generation: Word.lastGeneration, mode: .halted) }
        return Word(generation: next, mode: self.mode.combined(with: mode == .unknown ? .halted : mode))
    }
}
