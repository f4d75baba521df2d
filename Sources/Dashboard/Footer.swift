import SafetyEngine

/// The last row: the keys, how to halt first: whatever else is cut, that is not.
enum Footer {
    static func draw(_ interface: Interface, _ scene: Scene, _ layout: Layout, into frame: inout Frame) {
        guard layout.footer.height > 0 else { return }
        let row = layout.footer.row
        let width = layout.footer.width
        var column = 0
        for hint in fitting(hints(interface), width - markWidth(scene)) {
            column += frame.put(" \(hint.key)", row: row, column: column, role: .key)
            column += frame.put(" \(hint.does) ", row: row, column: column, role: .label)
        }
        if let mark = scene.snapshot.mark, column + TextWidth.of(mark) + 2 <= width {
            let text = " \(mark) "
            frame.put(text, row: row, column: width - TextWidth.of(text), role: .mark)
            return
        }
        guard interface.layers.isEmpty, !interface.isZoomed, !layout.hidden.isEmpty else { return }
        let text = "hidden: \(layout.hidden.map(\.name).joined(separator: ", ")) "
        let few = "\(layout.hidden.count) hidden "
        for text in [text, few] where column + TextWidth.of(text) < width {
            frame.put(text, row: row, column: width - TextWidth.of(text), role: .dim)
            return
        }
    }

    private static func markWidth(_ scene: Scene) -> Int { scene.snapshot.mark.map { TextWidth.of($0) + 2 } ?? 0 }

    private struct Hint {
        var key: String
        var does: String
        var rank: Int

        var width: Int { TextWidth.of(key) + TextWidth.of(does) + 3 }
    }

    private static func hints(_ interface: Interface) -> [Hint] {
        let halt = Hint(key: interface.isTyping ? "Ctrl-K" : "K", does: Action.halt.hint?.word ?? "", rank: 0)
        if let top = interface.layers.last {
            return [halt] + top.hints.enumerated().map { Hint(key: $1.key, does: $1.does, rank: $0 + 1) }
        }
        return [halt]
            + Action.allCases.compactMap { action in
                guard action != .halt, let hint = action.hint, let key = action.keys.first else { return nil }
                return Hint(key: key.name, does: hint.word, rank: hint.rank)
            }
    }

    /// Those that fit, the most important ones, in their order; the halt whatever happens.
    private static func fitting(_ hints: [Hint], _ width: Int) -> [Hint] {
        var used = 0
        var kept: Set<Int> = []
        for (index, hint) in hints.enumerated().sorted(by: { $0.element.rank < $1.element.rank }) {
            guard index == 0 || used + hint.width <= width else { continue }
            used += hint.width
            kept.insert(index)
        }
        return hints.enumerated().filter { kept.contains($0.offset) }.map(\.element)
    }
}
