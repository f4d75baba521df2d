import Glibc

/// What a state directory remembers of whose it was: a real desk's, or a paper desk's.
///
/// Kept in `desk.json`, on disk before the desk first runs as a real one. So a desk that loses its configuration is not taken
/// for a paper desk, on whose page real bots would be permitted without their limits.
public enum DeskKind: String, Sendable {
    /// It ran as a real desk.
    case real
    /// It was a real desk and was converted to a paper desk.
    case paper

    static let file = "desk.json"
}

extension StateDirectory {
    /// What this directory remembers; nil: nothing, so it never was a real desk's. A mark that cannot be read counts as a real
    /// desk's.
    public var kind: DeskKind? {
        guard has(DeskKind.file) else { return nil }
        guard let bytes = try? read(DeskKind.file), let kind = JSON(bytes: bytes)?["kind"]?.string else { return .real }
        return DeskKind(rawValue: kind) ?? .real
    }

    /// Remembers it, on disk before this returns.
    func remember(_ kind: DeskKind, name: String) throws(SwitchError) {
        let text = JSON.object([
            .init("v", .integer(1)), .init("kind", .string(kind.rawValue)), .init("name", .string(name)),
            .init("since", .string(Clock.now())),
        ])
        let temporary = "\(DeskKind.file).\(Log.newID()).tmp"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        guard let file = Descriptor(openat(descriptor, temporary, flags, 0o660)) else {
            throw SwitchError(.log, "\(path)/\(DeskKind.file) cannot be written", errno: errno)
        }
        fchmod(file.number, 0o660)
        let error = writeAll(file.number, Array((text.line + "\n").utf8))
        guard error == 0, fsync(file.number) == 0,
            renameat(descriptor, temporary, descriptor, DeskKind.file) == 0, fsync(descriptor) == 0
        else {
            let kept = error != 0 ? error : errno
            unlinkat(descriptor, temporary, 0)
            throw SwitchError(.log, "\(path)/\(DeskKind.file) cannot be written", errno: kept)
        }
    }
}

extension KillSwitch {
    /// Whether it is a paper desk: configured as one, and never a real one's directory. A real desk whose configuration cannot
    /// be found or read is still a real one, with venues at which orders may be open.
    public var isPaper: Bool { settings.paper && directory.kind != .real }

    /// Why this desk must not go on as its configuration says; nil: it may. A real desk whose configuration is gone, empty or
    /// says `paper` would be a paper desk on the pages that real bots obey.
    public var kindProblem: String? {
        guard settings.paper, directory.kind == .real else { return nil }
        return
            "\(directory.path) is the state directory of a real desk, and the configuration that was found makes it a paper "
            + "desk: estop.toml is missing, empty, or says paper = true. Put the configuration back (estop config history, "
            + "estop config restore), name it with --config, or convert the desk: "
            + "estop desk convert REASON\(directory.option)"
    }

    /// What a host does before anything else: it remembers a real desk, and does not go on with one that has become a paper
    /// desk by accident.
    ///
    /// - Throws: `SwitchError`; the desk then is halted, with a latch that says why.
    public func claimKind() throws(SwitchError) {
        if !settings.paper, directory.kind != .real { try directory.remember(.real, name: settings.name) }
        guard let problem = kindProblem else { return }
        _ = try ensurePages(mayStart: false, isHost: true)
        let reason = "a real desk was started without its configuration and would have become a paper desk"
        let seen = observe()
        // A service manager starts it again and again: one latch is enough.
        let isHalted = !(seen.word?.mode.permitsAnything ?? false) && seen.latches.contains { $0.reason == reason }
        if !isHalted { halt(HaltRequest(reason: reason, source: .watchdog)) }
        throw SwitchError(.input, "\(problem). Trading is HALTED and no host was started")
    }

    /// Makes a real desk a paper desk, once it is halted on disk. Whoever calls has checked the authority, and that no host runs.
    ///
    /// - Throws: `SwitchError` when the halt or the mark is not on disk; the desk then is still a real one, and halted.
    public func convertToPaper(reason: String, identity: Identity) throws(SwitchError) {
        _ = try ensurePages(mayStart: false, isHost: true)
        let report = halt(
            HaltRequest(
                reason: "converted from a real desk to a paper desk: \(reason)",
                source: .cli,
                op: identity.name,
                from: identity.from
            )
        )
        guard report.onPage, report.durable else {
            throw SwitchError(.log, "the halt that goes before a conversion is not on disk", errno: report.error)
        }
        try directory.remember(.paper, name: settings.name)
    }
}
