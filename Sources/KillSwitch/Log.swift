internal import CEstop
import Glibc

/// kill_switch.log: reading it whole, appending records to it.
enum Log {
    static let name = "kill_switch.log"

    /// Appends a resume or a note, on disk; a halt's record is written by CEstop itself.
    ///
    /// - Parameter isKept: whether it is kept beside the pages where the log does not take it, to be written later.
    /// - Returns: the log's length after it.
    /// - Throws: `SwitchError.Code.log` when it could not be made durable.
    @discardableResult
    static func append(
        _ change: Record.Change,
        id: String,
        mode: Mode,
        scope: Scope = .global,
        reason: String,
        source: Record.Source,
        op: String?,
        from: String?,
        was: Word,
        state: Word,
        extra: [JSON.Member] = [],
        isKept: Bool = false,
        to directory: StateDirectory
    ) throws(SwitchError) -> Int {
        let more = extra.isEmpty ? "" : "," + String(JSON.object(extra).line.dropFirst().dropLast())
        var line = [CChar](repeating: 0, count: Int(ESTOP_RECORD_MAX))
        var length = 0
        withCStrings([change.rawValue, id, scope.description, reason, source.rawValue, op, from, more]) { text in
            var record = estop_record()
            record.change = text[0]
            record.id = text[1]
            record.mode = UInt32(mode.rawValue)
            record.scope = text[2]
            record.reason = text[3]
            record.source = text[4]
            record.op = text[5]
            record.from = text[6]
            record.was = was.rawValue
            record.state = state.rawValue
            record.extra = text[7]
            length = estop_record_compose(&record, &line)
        }
        var logLength: UInt64 = 0
        let error = estop_log_append(directory.descriptor, line, length, 3, &logLength)
        if error != 0, isKept, estop_keep_record(directory.descriptor, id, line, length) != 0 {
            throw SwitchError(
                .log,
                "\(directory.path)/\(name) cannot be written to disk now: it is kept in memory and written once there is room",
                errno: error
            )
        }
        guard error == 0 else {
            throw SwitchError(.log, "\(directory.path)/\(name) cannot be written to disk", errno: error)
        }
        return Int(clamping: logLength)
    }

    /// A note: changes nothing, and bears no word unless it is the one that follows a resume.
    static func note(
        _ kind: Record.NoteKind,
        about: String,
        reason: String,
        source: Record.Source,
        op: String?,
        from: String?,
        word: Word = Word(rawValue: 0),
        mode: Mode = .unknown,
        to directory: StateDirectory
    ) throws(SwitchError) {
        try append(
            .note,
            id: newID(),
            mode: mode,
            reason: reason,
            source: source,
            op: op,
            from: from,
            was: word,
            state: word,
            extra: [.init("kind", .string(kind.rawValue)), .init("about", .string(about))],
            isKept: kind == .reason,
            to: directory
        )
    }

    /// A new identity for a record.
    static func newID() -> String {
        var id = [CChar](repeating: 0, count: 33)
        estop_new_id(&id)
        return String(decoding: id.prefix(32).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Text on its way into a record.
public enum RecordText {
    /// The text without the one character that would cut it off there, NUL: it becomes U+FFFD, so that it is seen.
    public static func whole(_ text: String) -> String {
        text.utf8.contains(0)
            ? String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })) : text
    }
}

/// Calls `body` with C strings, nil for nil; none is cut off.
func withCStrings(_ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Void) {
    func next(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) {
        guard index < texts.count else { return body(pointers) }
        guard let text = texts[index] else { return next(index + 1, pointers + [nil]) }
        RecordText.whole(text).withCString { next(index + 1, pointers + [$0]) }
    }
    next(0, [])
}
