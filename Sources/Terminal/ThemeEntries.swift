import Dashboard

/// Why a theme cannot be used.
struct ThemeProblem: Error, Equatable {
    /// In its file, from 1; nil: it is about the whole file.
    var line: Int?
    var message: String
}

/// What a file says of a role, its colours still as words: a theme that inherits it may give them other values.
struct WrittenLook: Equatable {
    /// A colour as it was written.
    enum Color: Equatable {
        case number(Int32)
        /// A name of the palette.
        case named(String)
    }

    var foreground: Color?
    var background: Color?
    var attributes: Int32 = 0

    /// The look with the palette's values. What it leaves out comes from the theme's text.
    func look(_ palette: [String: Int32], text: Look = Look()) -> Look {
        func number(_ color: Color?, or other: Int32) -> Int32 {
            switch color {
            case nil: other
            case .number(let number): number
            case .named(let name): palette[name] ?? other
            }
        }
        return Look(
            number(foreground, or: text.foreground),
            on: number(background, or: text.background),
            attributes
        )
    }
}

/// What a theme says, with what it inherits.
struct ThemeEntries: Equatable {
    /// Colours by their names: 0 to 255, or -1.
    var palette: [String: Int32] = [:]
    var roles: [Role: WrittenLook] = [:]
    /// For sixteen colours, where the nearest ones will not do.
    var sixteen: [Role: WrittenLook] = [:]
    /// Attributes without colours, where those of the role will not do.
    var mono: [Role: Int32] = [:]

    /// Puts a file over what it inherits.
    ///
    /// A role's entry hides what the inherited theme says of it for sixteen colours too, because that is about colours
    /// that are no longer there. What it says for mono stays: modes must not come to look alike by a change of colours.
    ///
    /// - Throws: `ThemeProblem` with the line of the first look that cannot be read.
    mutating func overlay(_ file: ThemeFile) throws(ThemeProblem) {
        palette.merge(file.palette) { _, new in new }
        for entry in file.looks {
            let look = try WrittenLook(entry, palette)
            switch entry.table {
            case .all:
                roles[entry.role] = look
                if !file.looks.contains(where: { $0.table == .sixteen && $0.role == entry.role }) {
                    sixteen[entry.role] = nil
                }
            case .sixteen: sixteen[entry.role] = look
            case .mono: mono[entry.role] = look.attributes
            }
        }
    }
}
