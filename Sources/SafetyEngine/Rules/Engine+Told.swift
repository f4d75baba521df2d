extension Engine {
    /// Open alerts that people were to be told of and that nobody has acknowledged, each at the level that was told: for a
    /// host's start, since the host before may have died between the journal and the queue of notifications.
    public func toldAlerts(at atMs: UInt64) -> [Alert] {
        view(at: atMs).alerts.compactMap { alert in
            guard alert.resolvedMs == nil, alert.acknowledgedBy == nil,
                let place = alarms.watches.keys.firstIndex(where: { $0.id == alert.id }),
                let level = alarms.watches[at: place].alert?.toldLevel, !alarms.isSilenced(place, at: atMs)
            else { return nil }
            var told = alert
            told.level = level
            return told
        }
    }
}
