import Console
import Terminal

/// The theme that the screen begins with: `--theme`, else ESTOP_THEME, else the default.
struct ChosenTheme {
    let library: ThemeLibrary
    let name: String
    /// What the operator ought to know: that the chosen theme's file cannot be used, or a name that is none.
    let notices: [String]

    /// Chooses among the themes that are compiled in, installed, or the user's own.
    ///
    /// - Throws: `UsageError` for a `--theme` that is none. ESTOP_THEME is not typed now, and must not keep the screen
    ///   from opening: a wrong name there is a notice.
    init(_ arguments: Arguments, environment: Environment = .process) throws(UsageError) {
        let (library, _) = ThemeLibrary.load(directories: ThemeLibrary.directories(environment: environment))
        let names = library.names.joined(separator: ", ")
        self.library = library
        if let asked = arguments.value("theme") {
            guard library[asked] != nil else {
                throw UsageError("there is no theme '\(asked)': type one of \(names)")
            }
            name = asked
        } else if let asked = environment["ESTOP_THEME"], library[asked] == nil {
            name = ThemeLibrary.standard
            notices = ["ESTOP_THEME names no theme ('\(VisibleText.line(asked))'); there are \(names)"]
            return
        } else {
            name = environment["ESTOP_THEME"] ?? ThemeLibrary.standard
        }
        // Only what is drawn with: files that nobody chose must not stand in front of graver news.
        notices = library.problem(of: name).map { [$0] } ?? []
    }
}
