/// The state file of the kill switch that the runbooks were written for (`.nija_kill_switch_state.json`): a desk that begins
/// where that one was active begins halted, and says why. It is only read, and only once: when a directory becomes a desk.
///
/// Invariant (KillSwitchTests/ImportedSwitchTests): what cannot be read as inactive is active.
enum ImportedSwitch {
    static let name = ".nija_kill_switch_state.json"

    /// Why a new desk starts halted because of it; nil: there is no such file, or it says that it is not active.
    static func reason(in directory: StateDirectory) -> String? {
        guard directory.has(name) else { return nil }
        guard let bytes = try? directory.read(name), let json = JSON(bytes: bytes), let active = json["is_active"]
        else {
            return "\(name) is there and cannot be read: it counts as active"
        }
        if case .bool(false) = active { return nil }
        let history = json["activation_history"]?.array ?? json["recent_history"]?.array ?? json["history"]?.array ?? []
        let last = history.last { $0["reason"]?.string != nil } ?? json
        let why = last["reason"]?.string.map { ": \($0)" } ?? ""
        let since = last["timestamp"]?.string.map { ", since \($0)" } ?? ""
        return "imported from \(name), which was active\(since)\(why)"
    }
}
