extension OperatorAction.Change {
    /// What it is called in the audit and in logs.
    public var word: String {
        switch self {
        case .acknowledge: "acknowledge"
        case .acknowledgeAll: "acknowledge_all"
        case .silence: "silence"
        case .endSilence: "end_silence"
        case .resetBreaker: "reset_breaker"
        case .addDust: "add_dust"
        case .removeDust: "remove_dust"
        case .clearDust: "clear_dust"
        case .enforceCap: "enforce_cap"
        case .liquidate: "liquidate"
        case .stopLiquidation: "stop_liquidation"
        case .carryOut: "carry_out"
        case .cancelOrder: "cancel_order"
        case .setEntryPrice: "set_entry_price"
        case .acceptClock: "accept_clock"
        case .forgetSupervisor: "forget_supervisor"
        }
    }
}
