extension Record.Source {
    /// Whether a person did it, whose name the record bears. What estop does by itself runs as somebody, too, who did not do
    /// it.
    public var isOfPeople: Bool {
        switch self {
        case .keyboard, .cli, .api, .library: true
        case .file, .rule, .database, .environment, .watchdog, .fleet: false
        }
    }

    /// Who did it, as people read it: the operator, or what acted by itself.
    ///
    /// - Parameter op: the operator of the record; empty: not known.
    public func author(_ op: String) -> String {
        switch self {
        case .keyboard, .cli, .api, .library: op.isEmpty ? "estop" : op
        case .file: "stop file"
        case .rule: "rule"
        case .database: "database"
        case .environment: "TRADING_MODE"
        case .watchdog: "watchdog"
        case .fleet: "another desk"
        }
    }
}
