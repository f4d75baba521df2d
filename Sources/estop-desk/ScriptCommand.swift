import Console
import Dashboard
import Demo
import Glibc
import KillSwitch

/// `estop --script FILE --frame FILE`: the dashboard without a terminal, for tests, documents and fuzzing.
enum ScriptCommand {
    /// Bytes of a script.
    private static let limit = 4 << 20

    static func run(_ arguments: Arguments) -> Int32 {
        let sizeText = arguments.value("size")
        guard let size = sizeText.map({ ScreenSize($0) }) ?? ScreenSize.standard else {
            Output.error.line("estop: --size '\(VisibleText.line(sizeText ?? ""))' is no size: type one like 80x24")
            return UsageError.exitStatus
        }
        var steps: [ScriptStep] = []
        if let name = arguments.value("script") {
            switch read(name) {
            case .failure(let failure):
                return ChosenDesk.fail("the script \(name) cannot be read: \(failure.why)", arguments, status: 1)
            case .success(let text):
                do {
                    steps = try ScriptSyntax.parse(text)
                } catch {
                    Output.error.line("estop: \(VisibleText.line(name)), \(error.message)")
                    return UsageError.exitStatus
                }
            }
        }
        do {
            if try ChosenCockpit.isDemo(arguments) {
                return play(steps, in: ScriptDemo<DemoDesk>(), size, arguments)
            }
        } catch {
            Output.error.line("estop: \(error.message)")
            return UsageError.exitStatus
        }
        do {
            return play(steps, in: ScriptDesk(try ChosenCockpit.open(arguments, hosting: true)), size, arguments)
        } catch {
            return ChosenDesk.fail(error.message, arguments, status: 1)
        }
    }

    /// Whether the locale says that it has no more than ASCII. Where nothing says what it is, a file may have all.
    private static var isPlainLocale: Bool {
        let environment = Environment.process
        guard let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] else { return false }
        let name = locale.lowercased()
        return !name.contains("utf-8") && !name.contains("utf8")
    }

    private static func play(
        _ steps: [ScriptStep],
        in world: some ScriptWorld,
        _ size: ScreenSize,
        _ arguments: Arguments
    ) -> Int32 {
        let isJSON = arguments.json
        let hasRoles = arguments.flag("roles")
        let write: (Frame, String) -> String? = { frame, file in
            let text = isJSON ? FrameText.json(frame).line + "\n" : FrameText.text(frame, roles: hasRoles)
            return ScriptCommand.write(text, to: file)
        }
        var run = ScriptRun(world, size: size, unicode: !arguments.flag("ascii") && !isPlainLocale, write: write)
        defer { run.end() }
        if case .failed(let step, let why) = run.run(steps) {
            Output.error.write(FrameText.rows(run.frame))
            Output.error.line("estop: line \(step.line) '\(VisibleText.line(step.text))': \(why)")
            return 1
        }
        if let file = arguments.value("frame"), let why = write(run.frame, file) {
            Output.error.line("estop: \(why)")
            return 1
        }
        return 0
    }

    // MARK: - Files

    private struct Failure: Error { var why: String }

    private static func read(_ name: String) -> Result<String, Failure> {
        let descriptor = name == "-" ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(Failure(why: String(cString: strerror(errno)))) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var text: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &bytes, bytes.count)
            if count == 0 { return .success(String(decoding: text, as: UTF8.self)) }
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(Failure(why: String(cString: strerror(errno))))
            }
            text += bytes[..<count]
            if text.count > limit { return .failure(Failure(why: "it is larger than \(limit >> 20) MiB")) }
        }
    }

    /// Writes a file, or standard output for `-`; why not, if it could not.
    private static func write(_ text: String, to name: String) -> String? {
        if name == "-" { return Output.standard.write(text) ? nil : "standard output cannot be written" }
        let descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return "\(name) cannot be written: \(String(cString: strerror(errno)))" }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return "\(name) cannot be written: \(String(cString: strerror(errno)))"
            }
            rest = rest.dropFirst(count)
        }
        return nil
    }
}
