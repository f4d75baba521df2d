import Glibc
import Synchronization
import Testing

@testable import KillSwitch

/// A fresh state directory for one test; all of them are removed, with their pages, when the process ends.
struct Scratch {
    let path: String

    private static let made = Mutex<[String]>([])
    private static let cleaner: Void = {
        atexit {
            for path in Scratch.made.withLock({ $0 }) {
                if let directory = try? StateDirectory(path) { Scratch.remove(directory.defaultRunDirectory) }
                Scratch.remove(path)
            }
        }
        return ()
    }()

    init() {
        Scratch.cleaner
        var template = Array("/tmp/estop-unit-XXXXXX".utf8CString)
        let path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp/estop-unit"
        }
        self.path = path
        Scratch.made.withLock { $0.append(path) }
    }

    private static func remove(_ path: String) {
        guard let directory = try? StateDirectory(path) else { return }
        for name in directory.names() where unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
        rmdir(path)
    }

    /// A desk that can be live; without a dead-man limit unless said otherwise.
    func killSwitch(paper: Bool = false, deadMan: UInt64 = 0) throws -> KillSwitch {
        KillSwitch(try StateDirectory(path), settings: DeskSettings(name: "test", paper: paper, deadMan: deadMan))
    }

    /// A desk that is live.
    func liveSwitch() throws -> KillSwitch {
        let killSwitch = try killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        let outcome = killSwitch.resume(.test())
        try #require(killSwitch.observe().word?.mode == .live, "\(outcome)")
        return killSwitch
    }

    func bytes(_ name: String) -> [UInt8] { (try? StateDirectory(path).read(name)) ?? [] }

    func write(_ name: String, _ bytes: [UInt8]) {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o660)
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, bytes.count) }
        close(file)
    }
}

extension ResumeRequest {
    static func test(mode: Mode = .live, scope: Scope = .global, reason: String = "test") -> ResumeRequest {
        ResumeRequest(
            mode: mode,
            scope: scope,
            reason: reason,
            op: "tester",
            from: "test",
            source: .cli,
            answers: Set(PreflightCheck.Name.answers),
            overrides: [.host: "no host in this test"]
        )
    }
}

extension KillSwitch {
    /// What a host does at its start and in the seconds after, with the clock turned instead of waited for.
    func startHost() {
        _ = try? ensurePages(mayStart: false)
        var watch = RepairWatch()
        for round in 0..<8 {
            var seen = observe()
            seen.now += UInt64(round) * 3_000_000_000
            for action in watch.look(seen) { try? perform(action) }
        }
    }
}
