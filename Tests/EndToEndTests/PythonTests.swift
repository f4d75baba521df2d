import Foundation
import Testing

/// The Python gate, and libestop beside it: their own test programs, run against this build.
@Suite(.serialized) struct PythonTests {
    private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private func library(_ sandbox: Sandbox) throws -> String {
        let sources = folder.deletingLastPathComponent().deletingLastPathComponent().path + "/Sources/CEstop"
        let made = try sandbox.run("/usr/bin/env", ["make", "-C", sources, "BUILD=\(sandbox.root)/lib"])
        try #require(made.status == 0, "\(made.error)")
        return "\(sandbox.root)/lib/libestop.so"
    }

    @Test("test programs", arguments: ["gate_test.py", "differential_test.py", "key_test.py"])
    func pass(program: String) throws {
        let sandbox = try Sandbox()
        let result = try sandbox.run(
            "/usr/bin/python3",
            [folder.path + "/python/" + program],
            environment: [
                "ESTOP_LIB": try library(sandbox), "ESTOP_BIN": Sandbox.products, "PYTHONDONTWRITEBYTECODE": "1",
            ]
        )
        #expect(result.status == 0, "\(result.error.suffix(3000))")
    }
}
