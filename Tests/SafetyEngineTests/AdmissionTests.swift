import Testing

@testable import SafetyEngine

/// What is well formed and not for this desk, or cannot be, is refused with its reason.
struct AdmissionTests {
    private func refusal(_ keys: String, to desk: String) throws -> String? {
        let line = #"{"v":1,"source":"bot:grid",\#(keys)}"#
        let event = try EventLine.parse(Array(line.utf8))
        do {
            try EventLine.admit(event, to: desk)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        arguments: [
            (
                #""desk":"OTHER""#, "main",
                "desk: is \"OTHER\": this desk is \"main\"; send it there, or leave the key out"
            ),
            (#""desk":"main""#, "main", nil), (#""desk":"OTHER""#, "", nil), (#""desk":null"#, "main", nil),
        ] as [(String, String, String?)]
    )
    func anEventOfAnotherDeskIsRefused(_ key: String, _ desk: String, _ expected: String?) throws {
        #expect(try refusal(#""type":"signals","count":1,\#(key)"#, to: desk) == expected)
    }

    @Test(
        arguments: [
            (0, 0, "total: is 0: there is at least one account; leave the event out"),
            (200, 100, "active: is 200 of 100: no more can trade than there are"), (100, 100, nil), (0, 1, nil),
        ] as [(Int, Int, String?)]
    )
    func countsOfAccountsThatCannotBeAreRefused(_ active: Int, _ total: Int, _ expected: String?) throws {
        #expect(try refusal(#""type":"accounts","active":\#(active),"total":\#(total)"#, to: "main") == expected)
    }
}
