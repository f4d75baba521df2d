public import Dashboard

/// Turns the bytes of a terminal into keys and pastes. Pure: bytes and the time go in, events come out.
///
/// **No reply of a terminal is ever a key.** We ask one question (`FlowControl`), whose answers are counted; a program
/// before us may have asked others. Answers come late, cut, or in pieces. Sequences that begin with ESC are swallowed whole, up to their own end. The hard case is
/// one that stops half-way, because a `K` after it may be its next byte or the operator's finger. What tells them
/// apart is time and company:
///
/// - While a sequence is going on, everything belongs to it. A single byte does not prolong it (a held key must not
///   keep it open), and after `sequenceMs` without more it is cut. An operator's K waits at most that long.
/// - After a cut, for `lateMs`, what arrives is looked at as a whole read. A terminal's late bytes come together: they
///   go on with the sequence where it stopped. A finger's come alone: one character (or one key repeated) that nothing
///   follows for `aloneMs` is a key. So K after a cut sequence halts `aloneMs` later than otherwise, and the rest of a
///   reply does not, unless a single byte `K` of it arrives all by itself, more than `sequenceMs` after the byte before
///   it and more than `aloneMs` before the next: that cannot be told from a finger, and errs to the safe side.
/// - A lone ESC is the Esc key after `escapeMs`. What can only go on with it (`[`, `]`, `P`...), arriving together with
///   more, is a reply whose ESC came early. `K` cannot go on with it: Esc, then K, halts even in one read.
/// - Ctrl-K (0x0b) is in no reply: control characters are not legal inside one. Outside a paste it is always a key.
/// - The end of a reply whose beginning never came is known by its terminator, BEL or ESC \, in the same read.
///
/// Pasted text is held between its brackets; a paste whose end does not come ends after `pasteMs` of silence.
public struct KeyDecoder: Sendable {
    /// A lone ESC is the Esc key after this.
    public static let escapeMs: UInt64 = 50
    /// A sequence that stops is cut after this.
    public static let sequenceMs: UInt64 = 100
    /// A paste that stops without its end is over after this.
    public static let pasteMs: UInt64 = 500
    /// After a cut, a character with nothing behind it for this long is a key.
    public static let aloneMs: UInt64 = 10
    /// For this long after a cut the rest of the sequence may still come.
    public static let lateMs: UInt64 = 10_000
    /// Bytes of a paste that are kept; the rest is swallowed with it.
    static let pasteLimit = 16_384

    enum State: Equatable {
        case ground
        case escape
        case csi([UInt8])
        /// ESC [ [, the Linux console's F1 to F5.
        case console
        case ss3
        /// The raw bytes after ESC [ M and the like: so many coordinates are missing; `wide` after the first byte of a
        /// two-byte one.
        case raw(missing: Int, wide: Bool)
        /// DCS, OSC, APC, PM, SOS.
        case string
        case stringEscape
        case paste
    }

    /// A sequence that was cut, and until when its rest may come.
    private struct Cut {
        var resume: State
        var untilMs: UInt64
    }

    private var state = State.ground
    private var cut: Cut?
    private var held: [UInt8] = []
    private var partial: [UInt8] = []
    private var pasted: [UInt8] = []
    private var pasteMatched = 0
    private var events: [InputEvent] = []
    private var answers = 0

    /// When `timeout(nowMs:)` has to be called if nothing arrives before; nil: not at all.
    public private(set) var deadlineMs: UInt64?

    /// A decoder at the beginning of its input.
    public init() {}

    /// Takes the bytes of one read.
    public mutating func feed(_ bytes: some Sequence<UInt8>, nowMs: UInt64) -> [InputEvent] {
        expire(nowMs)
        let chunk = Array(bytes)
        let before = state
        if !chunk.isEmpty {
            if state == .ground, let cut, nowMs < cut.untilMs {
                takeLate(chunk, after: cut)
            } else {
                if state == .ground { cut = nil }
                run(state == .ground && partial.isEmpty ? withoutTail(chunk[...]) : chunk[...])
            }
            schedule(nowMs, entered: !sameKind(before, state) || chunk.count > 1)
        }
        return drained()
    }

    /// Nothing arrived until `deadlineMs`.
    public mutating func timeout(nowMs: UInt64) -> [InputEvent] {
        expire(nowMs)
        return drained()
    }

    /// How often the terminal has answered that it is there (ESC [ 0 n), since this was asked last.
    public mutating func takeAnswers() -> Int {
        defer { answers = 0 }
        return answers
    }

    private mutating func drained() -> [InputEvent] {
        defer { events = [] }
        return events
    }

    // MARK: - Time

    private mutating func schedule(_ nowMs: UInt64, entered: Bool) {
        if !held.isEmpty {
            deadlineMs = nowMs + KeyDecoder.aloneMs
            return
        }
        let wait: UInt64
        switch state {
        case .ground where partial.isEmpty:
            deadlineMs = nil
            return
        case .ground, .escape: wait = KeyDecoder.escapeMs
        case .paste: wait = KeyDecoder.pasteMs
        default: wait = KeyDecoder.sequenceMs
        }
        if entered || deadlineMs == nil { deadlineMs = nowMs + wait }
    }

    private mutating func expire(_ nowMs: UInt64) {
        guard let deadline = deadlineMs, nowMs >= deadline else { return }
        deadlineMs = nil
        partial = []
        if !held.isEmpty {
            let typed = held
            held = []
            // A first byte of a sequence, alone after a lone ESC: a key for now; company may still come.
            if let cut, cut.resume == .escape, let first = typed.first {
                self.cut = Cut(resume: first == UInt8(ascii: "[") ? .csi([]) : .string, untilMs: cut.untilMs)
            }
            run(typed[...])
            schedule(nowMs, entered: true)
            return
        }
        switch state {
        case .ground: return
        case .ss3, .console: break
        case .escape:
            events.append(.key(.escape))
            cut = Cut(resume: .escape, untilMs: nowMs + KeyDecoder.lateMs)
        case .paste:
            finishPaste()
            cut = Cut(resume: .paste, untilMs: nowMs + KeyDecoder.lateMs)
        case .stringEscape: cut = Cut(resume: .string, untilMs: nowMs + KeyDecoder.lateMs)
        case .csi, .raw, .string: cut = Cut(resume: state, untilMs: nowMs + KeyDecoder.lateMs)
        }
        state = .ground
    }

    private func sameKind(_ left: State, _ right: State) -> Bool {
        switch (left, right) {
        case (.csi, .csi), (.raw, .raw): true
        default: left == right
        }
    }

    // MARK: - After a cut

    private mutating func takeLate(_ chunk: [UInt8], after cut: Cut) {
        let bytes = held + chunk
        held = []
        guard let first = bytes.first else { return }
        switch cut.resume {
        case .escape:
            guard KeyDecoder.introducers.contains(first) else {
                self.cut = nil
                run(bytes[...])
                return
            }
            if bytes.count == 1 {
                held = bytes
            } else {
                self.cut = nil
                state = .escape
                run(bytes[...])
            }
        case .paste where first == 0x1b:
            run(bytes[...])
            if state == .ground, bytes.starts(with: KeyDecoder.pasteEnd) { self.cut = nil }
        case .paste, .raw:
            if isOneCharacter(bytes) { held = bytes } else { goOn(bytes, from: cut.resume) }
        default:
            // Ctrl-K needs no waiting: no reply has it.
            let isTyped = first != 0x0b && (isOneCharacter(bytes) || bytes.allSatisfy { $0 == first })
            if isTyped, first != 0x1b { held = bytes } else { goOn(bytes, from: cut.resume) }
        }
    }

    private mutating func goOn(_ bytes: [UInt8], from resume: State) {
        state = resume
        run(bytes[...])
        if state == .ground { cut = nil }
    }

    private func isOneCharacter(_ bytes: [UInt8]) -> Bool {
        bytes.count == 1 || (bytes.count <= 4 && bytes[0] >= 0xc2 && bytes.dropFirst().allSatisfy { $0 & 0xc0 == 0x80 })
    }

    /// A read that begins with the end of a reply: its printable bytes up to BEL or ESC \ go with it. Nobody types
    /// those terminators.
    private func withoutTail(_ chunk: [UInt8].SubSequence) -> [UInt8].SubSequence {
        guard let end = chunk.firstIndex(where: { $0 < 0x20 || $0 == 0x7f }), end > chunk.startIndex else {
            return chunk
        }
        if chunk[end] == 0x07 { return chunk[(end + 1)...] }
        let next = end + 1
        if chunk[end] == 0x1b, next < chunk.endIndex, chunk[next] == UInt8(ascii: "\\") { return chunk[(next + 1)...] }
        return chunk
    }

    // MARK: - Byte by byte

    static let introducers = Set("[]PO_^X".utf8)
    static let pasteEnd = Array("\u{1b}[201~".utf8)

    private mutating func run(_ bytes: [UInt8].SubSequence) {
        for byte in bytes { consume(byte) }
    }

    private mutating func consume(_ byte: UInt8) {
        switch state {
        case .ground: ground(byte)
        case .escape: escape(byte)
        case .csi(let parameters): csi(byte, parameters)
        case .console:
            state = .ground
            let number = Int(byte) - Int(UInt8(ascii: "A")) + 1
            if (1...5).contains(number) { events.append(.key(.function(number))) }
        case .ss3: ss3(byte)
        case .raw(let missing, let wide): raw(byte, missing, wide)
        case .string: string(byte)
        case .stringEscape: stringEscape(byte)
        case .paste: paste(byte)
        }
    }

    private mutating func ground(_ byte: UInt8) {
        if !partial.isEmpty {
            if byte & 0xc0 == 0x80 {
                partial.append(byte)
                finishCharacter()
                return
            }
            partial = []
        }
        switch byte {
        case 0x1b: state = .escape
        case 0x0d, 0x0a: events.append(.key(.enter))
        case 0x09: events.append(.key(.tab))
        case 0x08, 0x7f: events.append(.key(.backspace))
        case 0x00..<0x20:
            events.append(
                .key(.control(Character(Unicode.Scalar(byte < 0x1b && byte > 0 ? byte + 0x60 : byte + 0x40))))
            )
        case 0x20..<0x7f: events.append(.key(.character(Character(Unicode.Scalar(byte)))))
        case 0xc2...0xf4: partial = [byte]
        default: introduce(byte)
        }
    }

    /// A C1 control: what ESC and another byte are, in one. A stray byte is nothing.
    private mutating func introduce(_ control: UInt8) {
        switch control {
        case 0x9b: state = .csi([])
        case 0x8f: state = .ss3
        case 0x90, 0x98, 0x9d, 0x9e, 0x9f: state = .string
        default: break
        }
    }

    private mutating func finishCharacter() {
        let needed = partial[0] < 0xe0 ? 2 : partial[0] < 0xf0 ? 3 : 4
        guard partial.count >= needed else { return }
        let bytes = partial
        partial = []
        guard let text = String(validating: bytes, as: UTF8.self), let scalar = text.unicodeScalars.first else {
            return
        }
        if (0x80..<0xa0).contains(scalar.value) {
            introduce(UInt8(scalar.value))
        } else if let character = text.first {
            events.append(.key(.character(character)))
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "["): state = .csi([])
        case UInt8(ascii: "O"): state = .ss3
        case UInt8(ascii: "P"), UInt8(ascii: "]"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
            state = .string
        case UInt8(ascii: "\\"): state = .ground
        case 0x1b: events.append(.key(.escape))
        default:
            events.append(.key(.escape))
            state = .ground
            ground(byte)
        }
    }

    private mutating func csi(_ byte: UInt8, _ parameters: [UInt8]) {
        switch byte {
        case 0x20...0x3f: if parameters.count < 64 { state = .csi(parameters + [byte]) }
        case UInt8(ascii: "[") where parameters.isEmpty: state = .console
        case 0x40...0x7e:
            state = .ground
            switch KeySequence.meaning(of: byte, parameters) {
            case .nothing: break
            case .answer: answers += 1
            case .key(let key): events.append(.key(key))
            case .paste: state = .paste
            case .raw(let count): state = .raw(missing: count, wide: false)
            }
        case 0x0b, 0x1b, 0x80...: interrupted(by: byte)
        case 0x18, 0x1a: state = .ground
        default: break
        }
    }

    /// Something that cannot be part of the sequence: it was cut short, and this begins anew.
    private mutating func interrupted(by byte: UInt8) {
        state = .ground
        ground(byte)
    }

    private mutating func ss3(_ byte: UInt8) {
        state = .ground
        switch byte {
        case UInt8(ascii: "P")...UInt8(ascii: "S"): events.append(.key(.function(Int(byte) - 0x4f)))
        case UInt8(ascii: "M"): events.append(.key(.enter))
        case UInt8(ascii: "K"), 0x00..<0x20: ground(byte)
        default: if let key = KeySequence.cursorKeys[byte] { events.append(.key(key)) }
        }
    }

    private mutating func raw(_ byte: UInt8, _ missing: Int, _ wide: Bool) {
        if wide, byte & 0xc0 == 0x80 {
            state = missing == 0 ? .ground : .raw(missing: missing, wide: false)
        } else if byte < 0x20 || missing == 0 {
            interrupted(by: byte)
        } else {
            let isLead = (0xc2...0xdf).contains(byte)
            state = missing == 1 && !isLead ? .ground : .raw(missing: missing - 1, wide: isLead)
        }
    }

    private mutating func string(_ byte: UInt8) {
        switch byte {
        case 0x1b: state = .stringEscape
        case 0x07, 0x18, 0x1a: state = .ground
        case 0x0b: interrupted(by: byte)
        default: break
        }
    }

    private mutating func stringEscape(_ byte: UInt8) {
        if byte == UInt8(ascii: "\\") {
            state = .ground
        } else {
            state = .escape
            escape(byte)
        }
    }

    private mutating func paste(_ byte: UInt8) {
        if byte == KeyDecoder.pasteEnd[pasteMatched] {
            pasteMatched += 1
            if pasteMatched == KeyDecoder.pasteEnd.count {
                state = .ground
                finishPaste()
            }
            return
        }
        keep(KeyDecoder.pasteEnd.prefix(pasteMatched))
        pasteMatched = byte == 0x1b ? 1 : 0
        if pasteMatched == 0 { keep([byte]) }
    }

    private mutating func keep(_ bytes: some Sequence<UInt8>) {
        for byte in bytes where pasted.count < KeyDecoder.pasteLimit { pasted.append(byte) }
    }

    private mutating func finishPaste() {
        events.append(.paste(String(decoding: pasted, as: UTF8.self)))
        pasted = []
        pasteMatched = 0
    }
}
