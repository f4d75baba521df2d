import Testing

@testable import Remote

@Suite struct LinkProblemTests {
    @Test(arguments: [
        (
            Ended(kind: .certificate, status: 0, error: "self-signed certificate"),
            "is not trusted (self-signed certificate)"
        ),
        (Ended(kind: .timedOut, status: 0, error: "x"), "did not answer in time"),
        (Ended(kind: .notFound, status: 0, error: "Could not resolve host: x"), "no host of that name"),
        (Ended(kind: .failed, status: 0, error: "Connection refused"), "Connection refused"),
        (Ended(kind: .complete, status: 200, error: ""), "closed the connection"),
        (Ended(kind: .tooLarge, status: 200, error: ""), "more than any estop"),
    ])
    func eachEndIsToldApart(ended: Ended, words: String) {
        #expect(LinkProblem.of(ended, place: "desk-1:5000").contains(words))
    }

    @Test(arguments: [
        (
            401, #"{"error":{"code":"token_expired","message":"it expired"}}"#,
            "the token is not accepted (token_expired): it expired"
        ),
        (
            403, #"{"error":{"code":"role_insufficient","message":"a resume token is needed"}}"#,
            "the token may not do this (role_insufficient): a resume token is needed"
        ),
        (403, #"{"error":{"code":"foreign_host","message":"this host is not called x"}}"#, "this host is not called x"),
        (
            404, #"{"error":{"code":"not_found","message":"nothing here"}}"#,
            "desk-1:5000 is another version of estop: nothing here"
        ),
        (503, #"{"error":{"code":"busy","message":"try again"}}"#, "try again"),
        (401, "<html/>", "desk-1:5000 refuses (HTTP 401), and not as estop does: is a proxy before it?"),
        (504, "", "a proxy answers at desk-1:5000 (HTTP 504), and no estop behind it"),
        (404, "<html/>", "desk-1:5000 is no estop, or one without a control API (HTTP 404)"),
        (302, "", "desk-1:5000 is no estop, or one without a control API (HTTP 302)"),
    ])
    func eachAnswerIsToldApart(status: Int, body: String, words: String) {
        #expect(LinkProblem.of(status: status, Array(body.utf8), place: "desk-1:5000") == words)
    }

    @Test(arguments: [
        ("Failed to connect to a port 1 after 12 ms: Couldn't", "Failed to connect to a port 1: Couldn't"),
        ("Could not resolve host: a", "Could not resolve host: a"), (" after  ms", " after  ms"),
        ("SSL error after handshake", "SSL error after handshake"), ("", ""), ("after 1 ms", "after 1 ms"),
    ])
    func theSameProblemHasTheSameWords(text: String, words: String) {
        #expect(LinkProblem.withoutTimes(text) == words)
    }
}
