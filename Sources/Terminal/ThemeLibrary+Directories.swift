public import Console
import Glibc

extension ThemeLibrary {
    /// Where themes are looked for, the user's own last: `/usr/share/estop/themes`,
    /// `/usr/local/share/estop/themes`, `../share/estop/themes` from the executable, `$XDG_CONFIG_HOME/estop/themes` (by default
    /// `~/.config/estop/themes`).
    ///
    /// - Parameters:
    ///   - environment: Where XDG_CONFIG_HOME and HOME come from.
    ///   - executable: The absolute path of the executable; nil: this process's.
    public static func directories(environment: Environment = .process, executable: String? = nil) -> [String] {
        var directories = ["/usr/share/estop/themes", "/usr/local/share/estop/themes"]
        if let executable = executable ?? ownExecutable() {
            let parts = executable.split(separator: "/").dropLast(2)
            let own = ([""] + parts.map(String.init) + ["share", "estop", "themes"]).joined(separator: "/")
            if !directories.contains(own) { directories.append(own) }
        }
        if let home = environment.directory("XDG_CONFIG_HOME", inHome: ".config") {
            directories.append("\(home)/estop/themes")
        }
        return directories
    }

    private static func ownExecutable() -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension ThemeShelf {
    /// The bytes that a theme may have.
    static let fileLimit = 64 * 1024
    /// The themes that a directory may have.
    static let directoryLimit = 256
    private static let suffix = ".toml"

    /// Adds the themes of a directory, and says what cannot be read at all. Broken files are added too.
    mutating func read(_ directory: String, number: Int) -> [String] {
        var problems: [String] = []
        let names: [String]
        do throws(ThemeProblem) {
            names = try ThemeShelf.names(in: directory)
        } catch {
            return [VisibleText.line("themes: \(directory): \(error.message)")]
        }
        if names.count > ThemeShelf.directoryLimit {
            problems.append(
                VisibleText.line(
                    "themes: \(directory): there are \(names.count) themes, the first \(ThemeShelf.directoryLimit) are read"
                )
            )
        }
        for name in names.prefix(ThemeShelf.directoryLimit) {
            let path = "\(directory)/\(name)\(ThemeShelf.suffix)"
            // Names are shown to be chosen from.
            if VisibleText.hasControls(name) {
                problems.append(
                    VisibleText.line("themes: \(path): the name has characters that are not shown: rename it")
                )
                continue
            }
            do throws(BoundedFile.Failure) {
                add(
                    name,
                    path: path,
                    directory: number,
                    ThemeShelf.parse(try BoundedFile.read(path, limit: ThemeShelf.fileLimit))
                )
            } catch {
                let message = if case .refused(let message) = error { message } else { "the link leads nowhere" }
                add(name, path: path, directory: number, .failure(ThemeProblem(message: message)))
            }
        }
        return problems
    }

    /// The names of the files that end in `.toml`, sorted. Hidden files are none: editors leave them.
    private static func names(in directory: String) throws(ThemeProblem) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw ThemeProblem(message: "the directory cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(suffix), !name.hasPrefix("."), name.utf8.count > suffix.utf8.count {
                names.append(String(name.dropLast(suffix.count)))
            }
        }
        return names.sorted()
    }
}
