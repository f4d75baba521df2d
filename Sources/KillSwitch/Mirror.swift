import Glibc

/// kill_switch.json: the state as one JSON object, for people and programs. Never a reason to permit.
public struct Mirror: Sendable, Equatable {
    static let name = "kill_switch.json"

    /// The log's length when the mirror was written.
    public var logBytes: Int

    /// How every mirror begins: nothing else of it is ever read back, so its hundred records need no parsing.
    private static let beginning = Array("{\"version\":1,\"log_bytes\":".utf8)

    /// The mirror as it is; nil when it is missing or cannot be read as one.
    static func read(_ directory: StateDirectory) -> Mirror? {
        guard let bytes = try? directory.read(name), bytes.starts(with: beginning),
            let end = bytes[beginning.count...].firstIndex(of: UInt8(ascii: ",")),
            let length = Int(String(decoding: bytes[beginning.count..<end], as: UTF8.self))
        else { return nil }
        return Mirror(logBytes: length)
    }
}

extension Observation {
    /// The keys that the mirror and `status --json` share.
    public var mirrorMembers: [JSON.Member] {
        [
            .init("version", .integer(1)), .init("log_bytes", .integer(Int64(fold.length))),
            .init("mode", .string(mode.name)), .init("generation", .number(word?.generation)),
            .init("since", .text(cause?.at ?? changedAt)), .init("reason", .text(cause?.reason)),
            .init("source", .text(cause?.source.rawValue)), .init("operator", .text(cause?.op)),
            .init("latches", .array(shownLatches.map(\.json))),
            .init("history", .array(fold.history.suffix(100).map(\.json))),
        ]
    }
}

extension KillSwitch {
    /// Writes the mirror, and again while the page's word changed meanwhile.
    ///
    /// - Parameters:
    ///   - forgettingLoss: a log that became shorter than the mirror says has been recorded as a latch.
    ///   - known: an earlier look, so that only what followed is read of the log.
    /// - Returns: what was seen last.
    /// - Throws: `SwitchError.Code.log` when it cannot be written; the old one stays.
    @discardableResult
    public func writeMirror(
        forgettingLoss: Bool = false,
        knowing known: Observation? = nil
    ) throws(SwitchError) -> Observation {
        var last = observe(knowing: known)
        for _ in 0..<8 {
            var seen = last
            // A log that has become shorter is evidence; it must not be forgotten by a mirror that agrees with it.
            if !forgettingLoss, seen.fold.lost, let kept = Mirror.read(directory), kept.logBytes > seen.fold.length {
                return last
            }
            if let pageMode = seen.word?.mode { seen.mode = pageMode }
            let bytes = JSON.object(seen.mirrorMembers).bytes + [UInt8(ascii: "\n")]
            try directory.replace(Mirror.name, with: bytes, permissions: 0o664)
            if HaltPage.map(directory, writable: false).page?.word == seen.word { return last }
            last = observe(knowing: last)
        }
        return last
    }
}
