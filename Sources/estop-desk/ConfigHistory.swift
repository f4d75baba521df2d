import Console
import Glibc
import KillSwitch
import Settings

/// The configurations that hosts of a desk ran with, each as its file was: `estop.toml.1`, `estop.toml.2`, ... in the state
/// directory (FEATURES row E14).
///
/// Invariants (EngineConfigurationTests): what ran is kept as it was written, once; numbers only grow; the last
/// `most` are kept.
struct ConfigHistory {
    /// How many are kept.
    static let most = 50
    private static let prefix = "estop.toml."

    private let directory: StateDirectory

    init(_ directory: StateDirectory) { self.directory = directory }

    /// One that was kept.
    struct Entry: Equatable {
        /// Its number: the greater, the later.
        var number: Int
        /// When it was kept, in milliseconds since 1970 UTC; nil: not known.
        var wallMs: Int64?
    }

    /// All that are kept, the oldest first.
    var entries: [Entry] {
        directory.names().compactMap { name -> Int? in
            guard name.hasPrefix(ConfigHistory.prefix) else { return nil }
            let digits = name.dropFirst(ConfigHistory.prefix.count)
            return digits.allSatisfy(\.isNumber) && digits.first != "0" ? Int(digits) : nil
        }
        .sorted()
        .map { number in
            var facts = stat()
            let path = "\(directory.path)/\(ConfigHistory.prefix)\(number)"
            let isThere = lstat(path, &facts) == 0
            let time = facts.st_mtim
            return Entry(
                number: number,
                wallMs: isThere ? Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000 : nil
            )
        }
    }

    /// The text of one; nil: it is not kept.
    ///
    /// - Throws: `SwitchError` when it cannot be read.
    func text(_ number: Int) throws(SwitchError) -> [UInt8]? { try directory.read("\(ConfigHistory.prefix)\(number)") }

    /// Keeps the file of a configuration that runs, unless it is the one that was kept last.
    ///
    /// - Returns: why it could not be kept; nil: it is, or there is no file.
    func keep(_ reading: ConfigurationReading, named: String?) -> String? {
        guard let file = reading.file else { return nil }
        do {
            // The file may have changed since it was read: only what runs is kept.
            guard let source = try Configuration.source(named: named, state: directory.path, environment: .process),
                source.file == file,
                try DeskConfiguration.read(source.bytes, file: file) == reading
            else { return nil }
            let known = entries
            if let last = known.last, try text(last.number) == source.bytes { return nil }
            let number = (known.last?.number ?? 0) + 1
            try directory.replace("\(ConfigHistory.prefix)\(number)", with: source.bytes, permissions: 0o640)
            for old in known.dropLast(ConfigHistory.most - 1) {
                unlinkat(directory.descriptor, "\(ConfigHistory.prefix)\(old.number)", 0)
            }
            return nil
        } catch {
            return "\(error)"
        }
    }
}
