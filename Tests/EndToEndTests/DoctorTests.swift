import Foundation
import Testing

@testable import KillSwitch

/// `estop doctor` on a real state directory: what it says, and that it changes nothing.
@Suite(.serialized) struct DoctorTests {
    private struct Finding: Equatable {
        var check: String
        var level: String
        var message: String
        var action: String?
    }

    private func doctor(_ sandbox: Sandbox) throws -> (findings: [Finding], status: Int32) {
        let result = try sandbox.run("estop-desk", ["doctor", "--json"])
        let list = try #require(JSON(bytes: Array(result.output.utf8))?.array)
        let findings = try list.map { entry in
            Finding(
                check: try #require(entry["check"]?.string),
                level: try #require(entry["level"]?.string),
                message: try #require(entry["message"]?.string),
                action: entry["action"]?.string
            )
        }
        return (findings, result.status)
    }

    @Test func aMachineWithoutADeskIsNoError() throws {
        let sandbox = try Sandbox()
        let (findings, status) = try doctor(sandbox)
        #expect(findings.first { $0.check == "state-directory" }?.level == "warning")
        #expect(status == (findings.contains { $0.level == "error" } ? 1 : 0))
        #expect(!FileManager.default.fileExists(atPath: sandbox.state))
    }

    @Test func everyFindingButOkSaysWhatToDoOrIsANote() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let (findings, _) = try doctor(sandbox)
        for finding in findings where finding.level == "warning" || finding.level == "error" {
            #expect(finding.action?.isEmpty == false, "\(finding)")
        }
        for check in ["host", "pages", "log", "run-directory", "stop-file", "gates", "dead-man", "kernel"] {
            #expect(findings.first { $0.check == check }?.level == "ok", "\(findings.filter { $0.check == check })")
        }
        let text = try sandbox.run("estop-desk", ["doctor"]).output
        for finding in findings where finding.check == "host" { #expect(text.contains("host: pid")) }
    }

    @Test func itFindsWhatIsWrong() throws {
        let sandbox = try Sandbox()
        try sandbox.killSwitch().ensurePages(mayStart: true)
        try sandbox.estop("halt", "first")
        let log = try #require(FileHandle(forWritingAtPath: sandbox.state + "/kill_switch.log"))
        try log.seekToEnd()
        try log.write(contentsOf: Data("\ngarbage\nhalf a rec".utf8))
        try log.close()
        chmod(sandbox.state, 0o777)
        for (name, text) in [
            ("EMERGENCY_STOP", "stop"), ("operators.json", "{}"),
            ("estop.toml", "[desk]\npaper = true\nnaem = \"x\"\n[dead_man]\nlimit = \"0\"\n"),
        ] {
            try text.write(toFile: "\(sandbox.state)/\(name)", atomically: true, encoding: .utf8)
        }
        chmod(sandbox.state + "/operators.json", 0o644)
        let (findings, status) = try doctor(sandbox)
        #expect(status == 1)
        func level(_ check: String) -> Set<String> { Set(findings.filter { $0.check == check }.map(\.level)) }
        #expect(level("permissions").contains("error"))
        #expect(level("operators") == ["error"])
        #expect(level("log") == ["error", "warning"])
        #expect(level("stop-file") == ["warning"])
        #expect(level("dead-man") == ["warning"])
        #expect(level("configuration") == ["error"])
        #expect(level("host") == ["note"])
    }

    @Test func itNamesAPageThatIsGone() throws {
        let sandbox = try Sandbox()
        let killSwitch = try sandbox.killSwitch()
        try killSwitch.ensurePages(mayStart: true)
        try FileManager.default.removeItem(atPath: killSwitch.directory.defaultRunDirectory)
        let (findings, status) = try doctor(sandbox)
        #expect(status == 1)
        #expect(findings.first { $0.check == "pages" }?.level == "error")
        #expect(findings.first { $0.check == "run-directory" }?.level == "warning")
    }

    @Test func itChangesNothing() throws {
        let sandbox = try Sandbox()
        try sandbox.killSwitch().ensurePages(mayStart: true)
        try sandbox.estop("halt", "look at me")
        let folders = [sandbox.state, try sandbox.killSwitch().directory.defaultRunDirectory]
        let before = folders.map(fingerprint)
        _ = try doctor(sandbox)
        try sandbox.run("estop-desk", ["doctor"])
        #expect(folders.map(fingerprint) == before)
    }

    private func fingerprint(_ path: String) -> [String] {
        let names = ["."] + ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        return names.map { name in
            var status = stat()
            lstat("\(path)/\(name)", &status)
            return "\(name) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) "
                + "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
        }
    }
}
