@testable import KillSwitch

extension Model {
    /// Where an enumeration begins.
    struct Scenario: Sendable {
        /// The page and the log of a desk at the beginning.
        enum Start: Sendable {
            /// Halted by an acknowledged halt.
            case halted
            /// Halted by a stop file that is there.
            case stopFile
            /// Live.
            case live
            /// Live, but for a scoped halt of venue=a.
            case scoped
        }

        var start = Start.halted
        var actors: [Role]
        var crashes = 0
        var shortWrites = 0
        var capacity = 24

        static let firstResume: UInt16 = 0x0f01
        static let firstHalt: UInt16 = 0x0f03

        func world(_ book: Book) -> World {
            let live = Word(generation: 2, mode: .live)
            var log = [
                Draft(change: .resume, id: Scenario.firstResume, mode: .live, state: live, clears: 0),
                Draft(
                    change: .note,
                    id: 0x0f02,
                    mode: .live,
                    was: live,
                    state: live,
                    kind: .applied,
                    about: Scenario.firstResume
                ),
            ]
            var world = World(word: live, entries: [], log: [], crashes: UInt8(crashes), actors: [])
            var halt = Draft(change: .halt, id: Scenario.firstHalt, was: live)
            var past = PastHalt(
                id: halt.id,
                tag: Book.tag(halt.id),
                scope: .everything,
                mode: .halted,
                word: live,
                acknowledged: true
            )
            switch start {
            case .live: break
            case .halted, .stopFile:
                world.word = live.halted(to: .halted)
                halt.state = world.word
                past.word = world.word
                if start == .stopFile {
                    halt.source = .file
                    world.stop = 1
                }
            case .scoped:
                world.word = live.halted(to: .live)
                halt.state = world.word
                (halt.scope, past.scope, past.word) = (.venueA, .venueA, world.word)
                world.entries = [Entry(mode: Mode.halted.rawValue, tag: past.tag, scope: .venueA)]
            }
            if start != .live {
                log.append(halt)
                world.halts = [past]
            }
            world.log = log.map { book.number(of: $0) }
            book.mirrorLength = book.page(world.log, world.word).length
            world.actors = actors.enumerated().map { index, role in
                if case .halt = role { return Actor(role, number: index + 1, shortWrites: shortWrites) }
                if case .resume = role { return Actor(role, number: index + 1, shortWrites: shortWrites) }
                return Actor(role, number: index + 1)
            }
            return world
        }
    }

    /// What an enumeration has found.
    struct Finding {
        var states = 0
        var transitions = 0
        var terminals = 0
        var folds = 0
        /// What is wrong, and the shortest way there; nil when nothing is.
        var problem: String?
        var trace: [String] = []

        var text: String { ([problem ?? "nothing wrong"] + trace).joined(separator: "\n  ") }
    }

    /// Visits every world that a scenario can reach, the nearest first, so that the first trace is a shortest one.
    struct Explorer {
        private let machine: Machine
        private let first: World
        private var index: [World: Int32] = [:]
        private var worlds: [World] = []
        private var origins: [(from: Int32, move: Move)] = []

        init(_ scenario: Scenario, breaking rule: Rule? = nil) {
            let book = Book(broken: rule)
            machine = Machine(book: book, broken: rule, capacity: scenario.capacity)
            first = scenario.world(book)
        }

        mutating func run() -> Finding {
            var finding = Finding()
            index[first] = 0
            worlds = [first]
            origins = [(-1, Move(actor: 0, step: .done))]
            var settled: Set<World> = []
            var at = 0
            while at < worlds.count {
                let world = worlds[at]
                var moved = false
                for (after, move) in machine.successors(of: world) {
                    moved = true
                    finding.transitions += 1
                    let problem = machine.violation(world, move, after)
                    if problem == nil, index[after] != nil { continue }
                    index[after] = Int32(worlds.count)
                    worlds.append(after)
                    origins.append((Int32(at), move))
                    if let problem { return conclude(&finding, problem, worlds.count - 1, []) }
                }
                if !moved {
                    finding.terminals += 1
                    var quiet = world
                    quiet.actors = []
                    quiet.crashes = 0
                    if settled.insert(quiet).inserted {
                        let (problem, trail) = machine.aftermath(of: world)
                        if let problem { return conclude(&finding, problem, at, trail) }
                    }
                }
                at += 1
            }
            return conclude(&finding, nil, nil, [])
        }

        private func conclude(
            _ finding: inout Finding,
            _ problem: String?,
            _ at: Int?,
            _ trail: [(World, Move)]
        ) -> Finding {
            finding.states = worlds.count
            finding.folds = machine.book.folds
            finding.problem = problem
            var at = at ?? 0
            while at > 0 {
                finding.trace.insert(line(origins[at].move, worlds[at]), at: 0)
                at = Int(origins[at].from)
            }
            if problem != nil { finding.trace.insert("begin: " + text(first), at: 0) }
            finding.trace += trail.prefix(12).map { "(after) " + line($0.1, $0.0) }
            return finding
        }

        private func line(_ move: Move, _ world: World) -> String {
            let actor = move.actor < first.actors.count ? "\(move.actor + 1)" : "?"
            return "\(actor) \(move.crash ? "dies before " : "")\(move.step): \(text(world))"
        }

        private func text(_ world: World) -> String {
            let entries = world.entries.map { "\($0.mode)/\($0.tag)" }.joined(separator: " ")
            let log = world.log.dropFirst(first.log.count).map { number in
                let draft = machine.book.drafts[Int(number)]
                let what =
                    "\(draft.change) \(Book.text(draft.id)) \(Explorer.text(draft.was))>\(Explorer.text(draft.state))"
                return draft.part == .whole ? what : "\(what) (\(draft.part))"
            }
            let records = log.joined(separator: ", ")
            return "page \(Explorer.text(world.word)) [\(entries)] stop \(world.stop) log +[\(records)]"
        }

        private static func text(_ word: Word) -> String { "\(word.generation)\(word.mode.name.prefix(1))" }
    }
}
