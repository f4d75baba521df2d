import Foundation
import GRDB
import SafetyEngine

@testable import Journal

/// A state directory for one test, removed afterwards.
final class TestDesk: Sendable {
    let path: String
    var file: String { "\(path)/journal.sqlite" }

    init() throws {
        path = NSTemporaryDirectory() + "estop-journal-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open(_ options: JournalOptions = .quick) throws -> Journal {
        try Journal(directory: path, codec: TestCodec(), options: options)
    }

    func reader() throws -> JournalReader { try Journal.reader(directory: path, codec: TestCodec()) }

    /// Runs a script of Python with the database's path as its argument: another program.
    @discardableResult
    func python(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import sqlite3, sys\npath = sys.argv[1]\n" + script, file]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(text: "python ended with \(process.terminationStatus)")
        }
        return text
    }

    /// Changes the file as somebody does who does not ask the program.
    func tamper(_ statements: String...) throws {
        let file = JournalFile(directory: path)
        let queue = try file.open()
        for statement in statements { try queue.writeWithoutTransaction { try $0.execute(sql: statement) } }
        try queue.close()
    }

    struct Failed: Error { var text: String }
}

/// Another connection that holds a transaction open.
final class Holder {
    private let queue: DatabaseQueue

    init(_ desk: TestDesk, _ begin: String = "BEGIN IMMEDIATE") throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        queue = try DatabaseQueue(path: desk.file, configuration: configuration)
        try queue.inDatabase { database in
            for statement in begin.split(separator: ";") { _ = try Row.fetchAll(database, sql: String(statement)) }
        }
    }

    func release() throws {
        try queue.inDatabase { try $0.execute(sql: "COMMIT") }
        try queue.close()
    }
}

extension JournalOptions {
    /// Does not make a test wait.
    static var quick: JournalOptions {
        var options = JournalOptions()
        options.gatherMs = 1
        options.retryMs = 5
        options.mostRetryMs = 20
        options.busyMs = 50
        return options
    }
}

/// Enough of a codec to test with: what it does not know it refuses.
struct TestCodec: EventCodec {
    private struct Line: Codable {
        var origin: Event.Origin
        var id: String
        var happenedMs: Int64?
        var order: OrderReport?
        var price: PriceReport?
        var position: PositionReport?
        var heartbeat: Heartbeat?
        var metric: MetricReport?
        var balance: BalanceReport?
    }
    struct Unknown: Error {}

    func bytes(of event: Event) throws -> [UInt8] {
        var line = Line(origin: event.origin, id: event.id, happenedMs: event.happenedMs)
        switch event.body {
        case .order(let report): line.order = report
        case .price(let report): line.price = report
        case .position(let report): line.position = report
        case .heartbeat(let beat): line.heartbeat = beat
        case .metric(let report): line.metric = report
        case .balance(let report): line.balance = report
        default: throw Unknown()
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try [UInt8](encoder.encode(line))
    }

    func event(from bytes: [UInt8]) throws -> Event {
        let line = try JSONDecoder().decode(Line.self, from: Data(bytes))
        let bodies: [Event.Body?] = [
            line.order.map { .order($0) }, line.price.map { .price($0) }, line.position.map { .position($0) },
            line.heartbeat.map { .heartbeat($0) }, line.metric.map { .metric($0) }, line.balance.map { .balance($0) },
        ]
        guard let body = bodies.compactMap({ $0 }).first else { throw Unknown() }
        return Event(line.origin, body, id: line.id, happenedMs: line.happenedMs)
    }
}

/// A receipt so many milliseconds after the desk's first start.
func at(_ milliseconds: Int) -> Receipt {
    Receipt(atMs: UInt64(milliseconds), wallMs: 1_700_000_000_000 + Int64(milliseconds))
}

func reading(_ number: Int) -> Event {
    Event(
        Event.Origin(desk: "test", source: Event.Source(.bot, "grid-1")),
        .metric(MetricReport(name: "cpu_percent", value: SafetyEngine.Decimal(number))),
        id: "m\(number)",
        happenedMs: Int64(number)
    )
}

func beat(_ name: String, _ id: Int) -> Event {
    Event(Event.Origin(source: Event.Source(.bot, name)), .heartbeat(Heartbeat(name: name)), id: "b\(id)")
}

func action(_ change: OperatorAction.Change, by name: String = "alice") -> Event {
    Event(
        Event.Origin(desk: "test", source: Event.Source(.operator, name)),
        .operatorAction(OperatorAction(name: name, reason: "because", change: change))
    )
}

func entries(_ range: Range<Int>) -> [Journal.Entry] { range.map { Journal.Entry(reading($0), at: at($0)) } }

func halt(_ number: UInt64) -> Decision {
    .halt(
        Decision.HaltOrder(
            number: number,
            rule: "DAILY_DRAWDOWN",
            alert: "DAILY_DRAWDOWN/desk",
            scope: "global",
            mode: "halted",
            reason: "2.6 % > 2.5 %"
        )
    )
}

func change(_ kind: Decision.AlertChange.Kind, _ id: String, count: Int = 1) -> Decision {
    let alert = Alert(
        id: id,
        level: .critical,
        rule: "ORDER_STUCK",
        subject: id,
        text: "stuck",
        ageMs: 300_000,
        count: count
    )
    return .alert(Decision.AlertChange(kind, alert, isToBeNotified: true))
}

extension JournalReader {
    func allEvents() throws -> [StoredEvent] {
        var found: [StoredEvent] = []
        var cursor = events()
        try cursor.each { found.append($0) }
        return found
    }

    func allDecisions() throws -> [StoredDecision] {
        var found: [StoredDecision] = []
        var cursor = try decisions()
        try cursor.each { found.append($0) }
        return found
    }
}

/// Waits for something that another thread does.
func eventually(_ seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while try !condition() {
        if Date() > end { return false }
        usleep(2_000)
    }
    return true
}
