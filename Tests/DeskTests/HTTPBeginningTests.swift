import Testing

@testable import Desk

@Suite struct HTTPBeginningTests {
    @Test(
        arguments: [
            ("GET / HTTP/1.1", true), ("POST /api", true), ("OPTIONS *", true), ("PATCH ", true), ("{\"v\":1}", false),
            (" {", false), ("\n", false), ("GETS ", false), ("get / ", false), ("POSTER", false), ("G\n", false),
            ("", nil), ("G", nil), ("P", nil), ("PO", nil), ("POST", nil), ("OPTIONS", nil),
        ] as [(String, Bool?)]
    )
    func aMethodAndASpaceAreHTTP(_ text: String, _ isHTTP: Bool?) {
        #expect(HTTPBeginning.isHTTP(text.utf8) == isHTTP)
    }
}
