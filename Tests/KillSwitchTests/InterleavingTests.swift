import Testing

@testable import KillSwitch

struct InterleavingTests {
    func go(_ name: String, _ s: Scenario, _ rule: Rule? = nil) {
        var explorer = Explorer(s, breaking: rule)
        let clock = ContinuousClock()
        var found = Finding()
        let time = clock.measure { found = explorer.run() }
        print("##", name, found.states, found.transitions, found.terminals, found.folds, time, found.text)
        #expect(found.problem == nil)
    }
    let h = Role.halt(.everything, .halted)
    @Test func all() {
        let host = Role.host(looks: 1, starting: false)
        go("2 halts, resume, host", Scenario(actors: [h, h, .resume(.everything), host], crashes: 1))
        go("2 halts, resume, touch", Scenario(actors: [h, h, .resume(.everything), .touch(replacing: false)], crashes: 1))
        go("halt, resume, touch, host", Scenario(actors: [h, .resume(.everything), .touch(replacing: false), host], crashes: 1))
        go("halt, resume, replace, host", Scenario(start: .stopFile, actors: [h, .resume(.everything), .touch(replacing: true), host], crashes: 1))
        go("scoped halt, halt, resume", Scenario(actors: [h, .halt(.venueA, .halted), .resume(.everything)], crashes: 1))
        go("scoped halt, resume, host", Scenario(actors: [.halt(.venueA, .halted), .resume(.everything), host], crashes: 1))
        go("scoped scoped resume, host", Scenario(start: .scoped, actors: [.resume(.venueA), host], crashes: 1))
        go("scoped resume, halt", Scenario(start: .scoped, actors: [.resume(.venueA), h], crashes: 1))
        go("scoped resume, scoped halt", Scenario(start: .scoped, actors: [.resume(.venueA), .halt(.venueA, .halted)], crashes: 1))
        go("scoped resume, halt, host", Scenario(start: .scoped, actors: [.resume(.venueA), h, host], crashes: 1))
        go("scoped halt, halt, resume, host", Scenario(actors: [h, .halt(.venueA, .halted), .resume(.everything), host], crashes: 1))
        go("torn", Scenario(actors: [.resume(.everything), h], crashes: 1, shortWrites: 1))
        go("torn host", Scenario(actors: [.resume(.everything), h, host], crashes: 1, shortWrites: 1))
    }
}
