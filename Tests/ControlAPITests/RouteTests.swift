import Desk
import KillSwitch
import Testing

@testable import ControlAPI

@Suite struct RouteTests {
    /// Every path of the design.
    private static let design = [
        ("GET", "/api/emergency/kill-switch/status"), ("POST", "/api/emergency/kill-switch/activate"),
        ("POST", "/api/emergency/kill-switch/deactivate"), ("POST", "/api/trading/halt"), ("GET", "/api/trading/pnl"),
        ("GET", "/api/trading/health"), ("GET", "/api/risk/circuit-breakers"), ("POST", "/api/risk/reset-ddl"),
        ("GET", "/api/risk/health"), ("GET", "/api/risk/events"), ("GET", "/api/exchange/status"),
        ("POST", "/api/exchange/reconnect"), ("GET", "/api/orders/recent"), ("POST", "/api/v1/emergency/kill_switch"),
        ("POST", "/api/v1/emergency/liquidate_all"), ("GET", "/api/v1/trading/status"),
        ("GET", "/api/v1/agents/status"), ("POST", "/api/v1/agents/restart"),
        ("POST", "/api/v1/agents/grid-1/restart"), ("GET", "/api/v1/portfolio/positions"),
        ("GET", "/api/v1/portfolio/liquidation_status"), ("GET", "/api/v1/health/detailed"), ("GET", "/health"),
        ("GET", "/metrics"), ("POST", "/api/v1/events"), ("GET", "/api/v1/snapshot"), ("GET", "/api/v1/stream"),
        ("GET", "/openapi.json"), ("POST", "/api/v1/mode"), ("GET", "/api/v1/preflight"), ("POST", "/api/v1/actions"),
        ("POST", "/api/v1/halts/h1/reason"),
    ]

    @Test(arguments: design) func everyPathOfTheDesignIsServed(_ method: String, _ path: String) throws {
        let found = try Routes.find(method, path)
        #expect(found.route.method == method)
    }

    @Test func whatIsOpenInAPathIsReadDecoded() throws {
        #expect(try Routes.find("POST", "/api/v1/agents/a%2Fb%20c/restart").open == ["name": "a/b c"])
        #expect(throws: APIRefusal.self) { try Routes.find("POST", "/api/v1/agents/%zz/restart") }
    }

    @Test func anotherMethodIsToldWhichOnesThereAre() throws {
        let refusal = #expect(throws: APIRefusal.self) { try Routes.find("DELETE", "/health") }
        #expect(refusal?.status == 405 && refusal?.headers.first?.value == "GET, HEAD")
        let post = #expect(throws: APIRefusal.self) { try Routes.find("GET", "/api/trading/halt") }
        #expect(post?.status == 405 && post?.headers.first?.value == "POST")
        #expect(#expect(throws: APIRefusal.self) { try Routes.find("GET", "/nothing") }?.status == 404)
    }

    @Test func whateverSpendsNeedsAToken() {
        let free = Routes.all.filter { $0.method == "POST" && $0.right == .anybody }.map(\.path)
        #expect(Set(free) == Set(HaltPaths.all + ["/api/v1/mode", "/api/v1/halts/{id}/reason"]))
        #expect(
            Routes.all.filter { $0.right == .bearer(.resume) }.map(\.path) == ["/api/emergency/kill-switch/deactivate"]
        )
    }

    @Test func theDescriptionHasEveryRouteOnce() throws {
        let document = OpenAPI.document(Routes.all)
        var ids: [String] = []
        for route in Routes.all {
            let operation = try #require(document["paths"]?[route.path]?[route.method.lowercased()])
            ids.append(try #require(operation["operationId"]?.string))
            #expect(operation["responses"]?["200"] != nil)
        }
        #expect(Set(ids).count == ids.count)
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("127.1.2.3", true), ("::1", true),
        ("desk.example.com", true), ("evil.example", false), ("localhost.evil.example", false), ("", false),
        ("127.evil.example", false),
    ])
    func aForeignNameIsNotOurs(_ name: String, _ isOurs: Bool) {
        #expect(HostNames.isOurs(name, ["desk.example.com"]) == isOurs)
    }

    @Test func aPortIsNoPartOfAName() {
        #expect(HostNames.name("localhost:5000") == "localhost" && HostNames.name("[::1]:5000") == "::1")
        #expect(HostNames.host(ofOrigin: "http://evil.example:80") == "evil.example")
        #expect(HostNames.host(ofOrigin: "null").isEmpty)
    }

    @Test func pagesAreCutFromAListAndSayWhereItGoesOn() throws {
        let rows = (0..<10).map { JSON.number($0) }
        var request = APIRequest(method: "GET", path: "/")
        request.query = ["limit": "3", "offset": "6"]
        var page = try APIWorld.page(rows, request)
        #expect(page.rows == [.integer(6), .integer(7), .integer(8)])
        #expect(page.members.contains(.init("next_offset", .integer(9))))
        request.query = ["offset": "9"]
        page = try APIWorld.page(rows, request)
        #expect(page.members.contains(.init("next_offset", .null)))
        for bad in ["0", "-1", "1001", "x", "9999999999999999999999"] {
            request.query = ["limit": bad]
            #expect(throws: APIRefusal.self) { try APIWorld.page(rows, request) }
        }
    }

    @Test func targetsAreTakenApart() {
        let (path, query) = APIRequest.split("/a/b/?x=1&y=a+b%20c&x=2&z")
        #expect(path == "/a/b" && query == ["x": "1", "y": "a b c", "z": ""])
        #expect(APIRequest.split("").path == "" && APIRequest.split("/").path == "/")
    }
}

@Suite struct IngestReadingTests {
    private static let beat = #"{"v":1,"type":"heartbeat","source":"bot:grid-1","name":"grid-1"}"#

    @Test func linesAndOneObjectAreTheSame() {
        let one = Ingest.read(Array(IngestReadingTests.beat.utf8))
        #expect(one.events.count == 1 || one.refusals.count == 1)
        let many = Ingest.read(Array((IngestReadingTests.beat + "\n\n" + IngestReadingTests.beat + "\n").utf8))
        #expect(many.events.count == 2 * one.events.count && many.refusals.count == 2 * one.refusals.count)
    }

    @Test func aLineThatIsRefusedSaysWhichAndWhy() {
        let read = Ingest.read(Array("x\n{}\n".utf8))
        #expect(read.events.isEmpty && read.refusals.map(\.line) == [1, 2])
        #expect(read.refusals.allSatisfy { !$0.why.isEmpty })
        #expect(Ingest.read([]).refusals.isEmpty)
    }
}

@Suite struct StreamTests {
    @Test func whoeverComesBackMissesNothingThatIsRemembered() {
        var shelf = StreamHub.Shelf()
        for number in 0..<10 { _ = shelf.add("switch", .number(number)) }
        #expect(shelf.missed(since: 7)?.map(\.id) == [8, 9, 10])
        #expect(shelf.missed(since: 10)?.isEmpty == true)
        #expect(shelf.missed(since: 11) == nil, "of another host: a snapshot")
        for number in 0..<StreamHub.mostRemembered { _ = shelf.add("switch", .number(number)) }
        #expect(shelf.missed(since: 1) == nil, "forgotten: a snapshot")
        #expect(shelf.remembered.count == StreamHub.mostRemembered)
    }

    @Test func anEventIsOneBlock() {
        var shelf = StreamHub.Shelf()
        #expect(shelf.add("alerts", .string("a\nb")).text == "id: 1\nevent: alerts\ndata: \"a\\nb\"\n\n")
    }
}

@Suite struct MetricsTests {
    @Test func labelsAreEscaped() {
        #expect(Metrics.escaped("a\"b\\c\nd") == "a\\\"b\\\\c\\nd")
        #expect(Metrics.seconds(1_250, per: 1_000) == "1.250" && Metrics.seconds(7, per: 1_000_000) == "0.000007")
    }

    @Test func aHistogramsBucketsRise() {
        var histogram = RequestMeter.Histogram()
        for value in [100, 700, 6_000, 99_999_999] as [UInt64] { histogram.add(value) }
        #expect(histogram.count == 4 && histogram.buckets.first == 1 && histogram.buckets.last == 3)
        #expect(zip(histogram.buckets, histogram.buckets.dropFirst()).allSatisfy { $0 <= $1 })
    }
}
