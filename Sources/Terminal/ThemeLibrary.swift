import Console

/// The themes that there are: those compiled in, those installed, and the user's own.
public struct ThemeLibrary: Sendable {
    /// The name of the theme that is used unless another is chosen, and in place of broken ones.
    public static let standard = "default"

    private let themes: [String: Theme]
    /// What is wrong with the file of a name, safe to print.
    private let problems: [String: String]

    /// The theme called `default`.
    public let standardTheme: Theme

    /// The names of all themes, sorted, `default` first. Broken ones have their name, and the looks of `default`.
    public let names: [String]

    /// The theme of a name; nil: there is none.
    public subscript(name: String) -> Theme? { themes[name] }

    /// The themes that are compiled in.
    public static let shipped = ThemeShelf.shipped.library().library

    /// Reads the themes of directories. Does not wait for anything but the file system.
    ///
    /// - Parameter directories: Where `NAME.toml` files are; a later one hides the themes of the same name in the ones
    ///   before, and all hide those that are compiled in. Directories that do not exist are left out.
    /// - Returns: The themes, and one line for each file that cannot be used: where, what is wrong, what is used
    ///   instead. Safe to print.
    public static func load(directories: [String]) -> (library: ThemeLibrary, problems: [String]) {
        var shelf = ThemeShelf.shipped
        var problems: [String] = []
        for (index, directory) in directories.enumerated() { problems += shelf.read(directory, number: index + 1) }
        let (library, broken) = shelf.library()
        return (library, problems + broken)
    }

    /// Why a theme has not the looks that its file asks for; nil: it has.
    public func problem(of name: String) -> String? { problems[name] }

    init(_ themes: [String: Theme], problems: [String: String] = [:]) {
        self.themes = themes
        self.problems = problems
        standardTheme = themes[ThemeLibrary.standard] ?? Theme(name: ThemeLibrary.standard, ThemeEntries())
        names = [ThemeLibrary.standard] + themes.keys.filter { $0 != ThemeLibrary.standard }.sorted()
    }
}

extension ThemeShelf {
    /// The themes that are compiled in. `themes/` is where they are written.
    static let shipped: ThemeShelf = {
        var shelf = ThemeShelf()
        for (name, bytes) in [
            ("default", PackageResources.default_toml), ("light", PackageResources.light_toml),
            ("high-contrast", PackageResources.high_contrast_toml),
            ("colour-blind", PackageResources.colour_blind_toml),
            ("mono", PackageResources.mono_toml),
        ] { shelf.add(name, path: nil, directory: 0, ThemeShelf.parse(bytes)) }
        return shelf
    }()

    static func parse(_ bytes: [UInt8]) -> Result<ThemeFile, ThemeProblem> {
        do throws(ThemeProblem) {
            return .success(try ThemeFile(bytes))
        } catch {
            return .failure(error)
        }
    }

    /// Resolves all themes.
    func library() -> (library: ThemeLibrary, problems: [String]) {
        var shelf = self
        var problems: [String] = []
        var byName: [String: String] = [:]
        func note(_ name: String, _ line: String) {
            problems.append(line)
            byName[name] = line
        }
        // The default first: it stands in for the others. The one that a broken default hides stands in for it.
        var standard = ThemeEntries()
        for book in books[ThemeLibrary.standard] ?? [] {
            do throws(ThemeProblem) {
                standard = try shelf.entries(of: book)
            } catch {
                shelf.remove(book)
                note(ThemeLibrary.standard, ThemeShelf.line(book.path, error))
            }
        }
        var themes = [ThemeLibrary.standard: Theme(name: ThemeLibrary.standard, standard)]
        for name in books.keys.sorted() where name != ThemeLibrary.standard {
            for book in books[name] ?? [] {
                do throws(ThemeProblem) {
                    themes[name] = Theme(name: name, try shelf.entries(of: book))
                    byName[name] = nil
                } catch {
                    themes[name] = Theme(name: name, standard)
                    note(name, ThemeShelf.line(book.path, error))
                }
            }
        }
        return (ThemeLibrary(themes, problems: byName), problems)
    }

    /// `themes: FILE line N: what is wrong; the default theme is used`.
    static func line(_ path: String?, _ problem: ThemeProblem) -> String {
        let line = problem.line.map { " line \($0)" } ?? ""
        return VisibleText.line(
            "themes: \(path ?? "built in")\(line): \(problem.message); the \(ThemeLibrary.standard) theme is used"
        )
    }
}
