import KillSwitch
import SafetyEngine

/// What an operator ordered to be sold: how far it is, what is left and why. Ordered and stopped by `estop liquidate`.
struct LiquidationLayer: Layer {
    private var scroll = Scroll()

    var name: String { "Liquidation" }
    var hints: [(key: String, does: String)] { [("Esc", "back"), ("j k", "scroll")] }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else { return .consumed }
        let action = Action.of(key)
        if action == .liquidation { return .close() }
        return scroll.handle(action, rows: context.snapshot.engine?.liquidation?.positions.count ?? 0)
            ? .consumed : .ignored
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let freshness = scene.freshness(of: scene.snapshot.positions)
        var lines: [Line] = []
        switch freshness {
        case .live: break
        case .never: lines.append(Line("nothing received yet: \(scene.snapshot.positions.hint)", .lost))
        case .stale(let age): lines.append(Line("STALE \(Age.whole(age))", .warning))
        case .lost(let age, let reason):
            lines.append(
                Line(
                    "NOT CONNECTED since \(scene.time(ago: age)) UTC (\(Age.whole(age))): \(reason). Last known:",
                    .bad
                )
            )
        }
        if let state = scene.snapshot.engine?.liquidation {
            let isLost = if case .lost = freshness { true } else { false }
            let all = head(state, scene) + state.positions.map(row)
            lines += isLost ? all.map { $0.bracketed(max(0, body.width - 4)) } : all
        } else if case .live = freshness {
            lines.append(Line("nothing is being sold, and nothing was since this desk began", .dialog))
        }
        lines.append(
            Line("to sell: estop liquidate\(scene.snapshot.commandOption) --reason WHY; to end it: --stop", .dim)
        )
        Box.drawScrolled(name, lines, width: body.width, from: scroll.offset, in: body, into: &frame)
    }

    private func head(_ state: EngineView.LiquidationState, _ scene: Scene) -> [Line] {
        let (word, role): (String, Role) =
            switch state.state {
            case .inProgress: ("SELLING", .warning)
            case .done: ("DONE", .good)
            case .left: ("LEFT", .bad)
            case .timeUp: ("TIME UP", .bad)
            case .stopped: ("STOPPED", .warning)
            }
        let elapsed = scene.aged(0)
        let timeLeft = state.isActive ? state.timeLeftMs - min(state.timeLeftMs, elapsed) : 0
        var lines = [
            Line([
                Span(Text.pad(word, 9), role), Span("\(state.done) done, \(state.left) left", .text),
                Span("  slippage \(state.slippage.map(Self.percent) ?? "not known")", .text),
                Span(" of at most \(Self.percent(state.maxSlippage))", .dim),
                Span(state.isActive ? "  \(Age.whole(timeLeft)) left" : "", .text),
            ]),
            Line([
                Span("since \(scene.time(ago: scene.aged(state.startedAgeMs))) UTC by \(state.by): ", .dim),
                Span(state.reason, .text), Span(state.account.map { " (account \($0))" } ?? "", .dim),
                Span(state.stoppedBy.map { ", stopped by \($0)" } ?? "", .warning),
            ]),
        ]
        if !state.unheard.isEmpty {
            lines.append(Line("not heard when it began: \(state.unheard.joined(separator: ", "))", .warning))
        }
        return lines
    }

    private func row(_ holding: EngineView.LiquidationState.Holding) -> Line {
        let isDone = holding.state == "done"
        return Line([
            Span(Text.pad(holding.state, 8), isDone ? .good : holding.state == "left" ? .bad : .warning),
            Span("\(holding.symbol) \(holding.side.rawValue) ", .text),
            Span("\(holding.venue)/\(holding.account)  ", .dim),
            Span("\(holding.closed) of \(holding.quantity) sold", .text),
            Span(holding.averagePrice.map { " at \($0)" } ?? "", .text),
            Span(holding.reference.map { " (was \($0))" } ?? "", .dim),
            Span(holding.reason.isEmpty ? "" : "  \(holding.reason)", .warning),
        ])
    }

    /// A fraction as people read it: 0.0512 is 5.12 %.
    private static func percent(_ fraction: Decimal) -> String {
        guard let hundred = fraction.multiplied(by: Decimal(100)) else { return "\(fraction)" }
        return "\(hundred.rounded(to: 2)) %"
    }
}
