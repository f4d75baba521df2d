import CEstop
import CProcess
import Console
import Glibc
import KillSwitch

/// Looking at the machine.
extension DoctorFacts.Machine {
    static func gather() -> DoctorFacts.Machine {
        var machine = DoctorFacts.Machine()
        if access("/run/systemd/seats", F_OK) == 0 {
            let files = Logind.folders.flatMap { folder in
                ["\(folder)/logind.conf"]
                    + names("\(folder)/logind.conf.d").filter { $0.hasSuffix(".conf") }.map {
                        "\(folder)/logind.conf.d/\($0)"
                    }
            }
            let there = files.filter { access($0, F_OK) == 0 }
            machine.removeIPC = Logind.removeIPC(Logind.order(there).map { ($0, text($0) ?? "") })
        }
        machine.maxWatches = number("/proc/sys/fs/inotify/max_user_watches")
        machine.maxInstances = number("/proc/sys/fs/inotify/max_user_instances")
        machine.inotifyError = process_has_inotify()
        machine.wallMs = Clock.wallMilliseconds()
        let synchronised = process_clock_is_synchronised()
        machine.isClockSynchronised = synchronised < 0 ? nil : synchronised == 1
        let features: [(String, Int32)] = [
            ("open-file-description locks (F_OFD_SETLK)", process_has_file_locks()),
            ("MADV_WIPEONFORK", process_has_wipe_on_fork()),
            ("futexes on shared read-only pages", process_has_shared_futex()),
        ]
        machine.missing = features.filter { $0.1 != 0 }.map { "\($0.0): \(String(cString: strerror($0.1)))" }
        machine.version = String(cString: estop_version())
        machine.parts = pythonGates() + libraries()
        return machine
    }

    // MARK: - Other parts

    private static func pythonGates() -> [(name: String, path: String, version: String)] {
        var folders = (Environment.process["PYTHONPATH"] ?? "").split(separator: ":").map(String.init)
        folders += ["/usr/lib/python3/dist-packages"]
        for root in ["/usr/local/lib", "/usr/lib"] {
            for name in names(root) where name.hasPrefix("python3") {
                folders += ["\(root)/\(name)/dist-packages", "\(root)/\(name)/site-packages"]
            }
        }
        folders += ["Sources/Python"]
        return found(folders.map { "\($0)/estop.py" }, name: "the Python gate", before: "__version__ = \"", after: "\"")
    }

    private static func libraries() -> [(name: String, path: String, version: String)] {
        var folders = (Environment.process["PKG_CONFIG_PATH"] ?? "").split(separator: ":").map(String.init)
        for root in ["/usr/local/lib", "/usr/lib"] {
            let machines = names(root).filter { $0.hasSuffix("-linux-gnu") }.map { "\(root)/\($0)" }
            folders += ([root] + machines).map { "\($0)/pkgconfig" }
        }
        return found(folders.map { "\($0)/estop.pc" }, name: "libestop", before: "Version: ", after: "\n")
    }

    private static func found(
        _ paths: [String],
        name: String,
        before: String,
        after: Character
    ) -> [(name: String, path: String, version: String)] {
        var seen: Set<String> = []
        return paths.compactMap { path in
            guard seen.insert(path).inserted, let text = text(path) else { return nil }
            let line = text.split(separator: "\n").first { $0.hasPrefix(before) }
            let version = line.map { String($0.dropFirst(before.count).prefix { $0 != after }) }
            return (name, path, version ?? "of an unknown version")
        }
    }

    // MARK: - Reading

    private static func names(_ path: String) -> [String] { (try? StateDirectory(path))?.names() ?? [] }

    private static func number(_ path: String) -> Int? {
        text(path).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    /// The beginning of a text file, links followed; nil for what cannot be read without waiting.
    private static func text(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256 * 1024)
        let count = read(file, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

extension DoctorFacts.Screen {
    static func gather(_ environment: Environment) -> DoctorFacts.Screen {
        var screen = DoctorFacts.Screen()
        screen.isTerminal = isatty(STDIN_FILENO) == 1 || isatty(STDOUT_FILENO) == 1
        screen.name = environment["TERM"]
        var folders = ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"]
        if let own = environment["TERMINFO"] { folders.insert(own, at: 0) }
        if let home = environment["HOME"] { folders.insert("\(home)/.terminfo", at: 0) }
        if let name = screen.name, !name.contains("/"), let first = name.utf8.first {
            let places = [String(decoding: [first], as: UTF8.self), String(first, radix: 16)]
            screen.isKnown = folders.contains { folder in
                places.contains { access("\(folder)/\($0)/\(name)", R_OK) == 0 }
            }
        }
        let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
        let coding = locale.lowercased()
        screen.isUTF8 = coding.contains("utf-8") || coding.contains("utf8")
        return screen
    }
}
