import KillSwitch
import SafetyEngine

extension ResumeDialog {
    /// A line of the dialog, and the item that it belongs to.
    private struct Row {
        var line: Line
        var item: Item?
        var field: (column: Int, field: TextField)?
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let width = min(body.width, 92)
        guard width >= 20, body.height >= 3 else {
            // Nothing of the panes below shows through, and the way out before all that could be said.
            frame.fill(body, role: .dialog)
            let lines = Text.wrap("Esc leaves. Too small a window to resume in", max(1, body.width))
            for (row, line) in lines.prefix(body.height).enumerated() {
                frame.put(line, row: body.row + row, column: body.column, limit: body.width, role: .warning)
            }
            return
        }
        let rows = rows(width: width - 4, scene: scene)
        let rect = Box.centred(width: width, height: rows.count + 4, in: body)
        let asks = confirms == nil ? "Resume" : "Confirm another operator's resume"
        let title = submittedMs == nil ? asks : "Resuming: waiting for the kill switch"
        let inside = Box.draw(title, in: rect, into: &frame)
        // The last two rows inside stay: the buttons, and what is wrong or missing. The rest scrolls with the focus;
        // with the focus on Cancel, where it begins, the top is shown: what would be resumed.
        let room = max(0, inside.height - 2)
        let last = max(0, rows.count - room)
        let at = focus == .cancel ? 0 : rows.lastIndex { $0.item == focus } ?? rows.count - 1
        let first = min(last, max(0, min(last, max(0, at - room + 2)) + scrolled))
        for (index, row) in rows.dropFirst(first).prefix(room).enumerated() {
            let place = inside.row + index
            frame.put(row.line, row: place, column: inside.column, limit: inside.width)
            if row.item == focus { frame.cursor = (place, inside.column) }
            if let (column, field) = row.field { draw(field, at: column, row: place, inside, row.item, &frame) }
        }
        if first > 0 { frame.put(" ▲ ", row: rect.row, column: rect.column + rect.width - 5, role: .dialogTitle) }
        if first < last {
            frame.put(" ▼ ", row: rect.row + rect.height - 1, column: rect.column + rect.width - 5, role: .dialogTitle)
        }
        drawButtons(inside, scene, into: &frame)
    }

    private func drawButtons(_ inside: Rect, _ scene: Scene, into frame: inout Frame) {
        let row = inside.row + max(0, inside.height - 2)
        let resume = focusable("[ Resume ]", .submit)
        let cancel = focusable("[ Cancel ]", .cancel)
        let gap = Span("   ", .dialog)
        frame.put(Line(resume.spans + [gap] + cancel.spans), row: row, column: inside.column, limit: inside.width)
        if focus == .submit { frame.cursor = (row, inside.column) }
        if focus == .cancel { frame.cursor = (row, inside.column + resume.width + 3) }
        guard inside.height > 1, submittedMs == nil else { return }
        if let problem {
            frame.put(Text.fit("! " + problem, inside.width), row: row + 1, column: inside.column, role: .bad)
        } else if let missing = missing(scene.freshness, scene.nowMs) {
            let text = Text.fit("not yet: " + missing.text, inside.width)
            frame.put(text, row: row + 1, column: inside.column, role: .warning)
        }
    }

    private func draw(
        _ field: TextField,
        at column: Int,
        row: Int,
        _ inside: Rect,
        _ item: Item?,
        _ frame: inout Frame
    ) {
        let room = max(0, inside.width - column)
        let shown = field.visible(width: room)
        let begin = inside.column + column
        frame.put(Text.pad(shown.text, room), row: row, column: begin, limit: room, role: .field)
        if item == focus { frame.cursor = (row, begin + min(shown.cursor, max(0, room - 1))) }
    }

    private func rows(width: Int, scene: Scene) -> [Row] {
        var rows = confirmedRows(width, scene)
        rows.append(
            choice("resumes", scope.isGlobal ? "everything (global)" : scope.description, .scope, scopes.count > 1)
        )
        let target =
            mode.map { $0 == .live ? "live (TRADING)" : $0.name }
            ?? (width < 50 ? "choose (Space)" : "choose: live, paper or reduce-only")
        rows.append(choice("to mode", target, .mode, modes.count > 1))
        rows += latchRows(width)
        rows += checkRows(width, scene)
        rows.append(plain(""))
        for name in questions {
            let mark = answers.contains(name) ? "[y] " : "[ ] "
            let wrapped = Text.wrap(mark + (name.question ?? ""), max(1, width - 2))
            rows += wrapped.map { Row(line: focusable($0, .question(name)), item: .question(name)) }
        }
        rows.append(plain(""))
        if confirms == nil { rows.append(input("reason ", reason, .reason)) }
        rows.append(input("type \(ResumeRequest.word) ", word, .word))
        if enrolled {
            rows.append(input("operator ", operatorName, .operatorName))
            rows.append(input("passphrase ", passphrase, .passphrase))
        } else {
            let text = "No credential is set up: the owner of the state directory may resume."
            rows += Text.wrap(text, width).map { Row(line: Line($0, .warning)) }
        }
        return rows
    }

    /// Who asked what and why, and how long that waits, before anything else.
    private func confirmedRows(_ width: Int, _ scene: Scene) -> [Row] {
        guard let confirms else {
            guard approvals > 1 else { return [] }
            return Text.wrap("This desk takes two operators: another one confirms what you ask here.", width)
                .map { Row(line: Line($0, .warning)) }
        }
        let left = WaitingResume.countdown(WaitingDialog.left(scene))
        var texts = [
            "\(confirms.askedBy) asked for this, \(left) left to confirm it (\(confirms.source.rawValue), \(confirms.from)):",
            "reason: \(confirms.reason)",
        ]
        for name in PreflightCheck.Name.allCases {
            if let why = confirms.overrides[name] { texts.append("overrides \(name.rawValue): \(why)") }
        }
        var rows: [Row] = []
        for (index, text) in texts.enumerated() {
            for (piece, part) in Text.wrap(text, max(1, width - 4)).enumerated() {
                let indent = index == 0 ? "" : piece == 0 ? "  " : "    "
                rows.append(Row(line: Line(indent + part, index == 0 ? .warning : .dialog)))
            }
        }
        return rows
    }

    private func latchRows(_ width: Int) -> [Row] {
        let lifted = latches.filter { scope.isGlobal || $0.scope == scope }
        guard !lifted.isEmpty else { return [plain("lifts no latch: none is known")] }
        let halts = lifted.reduce(0) { $0 + $1.count }
        let all = halts == lifted.count ? "" : " (of \(halts) halts)"
        var rows = [plain(lifted.count == 1 ? "lifts this latch\(all):" : "lifts these \(lifted.count) latches\(all):")]
        for latch in lifted {
            let who =
                latch.op.isEmpty || !latch.source.isOfPeople ? latch.author : "\(latch.source.rawValue) \(latch.op)"
            let text =
                "• \(latch.scope), \(who), \(latch.since): \(latch.reason)"
                + (latch.times.map { " (\($0))" } ?? "")
            for (index, piece) in Text.wrap(text, max(1, width - 4)).enumerated() {
                rows.append(plain((index == 0 ? "  " : "    ") + piece))
            }
        }
        return rows
    }

    private func checkRows(_ width: Int, _ scene: Scene) -> [Row] {
        guard checks != nil else { return [Row(line: Line("checks: running, no answer yet", .warning))] }
        let age = scene.nowMs &- min(scene.nowMs, checkedMs)
        let isOld = areOfBefore || age >= ResumeDialog.preflightLimitMs
        let head =
            areOfBefore
            ? "checks: looked at again; these are of before"
            : isOld
                ? "checks: STALE \(Age.whole(age)), asked again" : "checks: \(PreflightCheck.headline(ownChecks))"
        var rows = [Row(line: Line(head, isOld ? .warning : .dialog))]
        let overridden = listedOverrides
        // What fails first: where rows are few, it is what has to be seen.
        let failed = ownChecks.filter { $0.outcome == .failed }
        let unchecked = ownChecks.filter { $0.outcome == .notChecked }
        for check in failed + unchecked + ownChecks.filter(\.passed) {
            let mark = ResumeDialog.mark(check)
            let name = Span(Text.pad(check.name.rawValue, 12), isOld ? .stale : .dialog)
            let lines = Text.wrap(check.detail, max(1, width - 15))
            for (index, text) in (lines.isEmpty ? [""] : lines).enumerated() {
                let detail = Span(text, isOld ? .stale : ResumeDialog.role(check))
                let begin = index == 0 ? [mark, name] : [Span(String(repeating: " ", count: 14), .dialog)]
                rows.append(Row(line: Line(begin + [detail])))
            }
            if overridden.contains(check.name) {
                rows.append(
                    input("  your reason to override it: ", overrides[check.name] ?? TextField(), .override(check.name))
                )
            } else if check.refuses, let why = confirms?.overrides[check.name] {
                rows += Text.wrap("  overridden: \(why)", max(1, width)).map { Row(line: Line($0, .warning)) }
            } else if check.refuses, confirms != nil, check.name.canBeOverridden {
                rows.append(Row(line: Line("  not overridden by what was asked", .bad)))
            } else if check.refuses {
                rows.append(Row(line: Line("  cannot be overridden", .bad)))
            }
        }
        return rows
    }

    /// A check's mark; the help of the dialog names each.
    private static func mark(_ check: PreflightCheck) -> Span {
        switch check.outcome {
        case .passed: Span("✓ ", .good)
        case .failed: Span("! ", .bad)
        case .notChecked: Span("? ", check.refuses ? .bad : .warning)
        }
    }

    private static func role(_ check: PreflightCheck) -> Role {
        switch check.outcome {
        case .passed: .dialog
        case .failed: .bad
        case .notChecked: check.refuses ? .bad : .warning
        }
    }

    private func plain(_ text: String) -> Row { Row(line: Line(text, .dialog)) }

    private func choice(_ name: String, _ value: String, _ item: Item, _ canChange: Bool) -> Row {
        guard canChange else { return plain("\(Text.pad(name, 8)) \(value)") }
        return Row(line: focusable("\(Text.pad(name, 8)) < \(value) >", item), item: item)
    }

    private func focusable(_ text: String, _ item: Item) -> Line {
        item == focus ? Line("» " + text, .focused) : Line("  " + text, .dialog)
    }

    private func input(_ name: String, _ field: TextField, _ item: Item) -> Row {
        let line = focusable(name, item)
        return Row(line: line, item: item, field: (line.width, field))
    }
}
