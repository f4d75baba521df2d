import Desk
import KillSwitch
import Testing

@testable import ControlAPI

@Suite struct AskerTests {
    private static let ann = BearerClaims(id: "t1", operatorName: "ann", role: "viewer")

    private func asker(_ claims: BearerClaims?) -> Asker {
        Asker(path: "/api/trading/halt", from: "http 192.0.2.1", began: 0, claims: claims)
    }

    @Test func aProvedNameWinsOverOneThatIsSaid() {
        let proved = asker(AskerTests.ann)
        #expect(proved.name("mallory") == "ann" && proved.name(nil) == "ann")
        #expect(proved.place(source: nil, "mallory") == "http 192.0.2.1; token t1; says it is mallory")
        #expect(proved.place(source: "MANUAL", "ann") == "http 192.0.2.1; token t1 (MANUAL)")
    }

    @Test func withoutProofWhatIsSaidIsOnRecordAsAClaim() {
        #expect(asker(nil).name("bob") == "bob (unproved)" && asker(nil).name(nil).isEmpty)
        #expect(asker(nil).place(source: "MANUAL", "bob") == "http 192.0.2.1 (MANUAL)")
    }

    @Test func whatTheBodySaysPushesNothingOutOfTheRecord() {
        let place = asker(AskerTests.ann).place(source: String(repeating: "x", count: 9_000), "mallory")
        #expect(place.utf8.count < 300 && place.contains("token t1") && place.hasSuffix("mallory"))
    }
}

@Suite struct HaltPathTests {
    @Test(arguments: [
        "/api/trading/halt", "//api/trading/halt", "/api//trading/./halt/", "/api/trading/halt?x=1",
        "/api/trading/halt#x",
        "/api/trading/h%61lt", "/api/emergency/kill%2Dswitch/activate", "/api/v1/emergency/kill%5fswitch",
        "http://desk.example:5000/api/trading/halt", "https://desk.example//api/trading/halt?x",
    ])
    func everyWayToWriteAPathHalts(_ target: String) { #expect(HaltPaths.contains(target)) }

    @Test(arguments: [
        "/api/trading", "/api/trading/halt/now", "/api/trading%2Fhalt", "/api/trading/halt%", "/api/trading/halt%zz",
        "",
        "/", "*", "http://api/trading/halt", "/API/trading/halt", "/api/trading/status",
    ])
    func nothingElseDoes(_ target: String) { #expect(!HaltPaths.contains(target)) }

    @Test func otherPathsAreUnderstoodInTheSameWay() throws {
        #expect(try Routes.find("GET", "/api/emergency/kill%2Dswitch/status").route.method == "GET")
        #expect(throws: APIRefusal.self) { try Routes.find("GET", "/api/emergency/kill%2Fswitch/status") }
        #expect(APIRequest.split("http://localhost/health?x=1").path == "/health")
    }
}
