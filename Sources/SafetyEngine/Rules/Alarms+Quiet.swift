/// Who is told of what.
extension Alarms {
    /// A row of the table of inhibitions whose alert is open.
    struct Cause {
        let row: Inhibition
        let key: AlarmKey
        /// Nil: it belongs to no venue and quiets nothing.
        let venue: String?
    }

    /// Whether an open alert waits for somebody to be told, or for its acknowledgement to end.
    var hasUntold: Bool {
        watches.values.contains { watch in
            guard let open = watch.alert else { return false }
            return open.mutedMs != nil || open.acknowledgedUntilMs != nil
        }
    }

    /// Open alerts that keep others quiet.
    func causes() -> [Cause] {
        var causes: [Cause] = []
        for place in watches.indices {
            guard let level = watches[at: place].alert?.level else { continue }
            let key = watches.keys[place]
            for row in Inhibition.table where row.cause == key.rule && level >= row.level {
                causes.append(Cause(row: row, key: key, venue: watches[at: place].venue))
            }
        }
        return causes
    }

    /// Whether nobody is told of an open alert now: silenced, inhibited, or in its cooldown.
    func isMuted(_ place: Int, _ causes: [Cause], at atMs: UInt64) -> Bool {
        let key = watches.keys[place]
        if let cooldown = cooldowns[key], let level = watches[at: place].alert?.level, level <= cooldown.level {
            return true
        }
        return isSilenced(place, at: atMs) || inhibitor(place, causes) != nil
    }

    /// What inhibits an open alert.
    func inhibitor(_ place: Int, _ causes: [Cause]) -> Cause? {
        let (key, venue) = (watches.keys[place], watches[at: place].venue)
        return causes.first { cause in
            guard let starved = cause.venue, !starved.isEmpty, cause.row.effects.contains(key.rule) else {
                return false
            }
            return venue == nil || venue == starved
        }
    }
}
