/// systemd-logind's RemoveIPC, which deletes a user's files in /dev/shm, the desk's pages too, when the user's last
/// session ends.
enum Logind {
    /// What it is set to, and by which file; no file: the default.
    struct Setting: Equatable, Sendable {
        var removes: Bool
        var file: String?
    }

    /// Where its files are, the strongest first.
    static let folders = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"]

    /// The files that apply, in the order in which they do: the strongest logind.conf, then the drop-ins by name, of
    /// which the strongest folder's hides the others of its name.
    ///
    /// - Parameter files: the paths of every logind.conf and `logind.conf.d/*.conf` that there are.
    static func order(_ files: [String]) -> [String] {
        let mains = folders.map { "\($0)/logind.conf" }.filter(files.contains)
        var dropIns: [String: String] = [:]
        for folder in folders {
            let prefix = "\(folder)/logind.conf.d/"
            for file in files where file.hasPrefix(prefix) {
                let name = String(file.dropFirst(prefix.count))
                if dropIns[name] == nil { dropIns[name] = file }
            }
        }
        return mains.prefix(1) + dropIns.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    }

    /// What the files say together.
    ///
    /// - Parameter files: path and text of each, in the order in which they apply.
    static func removeIPC(_ files: [(path: String, text: String)]) -> Setting {
        var setting = Setting(removes: true, file: nil)
        for (path, text) in files {
            var section = ""
            for line in text.split(whereSeparator: \.isNewline) {
                let line = trimmed(line)
                if line.hasPrefix("[") { section = line }
                guard section == "[Login]", let equals = line.firstIndex(of: "="),
                    trimmed(line[..<equals]) == "RemoveIPC"
                else { continue }
                let value = trimmed(line[line.index(after: equals)...]).lowercased()
                if let isYes = boolean(value) {
                    setting = Setting(removes: isYes, file: path)
                } else if value.isEmpty {
                    setting = Setting(removes: true, file: nil)
                }
            }
        }
        return setting
    }

    private static func boolean(_ text: String) -> Bool? {
        if ["1", "yes", "y", "true", "t", "on"].contains(text) { return true }
        return ["0", "no", "n", "false", "f", "off"].contains(text) ? false : nil
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = Substring(text)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
