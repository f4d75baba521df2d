import Foundation
import KillSwitch
import Testing

/// `estop config` as programs: what it prints, and how it exits; and a host that does not start on half of a file.
@Suite(.serialized) struct ConfigTests {
    private func write(_ text: String, in sandbox: Sandbox) throws {
        try FileManager.default.createDirectory(atPath: sandbox.state, withIntermediateDirectories: true)
        try text.write(toFile: sandbox.state + "/estop.toml", atomically: true, encoding: .utf8)
    }

    @Test func theExampleIsSound() throws {
        let sandbox = try Sandbox()
        let example = try sandbox.estop("config", "example")
        #expect(example.status == 0 && example.output.contains("#most = 8\n"))
        try write(example.output, in: sandbox)
        let check = try sandbox.estop("config", "check")
        #expect(check.status == 0)
        #expect(check.output == "\(sandbox.state)/estop.toml: sound; a paper desk, 0 values of its own\n")
    }

    @Test func checkNamesEverythingThatIsWrong() throws {
        let sandbox = try Sandbox()
        let file = sandbox.root + "/other.toml"
        try "[cap]\nmots = 8\n[orders]\ntimeout = 300\n".write(toFile: file, atomically: true, encoding: .utf8)
        let check = try sandbox.estop("config", "check", file)
        #expect(check.status == 1 && check.output.isEmpty)
        #expect(
            check.error == """
                estop: \(file):2: 'cap.mots' is no key of [cap]; did you mean most?
                estop: \(file):4: 'orders.timeout' is 300; it has to be a time from 1s to 24h: write timeout = "5m"

                """
        )
        let json = try #require(JSON(bytes: Array(try sandbox.estop("config", "check", file, "--json").output.utf8)))
        #expect(json["problems"]?.array?.count == 2)
        #expect(json["error"]?["code"]?.string == "refused" && json["error"]?["message"]?.string?.isEmpty == false)
        #expect(try sandbox.estop("config", "check", sandbox.root + "/none").status == 1)
        #expect(try sandbox.estop("config", "chekc").status == 64)
        #expect(try sandbox.estop("config").status == 64)
    }

    @Test func checkRefusesWhatIsNotThereAndNamesTheEncodingOfWhatIs() throws {
        let sandbox = try Sandbox()
        let missing = try sandbox.estop("config", "check", sandbox.root + "/none.toml")
        #expect(missing.status == 1 && missing.error.contains("none.toml: there is no such file"))
        let nothing = try sandbox.estop("config", "check", environment: ["XDG_CONFIG_HOME": sandbox.root])
        #expect(nothing.status == 1 && nothing.error.contains("there is no configuration to check"))
        let file = sandbox.root + "/wide.toml"
        try Data([0xff, 0xfe, 0x5b, 0x00]).write(to: URL(fileURLWithPath: file))
        let wide = try sandbox.estop("config", "check", file)
        #expect(wide.status == 1 && wide.error.contains("the file is UTF-16: save it as UTF-8"))
    }

    @Test func everyErrorHasOneFormAsJSON() throws {
        let sandbox = try Sandbox()
        for words in [["alerts"], ["status", "--nonsense"], ["chekc"], ["orders", "cancel"]] {
            let run = try sandbox.run("estop", words + ["--json"])
            let error = try #require(JSON(bytes: Array(run.output.utf8))?["error"], "\(words)")
            #expect(error["code"]?.string?.isEmpty == false && error["message"]?.string?.isEmpty == false, "\(words)")
            #expect(run.status != 0 && run.error.isEmpty, "\(words)")
        }
    }

    @Test func showSaysWhereEachValueIsFrom() throws {
        let sandbox = try Sandbox()
        try write(
            "[cap]\nevery = \"30s\"\n[notify.ops]\nkind = \"slack\"\nurl = \"https://h.example/secret\"\n",
            in: sandbox
        )
        let environment = ["MAX_POSITIONS_ALLOWED": "6"]
        let show = try sandbox.estop("config", "show", environment: environment)
        #expect(show.status == 0 && !show.output.contains("secret"))
        func line(_ key: String) -> [Substring]? {
            show.output.split(separator: "\n").map { $0.split(separator: " ") }.first { $0.first == key[...] }
        }
        #expect(line("cap.most") == ["cap.most", "6", "MAX_POSITIONS_ALLOWED"])
        #expect(line("cap.every")?.dropFirst() == ["\"30s\"", "\(sandbox.state)/estop.toml:2"])
        #expect(line("dust.threshold")?.dropFirst() == ["1", "default"])
        let json = try sandbox.estop("config", "show", "--json", environment: environment)
        let values = try #require(JSON(bytes: Array(json.output.utf8))?["values"]?.array)
        let every = try #require(values.first { $0["table"]?.string == "cap" && $0["key"]?.string == "every" })
        #expect(every["from"]?.string == "file" && every["line"]?.integer == 2)
        #expect(every["value"]?.string == "\"30s\"" && every["unit"]?.string == "a time from 1s to 24h")
        let refused = try sandbox.estop("config", "show", environment: ["MAX_POSITIONS_ALLOWED": "many"])
        #expect(refused.status == 1)
        #expect(refused.error.hasPrefix("estop: the variable MAX_POSITIONS_ALLOWED is 'many'; it has to be "))
    }

    @Test func pathSaysWhereItIsOrWouldBe() throws {
        let sandbox = try Sandbox()
        let none = try sandbox.estop("config", "path", environment: ["XDG_CONFIG_HOME": sandbox.root])
        #expect(none.status == 1 && none.output.isEmpty)
        #expect(none.error.contains("\(sandbox.state)/estop.toml, then \(sandbox.root)/estop/estop.toml"))
        try write("[desk]\n", in: sandbox)
        let found = try sandbox.estop("config", "path")
        #expect(found.status == 0 && found.output == "\(sandbox.state)/estop.toml\n")
    }

    /// Half of what was meant is no desk; and none of it keeps a halt away.
    @Test func aHostDoesNotStartOnARefusedFileAndAHaltDoesNotAsk() throws {
        let sandbox = try Sandbox()
        try write("[cap]\nmost = 0\n", in: sandbox)
        let host = try sandbox.run("estop-desk", ["serve"])
        #expect(host.status == 1)
        #expect(host.error.contains("estop.toml:2: 'cap.most' is 0; "))
        let halt = try sandbox.estop("halt", "test", "--wait", "0")
        #expect(!halt.error.contains("cap.most"))
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
    }
}
