extension Theme {
    /// A look in the first eight colours: the nearest ones, but never a colour that cannot be seen.
    ///
    /// - Parameters:
    ///   - look: In any colours.
    ///   - own: The background that the theme's text has in the colours of `look`.
    ///   - replacement: The background that the theme's text has in eight colours; nil: `own`.
    static func withEight(_ look: Look, own: Int32, as replacement: Int32? = nil) -> Look {
        let kept = look.background == own
        let background = TerminalColor.nearestOfEight(kept ? replacement ?? own : look.background)
        var foreground = TerminalColor.nearestOfEight(look.foreground)
        if background < 0 {
            // Whether black or white is seen on the terminal's own background nobody knows; its own text is.
            let isGrey = foreground == 0 || foreground == 7
            if isGrey, look.foreground >= 8 { foreground = -1 }
        } else if foreground < 0 || foreground == background {
            foreground = isBright(background) ? 0 : 7
        }
        return Look(foreground, on: background, look.attributes)
    }

    /// Whether black is easier to read on one of the first eight than white is.
    private static func isBright(_ number: Int32) -> Bool {
        switch number {
        case 2, 3, 6, 7: true
        default: false
        }
    }
}
