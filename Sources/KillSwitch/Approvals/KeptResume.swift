/// A waiting resume with all that it was asked for and on: what the second person's confirmation is judged by.
///
/// Invariants (KillSwitchTests/KeptResumeTests): it counts on the boot, on the word and with the latches that it was
/// asked on, for `WaitingResume.lifetimeMs` of CLOCK_BOOTTIME, once; whatever is not exactly what was written is none.
struct KeptResume: Sendable, Equatable {
    /// What was asked.
    var content: WaitingResume
    /// Since when who asked was enrolled.
    var enrolledSince: String
    /// CLOCK_BOOTTIME ns when it was asked.
    var askedNs: UInt64
    /// The boot, as 32 hex digits.
    var bootID: String
    /// The page's word that it was asked on.
    var word: Word
    /// The latches that it was asked on, in the log's order.
    var latches: [String]
    /// Whether a resume has used it.
    var isSpent = false

    /// What has become of it.
    enum State: Equatable {
        /// It waits, for so many milliseconds more.
        case waiting(leftMs: UInt64)
        /// Its time is over.
        case expired
        /// Why it counts no more.
        case void(String)
    }

    /// What has become of it, at a time and on a desk.
    ///
    /// - Parameters:
    ///   - now: CLOCK_BOOTTIME ns.
    ///   - boot: this boot's id.
    ///   - word: the page's word, before any pause of the resume itself.
    ///   - latches: the latches in the log's order, without such a pause.
    func state(now: UInt64, boot: String?, word: Word?, latches: [String]) -> State {
        if isSpent { return .void("it was used already") }
        // A clock that stands before the question, too: nobody can say how long it has been.
        guard let boot, boot == bootID, now >= askedNs else { return .expired }
        let age = (now - askedNs) / 1_000_000
        guard age < WaitingResume.lifetimeMs else { return .expired }
        guard word == self.word else { return .void("the desk was halted or changed since it was asked") }
        guard latches == self.latches else { return .void("the latches are not those that it was asked for") }
        return .waiting(leftMs: WaitingResume.lifetimeMs - age)
    }

    // MARK: - Text

    private static let sumPrefix = ",\"sum\":\""

    /// The file's contents: one JSON object that ends in its CRC-32, like a record of the log.
    var text: String {
        let json = JSON.object([
            .init("version", .integer(1)), .init("request", content.json), .init("since", .string(enrolledSince)),
            .init("asked_ns", .number(askedNs)), .init("boot", .string(bootID)),
            .init("word", .integer(Int64(word.rawValue))), .init("latches", .array(latches.map { .string($0) })),
            .init("spent", .bool(isSpent)),
        ])
        let body = json.line.dropLast()
        return "\(body)\(KeptResume.sumPrefix)\(KeptResume.sum(of: Array(body.utf8)))\"}\n"
    }

    private static func sum(of body: [UInt8]) -> String {
        let digits = String(CRC32.of(body[...]), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Reads the file's contents; nil for anything that `text` did not write.
    init?(bytes: [UInt8]) {
        let tail = KeptResume.sumPrefix.utf8.count + 8 + 3
        guard bytes.count > tail else { return nil }
        let body = Array(bytes.dropLast(tail))
        guard let json = JSON(bytes: body + [UInt8(ascii: "}")]), json["version"]?.integer == 1,
            let content = json["request"].flatMap({ WaitingResume(json: $0) }), let since = json["since"]?.string,
            let asked = json["asked_ns"]?.integer.flatMap({ UInt64(exactly: $0) }), let boot = json["boot"]?.string,
            let word = json["word"]?.integer.flatMap({ UInt32(exactly: $0) }), let list = json["latches"]?.array,
            case .bool(let isSpent)? = json["spent"]
        else { return nil }
        let latches = list.compactMap(\.string)
        guard latches.count == list.count else { return nil }
        self.init(
            content: content,
            enrolledSince: since,
            askedNs: asked,
            bootID: boot,
            word: Word(rawValue: word),
            latches: latches,
            isSpent: isSpent
        )
        // Written again it has to be what was read: sum, order, keys and all.
        guard Array(text.utf8) == bytes else { return nil }
    }

    init(
        content: WaitingResume,
        enrolledSince: String,
        askedNs: UInt64,
        bootID: String,
        word: Word,
        latches: [String],
        isSpent: Bool = false
    ) {
        self.content = content
        self.enrolledSince = enrolledSince
        self.askedNs = askedNs
        self.bootID = bootID
        self.word = word
        self.latches = latches
        self.isSpent = isSpent
    }
}
