import Foundation
import Testing

@testable import KillSwitch

/// Files that a running host needs and that somebody deletes, replaces or overwrites, with real processes.
@Suite(.serialized) struct DeskFilesTests {
    /// Something that happens to a file under a running host.
    struct Accident: Sendable, CustomTestStringConvertible {
        var name: String
        var command: String
        /// What the alert says of it.
        var says: String

        var testDescription: String { name }
    }

    @Test(
        "what is deleted, replaced or overwritten under a running host is an alert, and its health is not ok",
        arguments: [
            Accident(name: "host.lock deleted", command: "rm host.lock", says: "host.lock was deleted"),
            Accident(
                name: "host.lock replaced",
                command: "cp host.lock other && mv other host.lock",
                says: "host.lock was replaced"
            ),
            Accident(name: "host.lock overwritten", command: "echo x > host.lock", says: "host.lock was overwritten"),
            Accident(name: "journal deleted", command: "rm journal.sqlite", says: "journal.sqlite was deleted"),
            Accident(
                name: "journal replaced",
                command: "cp journal.sqlite other && mv other journal.sqlite",
                says: "journal.sqlite was replaced"
            ),
            Accident(name: "link deleted", command: "rm halt.page", says: "halt.page was deleted"),
            Accident(
                name: "link replaced",
                command: "ln -sfn /nowhere/halt.page halt.page",
                says: "halt.page was deleted"
            ),
            Accident(
                name: "link replaced by a file",
                command: "cp -L halt.page other && mv other halt.page",
                says: "halt.page was replaced by a file"
            ),
            Accident(name: "link of gates deleted", command: "rm gates.page", says: "gates.page was deleted"),
            Accident(
                name: "link of gates replaced by a file",
                command: "cp -L gates.page other && mv other gates.page",
                says: "gates.page was deleted, replaced"
            ),
            Accident(
                name: "journal overwritten",
                command: "dd if=/dev/zero of=journal.sqlite bs=100 count=1 conv=notrunc",
                says: "journal.sqlite was overwritten"
            ),
            Accident(name: "socket deleted", command: "rm estop.sock", says: "estop.sock was deleted"),
        ]
    )
    func anAccidentIsSeen(_ accident: Accident) throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer {
            host.terminate()
            host.waitUntilExit()
        }
        try sandbox.wait("the engine runs") { try sandbox.estop("summary").status == 0 }
        try sandbox.run("/bin/sh", ["-c", "cd \"$0\" && \(accident.command)", sandbox.state])
        try sandbox.wait("the alert is raised, and says what happened") {
            let alerts = try sandbox.estop("alerts", "--json").output
            return alerts.contains("DESK_FILES") && alerts.contains(accident.says)
        }
        let health = try sandbox.estop("health")
        #expect(health.status == 3 && health.output.contains("DESK_FILES"))
        #expect(sandbox.hostLog.contains(accident.says))
        if accident.name.hasPrefix("link") {
            try sandbox.wait("the link is put back, halted") {
                let seen = try sandbox.killSwitch().observe()
                return seen.word?.mode == .halted && seen.latches.contains { $0.reason.contains("linked anew") }
            }
        }
    }

    @Test func theDoctorRemovesWhatADeletedDeskLeftAndNothingElse() throws {
        let (gone, stopped, other) = (try Sandbox(), try Sandbox(), try Sandbox())
        var runs: [String] = []
        for sandbox in [gone, stopped] {
            let host = try sandbox.serve()
            host.terminate()
            host.waitUntilExit()
            let directory = try StateDirectory(sandbox.state)
            runs.append(directory.defaultRunDirectory)
            // As if its host had stopped long ago.
            let page = open("\(directory.defaultRunDirectory)/halt.page", O_RDWR)
            var beat = UInt64(1)
            pwrite(page, &beat, 8, 32)
            close(page)
        }
        defer { for run in runs { try? FileManager.default.removeItem(atPath: run) } }
        try FileManager.default.removeItem(atPath: gone.state)
        let doctor = try other.run("estop-desk", ["doctor"])
        #expect(doctor.output.contains("deleted-desks") && doctor.output.contains(runs[0]))
        #expect(!FileManager.default.fileExists(atPath: runs[0]))
        #expect(FileManager.default.fileExists(atPath: runs[1]))
    }
}
