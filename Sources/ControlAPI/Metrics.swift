import Glibc
import KillSwitch
import SafetyEngine

/// Prometheus' text format (version 0.0.4).
enum Metrics {
    /// One family: its help and type come before its samples, once.
    struct Family {
        var name: String
        var type: String
        var help: String
        var samples: [(suffix: String, labels: [(String, String)], value: String)] = []

        init(_ name: String, _ type: String, _ help: String) {
            (self.name, self.type, self.help) = (name, type, help)
        }

        mutating func add(_ value: String?, _ labels: [(String, String)] = [], suffix: String = "") {
            guard let value else { return }
            samples.append((suffix, labels, value))
        }

        var text: String {
            // A family without samples is named all the same: whoever looks for it finds that there are none yet.
            var text = "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
            for sample in samples {
                let labels = sample.labels.map { "\($0.0)=\"\(Metrics.escaped($0.1))\"" }.joined(separator: ",")
                text += name + sample.suffix + (labels.isEmpty ? "" : "{\(labels)}") + " \(sample.value)\n"
            }
            return text
        }
    }

    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }

    static func text(_ world: APIWorld) -> String {
        (process() + requests(world.meter) + halting(world) + health(world) + trading(world)).map(\.text).joined()
    }

    /// A number of milli- or microseconds in seconds, exactly.
    static func seconds(_ whole: UInt64, per unit: Int) -> String {
        let digits = unit == 1_000 ? 3 : 6
        let rest = String(whole % UInt64(unit))
        return "\(whole / UInt64(unit)).\(String(repeating: "0", count: digits - rest.count))\(rest)"
    }

    private static func histogram(
        _ family: inout Family,
        _ histogram: RequestMeter.Histogram,
        _ labels: [(String, String)]
    ) {
        for (bound, count) in zip(RequestMeter.bounds, histogram.buckets) {
            family.add(String(count), labels + [("le", seconds(bound, per: 1_000_000))], suffix: "_bucket")
        }
        family.add(String(histogram.count), labels + [("le", "+Inf")], suffix: "_bucket")
        family.add(seconds(histogram.sumMicroseconds, per: 1_000_000), labels, suffix: "_sum")
        family.add(String(histogram.count), labels, suffix: "_count")
    }

    private static func process() -> [Family] {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let used = [usage.ru_utime, usage.ru_stime].reduce(UInt64(0)) {
            $0 + UInt64(max(0, $1.tv_sec)) * 1_000_000 + UInt64(max(0, $1.tv_usec))
        }
        var processor = Family("process_cpu_seconds_total", "counter", "CPU time of the host, in seconds.")
        processor.add(seconds(used, per: 1_000_000))
        var memory = Family("process_resident_memory_bytes", "gauge", "Resident memory of the host, in bytes.")
        memory.add(ProcessFacts.residentBytes.map(String.init))
        var files = Family("process_open_fds", "gauge", "Open descriptors of the host.")
        files.add(ProcessFacts.openDescriptors.map(String.init))
        return [processor, memory, files]
    }

    private static func requests(_ meter: RequestMeter.Reading) -> [Family] {
        var durations = Family("http_request_duration_seconds", "histogram", "Time to an answer, in seconds.")
        for (key, counts) in meter.requests {
            histogram(
                &durations,
                counts,
                [("method", key.method), ("path", key.path), ("status", String(key.status))]
            )
        }
        var halts = Family("estop_halt_duration_seconds", "histogram", "From a halt over HTTP to its record on disk.")
        histogram(&halts, meter.halts, [])
        var notDurable = Family(
            "estop_halts_not_durable_total",
            "counter",
            "Halts over HTTP whose record was not on disk when they were answered; it is tried again."
        )
        notDurable.add(String(meter.haltsNotDurable))
        var dropped = Family("estop_stream_dropped_total", "counter", "Readers of the stream that were too slow.")
        dropped.add(String(meter.droppedReaders))
        return [durations, halts, notDurable, dropped]
    }

    private static func halting(_ world: APIWorld) -> [Family] {
        let seen = world.seen
        var mode = Family("estop_mode", "gauge", "1 for the mode that holds.")
        for each in Mode.allCases { mode.add(each == seen.mode ? "1" : "0", [("mode", each.name)]) }
        var generation = Family("estop_generation", "gauge", "Generation of the page's word.")
        generation.add(seen.word.map { String($0.generation) })
        var since = Family("estop_seconds_since_halt", "gauge", "Since the last halt, in seconds.")
        let last = seen.fold.history.last { $0.change == .halt }.flatMap { Clock.milliseconds(of: $0.at) }
        since.add(last.map { seconds(UInt64(max(0, world.wallMs - $0)), per: 1_000) })
        var gates = Family("estop_gates", "gauge", "Open gates, by whether they have acknowledged the page's word.")
        // Nothing is said of what cannot be read.
        if seen.gatesProblem == nil {
            gates.add(String(seen.acknowledged.count), [("acknowledged", "true")])
            gates.add(String(max(0, seen.openGates.count - seen.acknowledged.count)), [("acknowledged", "false")])
        }
        var latches = Family("estop_latches", "gauge", "Reasons to stay halted.")
        latches.add(String(seen.latches.count))
        var beat = Family("estop_host_beat_age_seconds", "gauge", "Age of the host's last beat, in seconds.")
        beat.add(seconds(seen.beatAgeMs, per: 1_000))
        var durable = Family("estop_durable", "gauge", "1 when the page's state is on disk.")
        durable.add(seen.notDurable == nil ? "1" : "0")
        var verified = Family(
            "estop_halt_verified",
            "gauge",
            "1 for a halt in force that is verified, by scope; none while nothing is halted."
        )
        for halt in seen.haltsInForce {
            verified.add(seen.verified(halt) == nil ? "0" : "1", [("scope", halt.scope.description)])
        }
        return [mode, generation, since, gates, latches, beat, durable, verified]
    }

    /// How old each account's own list is; no sample for one that was never given.
    private static func listingAges(_ view: EngineView) -> Family {
        var ages = Family("trading_listing_age_seconds", "gauge", "Age of each account's own list, in seconds.")
        for listing in [view.orderListing, view.positionListing] {
            for account in listing.accounts {
                let age = account.stream.ageMs.map { seconds($0, per: 1_000) }
                ages.add(age, [("account", account.name), ("list", listing.what)])
            }
        }
        return ages
    }

    private static func health(_ world: APIWorld) -> [Family] {
        let health = world.health
        var healthy = Family("estop_healthy", "gauge", "1 when the desk works; 0: see estop health.")
        healthy.add(health.isHealthy ? "1" : "0")
        var problems = Family("estop_unhealthy_parts", "gauge", "Parts of the desk that do not work, by area.")
        for area in DeskHealth.Area.allCases {
            problems.add(
                String(health.parts.count { $0.area == area && !$0.isHealthy }),
                [("area", area.rawValue)]
            )
        }
        return [healthy, problems]
    }

    private static func trading(_ world: APIWorld) -> [Family] {
        var active = Family("trading_active", "gauge", "1 when the desk trades for real.")
        active.add(world.seen.mode == .live ? "1" : "0")
        guard let view = world.view else { return [active] }
        var new = Family(
            "estop_orders_after_halt",
            "gauge",
            "Orders that appeared after a halt had stopped everything."
        )
        for halt in view.halts { new.add(String(halt.new), [("scope", halt.scope)]) }
        var orders = Family("trading_open_orders", "gauge", "Open orders.")
        if view.orderListing.isKnown { orders.add(String(view.openOrders)) }
        var positions = Family("trading_positions", "gauge", "Held positions.")
        if view.positionListing.isKnown { positions.add(String(view.positions.count)) }
        var unpriced = Family("trading_unpriced_positions", "gauge", "Held positions without a fresh price.")
        if view.positionListing.isKnown { unpriced.add(String(view.money.unpriced)) }
        let ages = listingAges(view)
        let currency = [("currency", view.money.currency)]
        var exposure = Family(
            "trading_exposure",
            "gauge",
            "Exposure in the base currency; none while a position has no price."
        )
        // What nobody can value is not nothing: without a price for all of it there is no sum.
        if let gross = view.money.gross, let net = view.money.net {
            exposure.add(gross.description, currency + [("kind", "gross")])
            exposure.add(net.description, currency + [("kind", "net")])
        }
        var equity = Family("trading_equity", "gauge", "What everything is worth, in the base currency.")
        equity.add(view.money.equity?.description, currency)
        var profit = Family("trading_day_profit", "gauge", "What the day brought, in the base currency.")
        profit.add(view.money.dayProfit?.description, currency)
        var alerts = Family("estop_alerts", "gauge", "Open alerts, by level.")
        for level in Alert.Level.allCases {
            alerts.add(String(view.alerts.filter { $0.level == level }.count), [("level", level.word.lowercased())])
        }
        var beats = Family("estop_heartbeat_age_seconds", "gauge", "Age of each supervisor's last beat, in seconds.")
        for bot in view.supervisors {
            beats.add(bot.lastBeatAgeMs.map { seconds($0, per: 1_000) }, [("name", bot.name)])
        }
        var waiting = Family("estop_journal_waiting_events", "gauge", "Events that are not on disk yet.")
        waiting.add(String(view.journal.waiting))
        var venues = Family("estop_venue_connected", "gauge", "1 for a venue whose link is up.")
        for venue in view.venues {
            venues.add(venue.state == .connected ? "1" : "0", [("venue", venue.name), ("account", venue.account)])
        }
        var breakers = Family("estop_breaker_tripped", "gauge", "1 for a breaker that tripped and was not reset.")
        for breaker in view.breakers { breakers.add(breaker.isTripped ? "1" : "0", [("name", breaker.name)]) }
        return [
            active, orders, new, positions, unpriced, ages, exposure, equity, profit, alerts, beats, waiting, venues,
            breakers,
        ]
    }
}

/// What the kernel says of this process.
enum ProcessFacts {
    /// Resident memory; nil: it does not say.
    static var residentBytes: UInt64? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = max(0, read(file, &bytes, bytes.count))
        let words = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return words.count > 1 ? UInt64(words[1]).map { $0 * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))) } : nil
    }

    /// Open descriptors; nil: it does not say.
    static var openDescriptors: Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return max(0, count - 1)
    }
}
