import Testing

@testable import Remote

@Suite struct RemoteAddressTests {
    @Test(arguments: [
        ("https://trading-1:5000", "https://trading-1:5000", "trading-1:5000", false),
        ("https://trading-1", "https://trading-1", "trading-1:443", false),
        ("HTTPS://10.1.2.3:8443/", "https://10.1.2.3:8443", "10.1.2.3:8443", false),
        ("https://proxy/desk-a/", "https://proxy/desk-a", "proxy:443", false),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000", "127.0.0.1:5000", true),
        ("http://localhost:5000", "http://localhost:5000", "localhost:5000", true),
        ("http://[::1]:5000", "http://[::1]:5000", "[::1]:5000", true),
        ("http://127.8.9.1", "http://127.8.9.1", "127.8.9.1:80", true),
    ])
    func whatCanBeAsked(text: String, base: String, place: String, isLoopback: Bool) throws {
        let address = try RemoteAddress(text)
        #expect(address.base == base)
        #expect(address.place == place)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: [
        ("http://trading-1:5000", "in the clear"), ("http://10.0.0.1", "in the clear"),
        ("http://127.0.0.1.evil.org", "in the clear"), ("http://localhost.evil.org", "in the clear"),
        ("http://[::2]:5000", "in the clear"), ("http://0127.0.0.1", "in the clear"),
        ("http://user@127.0.0.1", "names a user"), ("http://evil.org:x@127.0.0.1", "names a user"),
        ("https://user:secret@host", "names a user"), ("ftp://host", "not spoken"), ("trading-1:5000", "https://"),
        ("", "https://"), ("https://", "names no host"), ("https://:5000", "names no host"),
        ("https://host:0", "port"), ("https://host:65536", "port"), ("https://host:x", "port"),
        ("https://host:", "port"), ("https://[::1", "without a ']'"), ("https://[::1]5000", "port"),
        ("https://host?x=1", "query"), ("https://host/a#b", "query"), ("https://ho st", "characters"),
        ("https://host\r\nX: y", "characters"), ("https://h\u{e4}st", "characters"),
    ])
    func whatCannotBeAskedIsSaid(text: String, why: String) {
        let problem = #expect(throws: RemoteAddress.Problem.self) { try RemoteAddress(text) }
        #expect(problem?.message.contains(why) == true, "\(String(describing: problem))")
        #expect(problem?.message.contains("secret") != true)
    }
}
