import GRDB
public import SafetyEngine

/// Which changes of alerts are wanted.
public struct AlertSearch: Sendable, Equatable {
    /// From when to when, by the wall clock in milliseconds since 1970.
    public var wallMs: ClosedRange<Int64> = .min ... .max
    /// Of this rule; nil: of all.
    public var rule: String?
    /// As grave as this, or graver.
    public var level = Alert.Level.info
    /// Of these kinds; empty: of all.
    public var kinds: [Decision.AlertChange.Kind] = []
    /// Older than the change with this number: where the page before ended.
    public var before: Int64 = .max

    /// Everything.
    public init() {}
}

/// One page of a search, the newest first.
public struct JournalPage<Row: Sendable>: Sendable {
    /// The rows.
    public var rows: [Row]
    /// Where the next page begins (`before`); nil: there are no more.
    public var next: Int64?
}

extension JournalReader {
    /// The changes of alerts that are wanted, the newest first, in pages: no answer is too large, and all can be reached.
    public func alerts(_ search: AlertSearch, limit: Int) throws(JournalError) -> JournalPage<AlertRecord> {
        var found: [AlertRecord] = []
        var before = search.before
        let kinds = search.kinds.map(\.rawValue)
        while true {
            let rows = try alertRows(search, before: before, kinds: kinds)
            for record in rows {
                guard record.change.alert.level >= search.level else { continue }
                if found.count == limit { return JournalPage(rows: found, next: found.last?.seq) }
                found.append(record)
            }
            guard let last = rows.last else { return JournalPage(rows: found, next: nil) }
            before = last.seq
        }
    }

    private func alertRows(
        _ search: AlertSearch,
        before: Int64,
        kinds: [String]
    ) throws(JournalError) -> [AlertRecord] {
        try read { database in
            let places = kinds.isEmpty ? "1" : "change IN (\(kinds.map { _ in "?" }.joined(separator: ", ")))"
            var parameters: [Parameter] = [
                .integer(before), .integer(search.wallMs.lowerBound), .integer(search.wallMs.upperBound),
            ]
            parameters += kinds.map { .text($0) }
            let rule = search.rule == nil ? "1" : "(alert = ? OR substr(alert, 1, ?) = ?)"
            if let name = search.rule {
                parameters += [.text(name), .integer(Int64(name.unicodeScalars.count + 1)), .text(name + "/")]
            }
            var found: [AlertRecord] = []
            try database.each(
                "SELECT seq, at_ms, wall_ms, body FROM alerts WHERE seq < ? AND wall_ms BETWEEN ? AND ? AND \(places) "
                    + "AND \(rule) ORDER BY seq DESC LIMIT 1000",
                parameters
            ) {
                let receipt = Receipt(atMs: UInt64(bitPattern: $0.integer(1)), wallMs: $0.integer(2))
                do {
                    let change = try StoredJSON.value(Decision.AlertChange.self, from: $0.bytes(3))
                    found.append(AlertRecord(seq: $0.integer(0), receipt: receipt, change: change))
                } catch {
                    throw JournalError(.content, "the change \($0.integer(0)) of an alert cannot be read: \(error)")
                }
                return true
            }
            return found
        }
    }

    /// The audit records of a time, the newest first, in pages.
    ///
    /// - Parameters:
    ///   - wallMs: from when to when, by the wall clock in milliseconds since 1970.
    ///   - rule: only what this rule did; nil: all.
    ///   - what: only this, as in `resume`; nil: all.
    ///   - isGraveOnly: only halts and resumes.
    ///   - before: where the page before ended.
    ///   - limit: how many.
    public func audit(
        wallMs: ClosedRange<Int64>,
        rule: String? = nil,
        what: String? = nil,
        isGraveOnly: Bool = false,
        before: Int64 = .max,
        limit: Int
    ) throws(JournalError) -> JournalPage<AuditRecord> {
        let rows = try read { database in
            var found: [AuditRecord] = []
            try database.each(
                "SELECT \(AuditChain.columns) FROM audit WHERE seq < ?1 AND wall_ms BETWEEN ?2 AND ?3 "
                    + "AND (?4 IS NULL OR who = ?4) AND (?5 IS NULL OR what = ?5) "
                    + "AND (?7 = 0 OR what IN ('halt', 'resume')) ORDER BY seq DESC LIMIT ?6",
                [
                    .integer(before), .integer(wallMs.lowerBound), .integer(wallMs.upperBound),
                    rule.map { .text("rule:\($0)") } ?? .null, what.map { .text($0) } ?? .null,
                    .integer(Int64(limit) + 1), .integer(isGraveOnly ? 1 : 0),
                ]
            ) {
                found.append(AuditChain.record($0))
                return true
            }
            return found
        }
        let page = Array(rows.prefix(limit))
        return JournalPage(rows: page, next: rows.count > limit ? page.last?.seq : nil)
    }
}
