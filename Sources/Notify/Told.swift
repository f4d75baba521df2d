import SafetyEngine

/// What people have been told of which alert, so that one alert at one level is told once.
///
/// Invariants (NotifyTests/ToldTests): at most `most` alerts are remembered, those that are over are forgotten first; an
/// alert that came again after it was over is told again.
struct Told: Sendable, Equatable {
    /// Alerts that are remembered.
    static let most = 1_024

    /// What was told last of one alert.
    struct Entry: Sendable, Equatable {
        var alert: String
        var level: Alert.Level
        var kind: Notification.Kind
    }

    /// Oldest alert first.
    private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]

    init(_ entries: [Entry] = []) { for entry in entries { remember(entry) } }

    /// Whether this is news; it is remembered then. What is about no alert always is.
    mutating func isNews(_ notification: Notification) -> Bool {
        guard !notification.alert.isEmpty else { return true }
        let entry = Entry(alert: notification.alert, level: notification.level, kind: notification.kind)
        if let place = places[entry.alert] {
            let last = entries[place]
            switch entry.kind {
            case .raised, .escalated:
                if last.kind != .resolved, entry.level <= last.level { return false }
            default:
                if last.kind == entry.kind, entry.level <= last.level { return false }
            }
        }
        remember(entry)
        return true
    }

    private mutating func remember(_ entry: Entry) {
        if let place = places[entry.alert] {
            entries[place] = entry
            return
        }
        if entries.count >= Told.most {
            forget()
        }
        places[entry.alert] = entries.count
        entries.append(entry)
    }

    /// Makes room for an eighth: one by one would cost a walk each.
    private mutating func forget() {
        var surplus = Told.most / 8
        for overOnly in [true, false] {
            entries.removeAll { entry in
                guard surplus > 0, !overOnly || entry.kind == .resolved else { return false }
                surplus -= 1
                return true
            }
        }
        places = [:]
        for (place, entry) in entries.enumerated() { places[entry.alert] = place }
    }
}
