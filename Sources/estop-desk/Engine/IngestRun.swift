import Console
import Desk
import Glibc
import KillSwitch

/// Hands lines to the host of a desk, and keeps each until the host has said what became of it.
///
/// Invariants (EndToEndTests/EngineIngestMomentTests): every line is taken once, or refused for good with its number, or named at
/// the end as one that nobody confirmed; the order of the lines stays; what a host refuses because it starts or stops is sent
/// again, for at most `waitMs`; a sender never waits for a host that waits for it.
struct IngestRun {
    private let directory: StateDirectory
    private let asJSON: Bool
    private let waitMs: UInt64
    private let signals: IngestSignals
    private var client: ControlClient?
    /// Lines that were sent, and of which the host has not said yet that it decided them; the first one has the number `first`.
    private var kept: [[UInt8]] = []
    private var keptBytes = 0
    private var first = 1
    /// The last line that was sent over this connection, and the number of the line before its first one.
    private var sent = 0
    private var base = 0
    /// Lines and bytes since the host was last asked what it took.
    private var unasked = (lines: 0, bytes: 0)
    private var questions = 0
    /// The host takes nothing over this connection any more: everything from this line on has to be sent again.
    private var turnedAwayAt: Int?
    private var turnedAwayWhy = ""
    /// What was taken and refused over the connections before, and over this one.
    private var before = Count()
    private var now = Count()
    /// Lines whose fate nobody knows: their host died before it said what became of them.
    private var unknown: [ClosedRange<Int>] = []
    /// What a host that ended did not confirm to be on disk.
    private var notConfirmed: String?
    private var flushed: JSON?
    private var hasDied = false

    /// How long a host may take to say what became of the lines, in milliseconds: a slow disk.
    private static let patienceMs: UInt64 = 60_000
    /// After so many lines or bytes the host is asked what it took; so many such questions may be open.
    private static let mostUnasked = (lines: 4_096, bytes: 1 << 20)
    private static let mostQuestions = 8

    struct Count: Equatable {
        var taken = 0
        /// Refused for good.
        var refused = 0
    }

    /// What came of all of it.
    struct Outcome {
        var count: Count
        /// Whether all that was taken is on disk.
        var isDurable: Bool
        /// Why not.
        var problem: String?
        /// Lines of which nobody knows whether they were taken.
        var unknown: [ClosedRange<Int>]
    }

    /// Why it cannot go on.
    struct Failure: Error {
        var message: String
    }

    init(_ directory: StateDirectory, asJSON: Bool, waitMs: UInt64, signals: IngestSignals) {
        self.directory = directory
        self.asJSON = asJSON
        self.waitMs = waitMs
        self.signals = signals
    }

    // MARK: - The connection

    /// Connects to a host whose engine takes events; waits for one that is starting.
    ///
    /// - Parameter isNew: no host has answered before: where none is starting either, there is nothing to wait for.
    mutating func connect(isNew: Bool, waitsForAny: Bool) throws(Failure) {
        let begin = Clock.boottime()
        var why = ""
        repeat {
            do throws(ControlClient.Failure) {
                let made = try ControlClient(directory)
                try made.send(.received)
                if let line = try made.line(within: waitMs), let answer = JSON(bytes: line) {
                    if answer["received"]?["ready"] == .bool(true) {
                        client = made
                        base = first - 1
                        sent = base
                        (now, unasked, questions, turnedAwayAt) = (Count(), (0, 0), 0, nil)
                        return
                    }
                    why = answer["received"]?["why"]?.string ?? answer["error"]?.string ?? EngineWords.starts
                } else {
                    why = "the host does not answer: see whether it is stuck (estop status)"
                }
            } catch {
                why = error.message
                // Nobody listens and nobody is about to.
                if isNew, !waitsForAny, error.isAbsent, !HostPresence.isThere(directory) { throw Failure(message: why) }
                if !error.isAbsent { throw Failure(message: why) }
            }
            if signals.number != nil { break }
            signals.sleep(milliseconds: 50)
        } while Clock.boottime() - begin < waitMs * 1_000_000
        throw Failure(message: "\(why) (waited for \(DurationText.text(milliseconds: waitMs)), --wait)")
    }

    // MARK: - Lines

    /// Hands over whole lines, each with its newline.
    mutating func hand(_ lines: [[UInt8]]) throws(Failure) {
        flushed = nil
        for line in lines {
            kept.append(line)
            keptBytes += line.count
        }
        try deliver()
    }

    /// Sends what was not sent yet, again over another connection where the host refused it for now.
    private mutating func deliver() throws(Failure) {
        while sent < first + kept.count - 1 || turnedAwayAt != nil {
            do throws(ControlClient.Failure) {
                try sendOnce()
            } catch {
                lost(error.message)
            }
            if turnedAwayAt != nil { try again() }
        }
    }

    private mutating func sendOnce() throws(ControlClient.Failure) {
        while turnedAwayAt == nil, sent < first + kept.count - 1 {
            var piece: [UInt8] = []
            var next = sent
            while next < first + kept.count - 1, piece.count < 65_536 {
                piece += kept[next + 1 - first]
                next += 1
            }
            let lines = next - sent
            sent = next
            try send(piece)
            unasked.lines += lines
            unasked.bytes += piece.count
            if unasked.lines >= IngestRun.mostUnasked.lines || unasked.bytes >= IngestRun.mostUnasked.bytes {
                try ask(.received)
            }
            let begin = Clock.boottime()
            while questions > IngestRun.mostQuestions, turnedAwayAt == nil {
                guard let line = try client?.line(within: 1_000) else {
                    guard Clock.boottime() - begin < IngestRun.patienceMs * 1_000_000 else {
                        throw ControlClient.Failure(message: "the host did not answer", isAbsent: false)
                    }
                    continue
                }
                take(line)
            }
        }
    }

    private mutating func ask(_ request: ControlRequest) throws(ControlClient.Failure) {
        unasked = (0, 0)
        questions += 1
        try send(Array((request.line + "\n").utf8))
    }

    /// Sends, and takes answers meanwhile: a host whose answers nobody reads stops reading.
    private mutating func send(_ bytes: [UInt8]) throws(ControlClient.Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let client else { return }
            let count = try client.sendSome(rest)
            rest = rest.dropFirst(count)
            while let line = try client.line(within: 0) { take(line) }
            if turnedAwayAt != nil { return }
            if count == 0 { client.waitUntilReady(milliseconds: 1_000) }
        }
    }

    /// Takes answers that are there.
    mutating func listen() throws(Failure) {
        do throws(ControlClient.Failure) {
            while let line = try client?.line(within: 0) { take(line) }
        } catch {
            lost(error.message)
        }
        if turnedAwayAt != nil { try again() }
    }

    /// Nothing comes in for a moment: what was taken so far is put on disk, and forgotten here.
    mutating func pause() throws(Failure) {
        guard !kept.isEmpty || now != Count(), flushed == nil, questions == 0 else { return }
        do throws(ControlClient.Failure) {
            try ask(.flush)
        } catch {
            lost(error.message)
            try again()
        }
    }

    /// What is readable when the host says something.
    var readable: Int32 { client?.readable ?? -1 }

    // MARK: - Answers

    private mutating func take(_ line: [UInt8]) {
        guard let object = JSON(bytes: line) else { return }
        if let answer = object["received"] {
            questions -= 1
            // Taken, and not yet known to be on disk.
            flushed = nil
            decided(answer)
            if answer["ready"] == .bool(false) { turnAway(at: first, EngineWords.ends) }
        } else if let answer = object["flushed"] {
            questions -= 1
            decided(answer)
            flushed = object
        } else if let refused = object["refused"] {
            let number = base + Int(refused["line"]?.integer ?? 0)
            let why = refused["why"]?.string ?? "refused"
            if refused["again"] == .bool(true) { turnAway(at: number, why) } else { refuse(number, why) }
        } else if object["again"] == .bool(true) {
            questions -= 1
            turnAway(at: first, object["error"]?.string ?? EngineWords.ends)
        } else {
            _ = Output.error.line(VisibleText.line(String(decoding: line, as: UTF8.self)))
        }
    }

    /// The host has decided lines: they need not be kept.
    private mutating func decided(_ answer: JSON) {
        now.taken = Int(answer["taken"]?.integer ?? 0)
        guard let lines = answer["lines"]?.integer else { return }
        // A line that is to be sent again was decided for now only.
        let last = min(base + Int(lines), turnedAwayAt.map { $0 - 1 } ?? .max)
        forget(through: last)
    }

    private mutating func forget(through last: Int) {
        let count = min(max(0, last - first + 1), kept.count)
        for line in kept[..<count] { keptBytes -= line.count }
        kept.removeFirst(count)
        first += count
    }

    private mutating func turnAway(at line: Int, _ why: String) {
        turnedAwayAt = min(turnedAwayAt ?? .max, line)
        turnedAwayWhy = why
    }

    private mutating func refuse(_ number: Int, _ why: String) {
        before.refused += 1
        if asJSON {
            let members: [JSON.Member] = [.init("line", .number(number)), .init("why", .string(why))]
            _ = Output.standard.line(JSON.object([.init("refused", .object(members))]).line)
        } else {
            _ = Output.error.line("line \(number): \(VisibleText.line(why))")
        }
    }

    // MARK: - Once more

    /// The connection broke. What the host said before is still read; what it decided last it says as it ends.
    private mutating func lost(_ why: String) {
        while let line = try? client?.line(within: 0) { take(line) }
        client = nil
        guard turnedAwayAt == nil else { return }
        // It died: what it had, it may have put on disk or not. Sent twice, an event would count twice.
        hasDied = true
        if sent >= first {
            unknown.append(first...sent)
            forget(through: sent)
        }
        if now.taken > 0, flushed?["flushed"]?["durable"] != .bool(true) {
            notConfirmed = notConfirmed ?? "\(why) before it confirmed that all of it is on disk"
        }
        turnAway(at: first, why)
    }

    /// Ends this connection, and sends what the host did not take over another one.
    private mutating func again() throws(Failure) {
        if let client {
            // Answers that it still gives: what it took, and whether that is on disk.
            flushed = nil
            do throws(ControlClient.Failure) {
                try client.send(.received)
                try client.send(.flush)
                questions += 2
                let begin = Clock.boottime()
                while questions > 0, Clock.boottime() - begin < waitMs * 1_000_000 {
                    if let line = try client.line(within: 100) { take(line) }
                }
            } catch {
                while let line = try? client.line(within: 0) { take(line) }
            }
            if now.taken > 0, flushed?["flushed"]?["durable"] != .bool(true) {
                notConfirmed = notConfirmed ?? "the host ended before it confirmed that all of it is on disk"
            }
        }
        if let line = turnedAwayAt { forget(through: line - 1) }
        before.taken += now.taken
        now = Count()
        client = nil
        let why = turnedAwayWhy
        do { try connect(isNew: false, waitsForAny: true) } catch {
            let left = kept.isEmpty ? "" : "; line \(first) and what follows was not taken: send it again"
            let fate = IngestRun.words(unknown)
            throw Failure(message: "\(before.taken) taken, then: \(why); \(error.message)\(left)\(fate)")
        }
    }

    // MARK: - The end

    /// Waits until the host has said what became of everything.
    mutating func finish() throws(Failure) -> Outcome {
        let begin = Clock.boottime()
        var isAsked = false
        while true {
            try deliver()
            do throws(ControlClient.Failure) {
                if !isAsked {
                    flushed = nil
                    try ask(.flush)
                    isAsked = true
                }
                let line = try client?.line(within: 250)
                if let line { take(line) }
            } catch {
                lost(error.message)
            }
            if turnedAwayAt != nil {
                try again()
                isAsked = false
                continue
            }
            if questions == 0, let answer = flushed?["flushed"] {
                let isDurable = answer["durable"] == .bool(true)
                return Outcome(
                    count: Count(taken: before.taken + now.taken, refused: before.refused),
                    isDurable: isDurable && notConfirmed == nil,
                    problem: isDurable ? notConfirmed : answer["problem"]?.string ?? "the journal is behind",
                    unknown: unknown
                )
            }
            if Clock.boottime() - begin > IngestRun.patienceMs * 1_000_000 {
                throw Failure(message: "the host took the lines but did not say what became of them")
            }
        }
    }

    /// Lines of which nobody knows what became of them, in words; empty: there are none.
    static func words(_ unknown: [ClosedRange<Int>]) -> String {
        guard !unknown.isEmpty else { return "" }
        let lines = unknown.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" }
        return
            "; lines \(lines.joined(separator: ", ")): sent to a host that died, and nobody confirmed them. Look at the "
            + "journal before you send them again"
    }
}

/// What is said where the host itself says nothing more.
private enum EngineWords {
    static let starts = "starting, try again: the host runs, and its engine does not yet"
    static let ends = "the host is stopping, try again"
}
