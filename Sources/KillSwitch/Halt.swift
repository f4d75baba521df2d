internal import CEstop
import Glibc

/// Why and what to halt.
public struct HaltRequest: Sendable, Equatable {
    /// What remains permitted: `halted` (nothing), `paper` or `reduceOnly`.
    public var mode: Mode
    /// What it covers.
    public var scope: Scope
    /// Why.
    public var reason: String
    /// Where it comes from.
    public var source: Record.Source
    /// Who; nil: who runs this process.
    public var op: String?
    /// Terminal and address; nil: this process's.
    public var from: String?

    /// Creates a request.
    public init(
        mode: Mode = .halted,
        scope: Scope = .global,
        reason: String,
        source: Record.Source,
        op: String? = nil,
        from: String? = nil
    ) {
        self.mode = mode
        self.scope = scope
        self.reason = reason
        self.source = source
        self.op = op
        self.from = from
    }
}

/// What a halt achieved so far.
public struct HaltReport: Sendable, Equatable {
    /// The page's word before and after; zero when the page was not written.
    public var was: Word
    /// The page's word after.
    public var state: Word
    /// The latch.
    public var id: String
    /// Every gate of the desk is halted by now.
    public var onPage: Bool
    /// The page halted everything: that was asked for, or the page could not take the scope.
    public var coversAll: Bool
    /// The record is on disk.
    public var durable: Bool
    /// The stop file was left.
    public var stopFile: Bool
    /// The host took it over estop.sock.
    public var socket: Bool
    /// The errno of what failed; 0.
    public var error: Int32

    /// Whether anybody took it.
    public var taken: Bool { onPage || stopFile || socket }

    /// What is true of a halt that is counted with others, before they are recorded.
    ///
    /// - Parameter isDurable: whether what it says is on disk already.
    public init(_ pulled: HaltHandle.Pulled, isDurable: Bool) {
        self.init(pulled.raw.report)
        durable = isDurable && pulled.onPage
    }

    init(_ report: estop_halt_report) {
        was = Word(rawValue: report.was)
        state = Word(rawValue: report.state)
        id = withUnsafeBytes(of: report.id) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        onPage = report.page != 0
        coversAll = report.page == 1
        durable = report.durable != 0
        stopFile = report.stop_file != 0
        socket = report.socket != 0
        error = report.error
    }
}

/// A hand on the switch: the page, mapped and ready, so that a halt's first effect is one store.
///
/// Owned by one thread. `pull()` neither allocates, locks nor does I/O before the store.
public final class HaltHandle {
    private let directory: StateDirectory
    private var mapping = estop_mapping()

    /// Maps the page; without one every pull looks for it again.
    public init(_ directory: StateDirectory) {
        self.directory = directory
        _ = estop_map(&mapping, directory.descriptor, 1, 0)
    }

    deinit { estop_unmap(&mapping) }

    /// What a pull did to the page; hand it to `record` to make it durable.
    public struct Pulled: Sendable {
        fileprivate let raw: RawReport
        /// CLOCK_BOOTTIME ns when the word was on the page.
        public let at: UInt64
        /// The latch that its record will add.
        public var id: String { HaltReport(raw.report).id }
        /// The page's word before it; zero without a page.
        public var was: Word { Word(rawValue: raw.report.was) }
        /// The page's word after it.
        public var word: Word { Word(rawValue: raw.report.state) }
        /// Whether it is on the page.
        public var onPage: Bool { raw.report.page != 0 }
        /// Whether the page halted everything: that was asked for, or the page could not take the scope.
        public var coversAll: Bool { raw.report.page == 1 }
        /// Whether an entry of an earlier halt enforces it: then it is a halt of a scope that was halted already.
        public var isEnforcedByAnother: Bool {
            raw.report.page == 2 && raw.pulled.tag != CRC32.of(id.utf8)
        }

        /// The same halt as a record that stands for several: from the word before the first to the word after the last.
        func standing(for count: Int, from was: Word, to state: Word) -> Pulled {
            var raw = raw
            raw.pulled.count = UInt32(clamping: count)
            raw.pulled.report.was = was.rawValue
            raw.pulled.report.state = state.rawValue
            return Pulled(raw: raw, at: at)
        }
    }

    fileprivate struct RawReport: @unchecked Sendable {
        var pulled: estop_pulled
        var report: estop_halt_report { pulled.report }
    }

    /// Steps (1) and (2): the page halts everything and the waiting gates are woken.
    public func pull() -> Pulled { pull(.halted, nil) }

    /// Steps (1) and (2) of any halt.
    public func pull(for request: HaltRequest) -> Pulled {
        pull(request.mode, request.scope.isGlobal ? nil : request.scope.description)
    }

    private func pull(_ mode: Mode, _ scope: String?) -> Pulled {
        var pulled = estop_pulled()
        if mapping.page == nil { _ = estop_map(&mapping, directory.descriptor, 1, 0) }
        estop_switch_halt_page(&mapping, directory.descriptor, UInt32(mode.rawValue), scope, &pulled)
        return Pulled(raw: RawReport(pulled: pulled), at: estop_boottime())
    }

    fileprivate func record(_ pulled: Pulled, _ request: HaltRequest, again: Bool = false) -> estop_pulled {
        var made = pulled.raw.pulled
        withCStrings([
            request.scope.isGlobal ? nil : request.scope.description, request.reason, request.source.rawValue,
            request.op, request.from,
        ]) { text in
            estop_switch_halt_record(
                &mapping,
                directory.descriptor,
                UInt32(request.mode.rawValue),
                text[0],
                text[1],
                text[2],
                text[3],
                text[4],
                again ? 1 : 0,
                &made
            )
        }
        return made
    }

    /// Keeps the record of a halt beside the pages, where the host finds it: for a disk that does not answer.
    ///
    /// - Returns: whether it is kept.
    fileprivate func keep(_ pulled: Pulled, _ request: HaltRequest) -> Bool {
        var made = pulled.raw.pulled
        var line = [CChar](repeating: 0, count: Int(ESTOP_RECORD_MAX))
        var isKept = false
        withCStrings([
            request.scope.isGlobal ? nil : request.scope.description, request.reason, request.source.rawValue,
            request.op, request.from, pulled.id,
        ]) { text in
            let mode = UInt32(request.mode.rawValue)
            let length = estop_switch_compose(&made, mode, text[0], text[1], text[2], text[3], text[4], &line)
            isKept = estop_keep_record(directory.descriptor, text[5], line, length) != 0
        }
        return isKept
    }
}

extension KillSwitch {
    /// Halts: (1) the page, (2) the wake, (3) the record on disk. Blocks for the disk; the page comes first.
    ///
    /// A process that may not write the page leaves the stop file, then asks the host. Never throws: the report says
    /// what was achieved.
    @discardableResult
    public func halt(_ request: HaltRequest) -> HaltReport {
        let handle = HaltHandle(directory)
        return record(handle.pull(for: request), request, by: handle)
    }

    /// Step (3) of a halt whose page a `HaltHandle` wrote: the record, on disk.
    @discardableResult
    public func record(_ pulled: HaltHandle.Pulled, _ request: HaltRequest) -> HaltReport {
        record(pulled, request, by: HaltHandle(directory))
    }

    /// Step (3) once more, of a record that could not be written: under the same id, and without moving the word unless the
    /// page permits what was halted.
    ///
    /// - Returns: what was achieved, and what is left to record where it is not durable.
    func recordAgain(_ pulled: HaltHandle.Pulled, _ request: HaltRequest) -> (HaltReport, HaltHandle.Pulled) {
        var made = HaltHandle(directory).record(pulled, request, again: true)
        askOthersIfNeeded(request, &made.report)
        return (HaltReport(made.report), HaltHandle.Pulled(raw: HaltHandle.RawReport(pulled: made), at: made.report.at))
    }

    private func record(_ pulled: HaltHandle.Pulled, _ request: HaltRequest, by handle: HaltHandle) -> HaltReport {
        var report = handle.record(pulled, request).report
        askOthersIfNeeded(request, &report)
        return HaltReport(report)
    }

    /// Keeps the record of a halt whose disk does not answer beside the pages, in memory: the host appends it, with its reason,
    /// once the disk is back.
    ///
    /// - Returns: whether it is kept.
    public func keep(_ pulled: HaltHandle.Pulled, _ request: HaltRequest) -> Bool {
        HaltHandle(directory).keep(pulled, request)
    }

    /// Halts by HTTP on this machine's loopback, for who may not look into the state directory. Which desk serves there nobody
    /// can tell.
    ///
    /// - Returns: whether whoever listens there said that it halted.
    public static func halt(overLoopback port: UInt16, _ request: HaltRequest) -> Bool {
        estop_ask_loopback(port, request.scope.description, request.reason) == 1
    }

    private func askOthersIfNeeded(_ request: HaltRequest, _ report: inout estop_halt_report) {
        guard report.page == 0 else { return }
        report.stop_file = estop_leave_stop_file(directory.descriptor, request.reason)
        if report.stop_file != 1 {
            report.socket = estop_ask_host(directory.descriptor, request.scope.description, request.reason)
        }
    }

    /// The reason that an operator gives after a halt: a note about it, which the screen shows in its place.
    ///
    /// - Throws: `SwitchError.Code.log` when it is not on disk; the halt stands.
    public func giveReason(
        _ reason: String,
        for halt: String,
        source: Record.Source = .keyboard,
        identity: Identity
    ) throws(SwitchError) {
        try Log.note(
            .reason,
            about: halt,
            reason: reason,
            source: source,
            op: identity.name,
            from: identity.from,
            to: directory
        )
    }

    /// Records that the halt in force of a paper desk without a host is verified, once every open gate has acknowledged it;
    /// nothing otherwise. Its one venue ended with its host, and its orders with it.
    ///
    /// - Parameter asked: the word of which the caller knows that; nothing is recorded about another one.
    /// - Returns: whether it is verified and recorded.
    @discardableResult
    public func noteEffective(of asked: Word) -> Bool {
        let seen = observe()
        guard seen.isPaper, seen.host == nil, seen.word == asked, let halt = seen.haltsInForce.first,
            halt.scope.isGlobal
        else { return false }
        if seen.noted(halt.id) != nil { return true }
        let count = seen.openGates.count
        let text = "\(count) of \(count) gates acknowledged"
        return note(HaltVerdict(id: halt.id, isVerified: true, text: text), of: halt, seen: seen)
    }

    /// Records that a configuration which ran before was put in the place of the one that was.
    ///
    /// - Throws: `SwitchError.Code.log`.
    public func noteConfiguration(_ text: String, about file: String, identity: Identity) throws(SwitchError) {
        try Log.note(
            .configuration,
            about: file,
            reason: text,
            source: .cli,
            op: identity.name,
            from: identity.from,
            to: directory
        )
    }

    /// Records something about operators: enrolled, removed, a wrong passphrase.
    ///
    /// - Throws: `SwitchError.Code.log`.
    public func noteCredential(_ text: String, about name: String, identity: Identity) throws(SwitchError) {
        try Log.note(
            .credential,
            about: name,
            reason: text,
            source: .cli,
            op: identity.name,
            from: identity.from,
            to: directory
        )
    }
}
