import Console

/// Theme files by name, the ones that are hidden by others of the same name too.
///
/// A theme inherits what is in its own directory or in one before it: what is shipped looks as it was tested, whatever a
/// user calls `default`. By its own name it inherits the one that it hides: a user's `light` the installed `light`.
struct ThemeShelf {
    /// One file.
    struct Book {
        var name: String
        /// The file, for problems; nil: compiled in.
        var path: String?
        /// The number of its directory; 0: compiled in.
        var directory: Int
        var content: Result<ThemeFile, ThemeProblem>
    }

    /// How many themes may inherit each other in a row.
    static let longestChain = 16

    /// The last of each name is the one that is meant.
    private(set) var books: [String: [Book]] = [:]

    /// Puts a file over those of the same name.
    ///
    /// - Parameters:
    ///   - name: What the operator calls it.
    ///   - path: The file, for problems; nil: compiled in.
    ///   - directory: The number of its directory, not smaller than those that have been added.
    ///   - content: What is in it.
    mutating func add(_ name: String, path: String?, directory: Int, _ content: Result<ThemeFile, ThemeProblem>) {
        books[name, default: []].append(Book(name: name, path: path, directory: directory, content: content))
    }

    /// Takes a file away: what it hid is seen again.
    mutating func remove(_ book: Book) { books[book.name]?.removeAll { $0.directory == book.directory } }

    /// What a theme says with what it inherits.
    ///
    /// - Throws: `ThemeProblem` with a line of this theme's own file, whichever file is broken.
    func entries(of book: Book) throws(ThemeProblem) -> ThemeEntries {
        let file = try book.content.get()
        var entries = ThemeEntries()
        for ancestor in try ancestors(of: book, file).reversed() {
            do {
                try entries.overlay(try ancestor.content.get())
            } catch {
                throw ThemeProblem(
                    line: file.parent?.line,
                    message: "inherits \(WrittenLook.quoted(file.parent?.name ?? ThemeLibrary.standard)), "
                        + (ancestor.name == file.parent?.name || file.parent == nil
                            ? "which is broken" : "and so \(WrittenLook.quoted(ancestor.name)), which is broken")
                )
            }
        }
        try entries.overlay(file)
        return entries
    }

    /// What a book inherits, the nearest first.
    private func ancestors(of book: Book, _ file: ThemeFile) throws(ThemeProblem) -> [Book] {
        func problem(_ message: String) -> ThemeProblem { ThemeProblem(line: file.parent?.line, message: message) }
        var ancestors: [Book] = []
        var current = book
        while let (parent, wanted) = parent(of: current) {
            guard let parent else {
                if ancestors.isEmpty {
                    throw problem(
                        "there is no theme \(WrittenLook.quoted(wanted)) to inherit"
                            + WrittenLook.question(Suggestion.nearest(to: wanted, among: books.keys.sorted()))
                    )
                }
                throw problem("inherits \(WrittenLook.quoted(current.name)), which is broken")
            }
            let isLoop = ([book] + ancestors).contains { $0.name == parent.name && $0.directory == parent.directory }
            guard !isLoop else {
                throw problem("the themes \(names([book] + ancestors)) inherit each other in a loop")
            }
            guard ancestors.count < ThemeShelf.longestChain else {
                throw problem("more than \(ThemeShelf.longestChain) themes inherit each other")
            }
            ancestors.append(parent)
            current = parent
        }
        return ancestors
    }

    private func names(_ books: [Book]) -> String {
        books.map { WrittenLook.quoted($0.name) }.joined(separator: ", ")
    }

    /// What a book inherits and its name; nil: nothing. A broken book inherits nothing.
    private func parent(of book: Book) -> (Book?, String)? {
        guard case .success(let file) = book.content else { return nil }
        let name = file.parent?.name ?? ThemeLibrary.standard
        let limit = name == book.name ? book.directory : book.directory + 1
        let parent = books[name]?.last { $0.directory < limit }
        // The first default of all inherits nothing.
        if parent == nil, file.parent == nil { return nil }
        return (parent, name)
    }
}
