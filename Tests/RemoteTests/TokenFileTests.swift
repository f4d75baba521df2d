import Testing

@testable import Remote

@Suite struct TokenFileTests {
    private func content(_ text: String, mode: UInt32 = 0o100600) -> TokenFile.Content {
        TokenFile.content(Array(text.utf8)[...], mode: mode, path: "f")
    }

    @Test func oneTokenWithWhateverIsAroundIt() {
        #expect(content("a.b.c") == .token("a.b.c", warning: nil))
        #expect(content(" a.b.c\r\n") == .token("a.b.c", warning: nil))
    }

    @Test(arguments: [UInt32(0o100644), 0o100640, 0o100604, 0o100620])
    func aFileThatOthersMayReadIsUsedAndSaid(mode: UInt32) {
        #expect(content("a", mode: mode) == .token("a", warning: "the token file f can be read by others: chmod 600 f"))
    }

    @Test(arguments: ["", "\n \n", "a b", "a\nX-Header: b", "a\u{7f}", "\u{e9}", String(repeating: "a", count: 16_385)])
    func whatIsNoTokenIsNeverSent(text: String) {
        guard case .problem = content(text) else {
            Issue.record("taken: \(text.prefix(20).debugDescription)")
            return
        }
    }

    @Test func aFileThatIsNotThereIsSaid() {
        guard case .problem(let why) = TokenFile(path: "/nowhere/token").read() else {
            Issue.record("read")
            return
        }
        #expect(why.contains("/nowhere/token cannot be read: No such file"))
    }
}
