import Dashboard

/// Roles to looks, at each depth that terminals have. The words carry the meaning; this only makes them quicker to
/// find.
///
/// Themes come from files, see `ThemeLibrary`; the format is explained in `themes/default.toml`.
public struct Theme: Sendable {
    /// What the terminal has, and the operator wants.
    enum Depth: CaseIterable, Equatable {
        case mono
        /// Of which only the first eight are used, so that eight are enough.
        case sixteen
        case many
    }

    /// What the operator calls it: its file's name without `.toml`.
    public let name: String

    /// By the number of the role.
    private let many: [Look]
    private let sixteen: [Look]
    private let mono: [Look]

    /// Resolves what its files say.
    init(name: String, _ entries: ThemeEntries) {
        self.name = name
        let text = entries.roles[.text]?.look(entries.palette) ?? Look()
        let many = Role.allCases.map { entries.roles[$0]?.look(entries.palette, text: text) ?? text }
        let plain = entries.sixteen[.text]?.look(entries.palette) ?? text
        let fewText = Theme.withEight(plain, own: plain.background)
        self.many = many
        sixteen = Role.allCases.map { role in
            guard let written = entries.sixteen[role] else {
                return Theme.withEight(many[Int(role.rawValue)], own: text.background, as: fewText.background)
            }
            return Theme.withEight(written.look(entries.palette, text: fewText), own: fewText.background)
        }
        mono = Role.allCases.map { role in
            let look = many[Int(role.rawValue)]
            let filled = look.background == text.background ? 0 : LookAttribute.reverse.bit
            return Look(-1, on: -1, entries.mono[role] ?? look.attributes | filled)
        }
    }

    /// The depth for so many colours.
    static func depth(colors: Int, mono: Bool) -> Depth {
        if mono || colors < 8 { return .mono }
        return colors >= 256 ? .many : .sixteen
    }

    /// How a role looks.
    subscript(role: Role, depth: Depth) -> Look {
        let looks =
            switch depth {
            case .mono: mono
            case .sixteen: sixteen
            case .many: many
            }
        return looks[Int(role.rawValue)]
    }
}
