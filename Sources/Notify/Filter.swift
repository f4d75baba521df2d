import Settings

extension DeskConfiguration.Notify.Target {
    /// Whether it is told of this.
    ///
    /// Halts and resumes go to everybody who does not choose by rule: they are what the desk is for. What eases
    /// (`resolved`, `acknowledged`) goes where `tellsResolved` says so.
    func wants(_ notification: Notification) -> Bool {
        switch notification.kind {
        case .test: return true
        case .halted, .resumed: return rules.isEmpty
        case .resolved, .acknowledged: if !tellsResolved { return false }
        // Of what nobody could tell apart in time.
        case .summary:
            return notification.level >= level
                && (rules.isEmpty || notification.rules.contains { rules.contains($0.rule) })
        case .raised, .escalated, .reminded, .unacknowledged: break
        }
        return notification.level >= level && (rules.isEmpty || rules.contains(notification.rule))
    }
}
