import Desk
import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// A desk with its engine, as processes: a host, what it is told, and what it is asked.
final class EngineDesk {
    let sandbox: Sandbox
    private(set) var host: Process?

    private let bots: Int?
    /// What a real desk's configuration says of its orders: most tests bring no venue that lists them.
    private let orders: String
    private let environment: [String: String]

    /// - Parameters:
    ///   - bots: how many trade on the paper venue; nil: a real desk without any venue, so that all that happens is
    ///     what the test brings.
    ///   - orders: whether its orders are `watched`, or `not watched`.
    init(
        _ configuration: String = "",
        bots: Int? = nil,
        orders: String = "not watched",
        environment: [String: String] = [:]
    ) throws {
        self.orders = orders
        sandbox = try Sandbox()
        self.bots = bots
        self.environment = environment
        try configure(configuration)
    }

    deinit {
        guard let host, host.isRunning else { return }
        kill(host.processIdentifier, SIGKILL)
        host.waitUntilExit()
    }

    var state: String { sandbox.state }
    var journal: String { state + "/journal.sqlite" }

    func configure(_ text: String) throws {
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        let kind =
            bots.map { "[paper]\nbots = \($0)\n" }
            ?? "[desk]\nname = \"test\"\npaper = false\n"
            + (text.contains("[venues]") ? "" : "[venues]\norders = \"\(orders)\"\n")
        try (kind + text).write(toFile: state + "/estop.toml", atomically: true, encoding: .utf8)
    }

    // MARK: - The host

    /// Starts the host, and waits until its engine answers.
    func serve() throws {
        try serveSwitch()
        try sandbox.wait("the engine answers") { (try? view()) != nil }
    }

    /// Starts the host; its engine may come later.
    func serveSwitch() throws { host = try sandbox.serve(environment: environment) }

    /// Starts the host of a real desk, and has it trade.
    func trade() throws {
        try serve()
        let resumed = try sandbox.resume("begin")
        try #require(resumed.status == 0, "\(resumed.error)")
        try wait("the engine knows that it trades") { _ in mode == .live }
    }

    func stop() throws {
        guard let host else { return }
        host.terminate()
        host.waitUntilExit()
        #expect(host.terminationStatus == 0)
        self.host = nil
    }

    /// As a power cut for the process.
    func crash() {
        guard let host else { return }
        kill(host.processIdentifier, SIGKILL)
        host.waitUntilExit()
        self.host = nil
    }

    /// What the host said on its standard error.
    var said: String { (try? String(contentsOfFile: sandbox.root + "/serve.log", encoding: .utf8)) ?? "" }

    // MARK: - What it is told and asked

    @discardableResult
    func run(_ words: String..., input: String? = nil) throws -> Sandbox.Result {
        try sandbox.run("estop", words, input: input)
    }

    /// Hands lines over, and waits until they are on disk.
    @discardableResult
    func ingest(_ lines: String...) throws -> Sandbox.Result {
        let result = try sandbox.run("estop-desk", ["ingest"], input: lines.joined(separator: "\n") + "\n")
        #expect(result.status == 0, "\(result.error)\(result.output)")
        return result
    }

    func view() throws -> EngineView {
        let client = try ControlClient(StateDirectory(state))
        try client.send(.view)
        // Thrown and not recorded: whoever waits for an engine that starts asks until there is an answer.
        guard let view = try client.line(within: 10_000).flatMap({ ViewLine.view(of: $0) }) else {
            throw Sandbox.TimedOut(description: "the host does not show the engine's view")
        }
        return view
    }

    /// Waits until the engine shows something.
    @discardableResult
    func wait(_ what: String, seconds: Double = 30, until condition: (EngineView) -> Bool) throws -> EngineView {
        var last: EngineView?
        do {
            try sandbox.wait(what, seconds: seconds) {
                let now = try view()
                last = now
                return condition(now)
            }
        } catch let error as Sandbox.TimedOut {
            throw Sandbox.TimedOut(
                description: "\(error); alerts \(last?.alerts.map(\.id) ?? []), positions "
                    + "\(last?.positions.map(\.id) ?? []), proposals \(last?.proposals ?? []), supervisors "
                    + "\(last?.supervisors ?? []); the host said: \(said.suffix(2_000))"
            )
        }
        return try #require(last)
    }

    /// Waits for an open alert.
    @discardableResult
    func wait(forAlert id: String, seconds: Double = 30) throws -> Alert {
        let view = try wait("the alert \(id)", seconds: seconds) { $0.alerts.contains { $0.id == id } }
        return try #require(view.alerts.first { $0.id == id })
    }

    /// The JSON that a command prints.
    func json(_ words: String...) throws -> JSON {
        let result = try sandbox.run("estop", words + ["--json"])
        return try #require(JSON(bytes: Array(result.output.utf8)), "\(result.output)\(result.error)")
    }

    var mode: Mode? { try? sandbox.killSwitch().observe().word?.mode }

    /// Halts of the log, the last one last.
    func halts() throws -> [Record] {
        try sandbox.killSwitch().observe().fold.records.filter { $0.change == .halt }
    }

    // MARK: - Its files

    /// The desk's log.
    var log: [String] { lines(of: "logs/estop.log") }

    /// The same, structured.
    var structuredLog: [JSON] { lines(of: "logs/estop.jsonl").compactMap { JSON($0) } }

    private func lines(of name: String) -> [String] {
        let text = (try? String(contentsOfFile: "\(state)/\(name)", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func wait(forLog text: String) throws {
        do {
            try sandbox.wait("'\(text)' is logged") { log.contains { $0.contains(text) } }
        } catch let error as Sandbox.TimedOut {
            throw Sandbox.TimedOut(description: "\(error); it has:\n\(log.suffix(40).joined(separator: "\n"))")
        }
    }

    /// What another program does to the database: rows as JSON.
    @discardableResult
    func sql(_ statement: String) throws -> JSON {
        let result = try attempt(statement)
        return try #require(JSON(bytes: Array(result.output.utf8)), "\(result.error)")
    }

    /// The same, where it may be refused.
    func attempt(_ statement: String) throws -> Sandbox.Result {
        let script = """
            import json, sqlite3, sys
            database = sqlite3.connect(sys.argv[1], timeout=10)
            rows = database.execute(sys.argv[2]).fetchall()
            database.commit()
            print(json.dumps([[c.decode("utf-8", "replace") if isinstance(c, bytes) else c for c in r] for r in rows]))
            """
        return try sandbox.run("/usr/bin/env", ["python3", "-c", script, journal, statement])
    }
}

/// Event lines.
enum Line {
    /// What an account of a venue says.
    static func venue(
        _ type: String,
        _ members: String = "",
        venue: String = "kraken",
        account: String = "main"
    ) -> String {
        let more = members.isEmpty ? "" : ",\(members)"
        return
            #"{"v":1,"type":"\#(type)","source":"venue:\#(venue)","venue":"\#(venue)","account":"\#(account)"\#(more)}"#
    }

    static func connected(venue: String = "kraken", account: String = "main") -> String {
        self.venue("venue", #""state":"CONNECTED""#, venue: venue, account: account)
    }

    static func price(_ symbol: String, _ price: String, venue: String = "kraken", account: String = "main") -> String {
        self.venue("price", #""symbol":"\#(symbol)","price":"\#(price)""#, venue: venue, account: account)
    }

    /// A complete list of long positions: only that makes known what an account holds.
    static func positions(
        _ rows: [(symbol: String, quantity: String, entry: String)],
        venue: String = "kraken",
        account: String = "main"
    ) -> String {
        let list = rows.map {
            #"{"symbol":"\#($0.symbol)","side":"long","quantity":"\#($0.quantity)","entry_price":"\#($0.entry)"}"#
        }
        return self.venue(
            "positions",
            #""positions":[\#(list.joined(separator: ","))]"#,
            venue: venue,
            account: account
        )
    }

    static func position(
        _ symbol: String,
        _ quantity: String,
        entry: String,
        venue: String = "kraken",
        account: String = "main"
    ) -> String {
        self.venue(
            "position",
            #""symbol":"\#(symbol)","side":"long","quantity":"\#(quantity)","entry_price":"\#(entry)""#,
            venue: venue,
            account: account
        )
    }

    static func metric(_ name: String, _ value: String) -> String {
        #"{"v":1,"type":"metric","source":"bot:probe","name":"\#(name)","value":"\#(value)"}"#
    }
}
