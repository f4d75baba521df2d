extension Emulator {
    // MARK: - Escape sequences

    mutating func escape(_ byte: UInt8) {
        state = .ground
        switch Character(Unicode.Scalar(byte)) {
        case "[": state = .control([])
        case "]": state = .command([])
        case "(": state = .charset(0)
        case ")": state = .charset(1)
        case "7": saved = Saved(row: screen.row, column: screen.column, pen: pen, graphics: graphics, shift: shift)
        case "8":
            move(toRow: saved.row, column: saved.column)
            (pen, graphics, shift) = (saved.pen, saved.graphics, saved.shift)
        case "=": hasApplicationKeypad = true
        case ">": hasApplicationKeypad = false
        case "D": lineFeed()
        case "E":
            move(toColumn: 0)
            lineFeed()
        case "H": tabs.insert(screen.column)
        case "M": reverseLineFeed()
        // The end of a string that did not begin: what a program sends to end one that was cut.
        case "\\": break
        default: complain("ESC \(byte)")
        }
    }

    mutating func finishCommand(_ text: [UInt8]) {
        state = .ground
        let words = String(decoding: text, as: UTF8.self)
        let parts = words.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts[0] == "2" || parts[0] == "0" {
            title = String(parts[1])
        } else if words != "104" {
            // 104: the palette as it was.
            complain("OSC \(words)")
        }
    }

    mutating func control(_ byte: UInt8, _ parameters: [UInt8]) {
        switch byte {
        case 0x20...0x3f: state = .control(parameters + [byte])
        case 0x40...0x7e:
            state = .ground
            perform(Character(Unicode.Scalar(byte)), String(decoding: parameters, as: UTF8.self))
        default:
            state = .ground
            complain("control \(byte) in a sequence")
        }
    }

    private mutating func perform(_ final: Character, _ text: String) {
        if text.hasPrefix("?") {
            privateMode(final, text)
            return
        }
        let numbers = text.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let first = max(1, numbers.first ?? 1)
        let which = numbers.first ?? 0
        switch final {
        case "m": setPen(numbers.isEmpty ? [0] : numbers)
        case "H", "f": move(toRow: first - 1, column: max(1, numbers.count > 1 ? numbers[1] : 1) - 1)
        case "A": move(toRow: max(screen.row >= top ? top : 0, screen.row - first), column: screen.column)
        case "B":
            move(toRow: min(screen.row <= bottom ? bottom : height - 1, screen.row + first), column: screen.column)
        case "C": move(toColumn: screen.column + first)
        case "D": move(toColumn: screen.column - first)
        case "G", "`": move(toColumn: first - 1)
        case "d": move(toRow: first - 1, column: screen.column)
        case "I": for _ in 0..<first { move(toColumn: tabs.filter { $0 > screen.column }.min() ?? width - 1) }
        case "Z": for _ in 0..<first { move(toColumn: tabs.filter { $0 < screen.column }.max() ?? 0) }
        case "J": eraseScreen(which)
        case "K":
            let here = screen.column
            erase(screen.row, which == 0 ? here..<width : which == 1 ? 0..<(here + 1) : 0..<width)
        case "X": erase(screen.row, screen.column..<min(width, screen.column + first))
        case "@": insertCells(first)
        case "P": deleteCells(first)
        case "L": if (top...bottom).contains(screen.row) { scroll(from: screen.row, by: -first) }
        case "M": if (top...bottom).contains(screen.row) { scroll(from: screen.row, by: first) }
        case "S": scroll(from: top, by: first)
        case "T": scroll(from: top, by: -first)
        case "b": for _ in 0..<first { put(last) }
        case "r":
            (top, bottom) = (first - 1, min(height, numbers.count > 1 ? max(1, numbers[1]) : height) - 1)
            if top >= bottom { (top, bottom) = (0, height - 1) }
            move(toRow: 0, column: 0)
        case "h", "l":
            // 34: how the cursor looks.
            if which == 4 { inserts = final == "h" } else if which != 34 { complain("CSI \(text)\(final)") }
        case "g": if which == 3 { tabs = [] } else { tabs.remove(screen.column) }
        case "n" where which == 5:
            questions += 1
            replies += Array("\u{1b}[0n".utf8)
        case "t" where which == 22: titles.append(title)
        case "t" where which == 23: title = titles.popLast() ?? title
        default: complain("CSI \(text)\(final)")
        }
    }

    private mutating func privateMode(_ final: Character, _ text: String) {
        guard final == "h" || final == "l" else { return complain("CSI \(text)\(final)") }
        let isOn = final == "h"
        for mode in text.dropFirst().split(separator: ";").compactMap({ Int($0) }) {
            switch mode {
            case 1: hasApplicationKeys = isOn
            case 7: wrapsAround = isOn
            // The cursor's blinking.
            case 12: break
            case 25: isCursorShown = isOn
            case 2004: bracketsPastes = isOn
            case 1049: setAlternate(isOn)
            case 1000, 1002, 1003, 1004, 1006, 2026: if isOn { modes.insert(mode) } else { modes.remove(mode) }
            default: complain("CSI \(text)\(final)")
            }
        }
    }

    private mutating func setAlternate(_ isOn: Bool) {
        if isOn, main == nil {
            main = screen
            screen.cells = Array(repeating: ScreenCell(), count: width * height)
        } else if !isOn, let before = main {
            screen = before
            main = nil
        }
    }

    private mutating func setPen(_ numbers: [Int]) {
        var index = 0
        while index < numbers.count {
            let number = numbers[index]
            index += 1
            switch number {
            case 0: pen = Style()
            case 1: pen.flags.insert(.bold)
            case 2: pen.flags.insert(.dim)
            case 4: pen.flags.insert(.underline)
            case 7: pen.flags.insert(.reverse)
            case 22: pen.flags.subtract([.bold, .dim])
            case 24: pen.flags.remove(.underline)
            case 27: pen.flags.remove(.reverse)
            case 30...37: pen.foreground = number - 30
            case 90...97: pen.foreground = number - 82
            case 39: pen.foreground = -1
            case 40...47: pen.background = number - 40
            case 100...107: pen.background = number - 92
            case 49: pen.background = -1
            case 38, 48:
                guard index + 1 < numbers.count, numbers[index] == 5 else { return complain("SGR \(numbers)") }
                if number == 38 { pen.foreground = numbers[index + 1] } else { pen.background = numbers[index + 1] }
                index += 2
            default: complain("SGR \(number)")
            }
        }
    }

    // MARK: - Moving

    mutating func move(toRow row: Int, column: Int) {
        screen.row = max(0, min(height - 1, row))
        move(toColumn: column)
    }

    mutating func move(toColumn column: Int) {
        screen.column = max(0, min(width - 1, column))
        screen.wraps = false
    }

    mutating func lineFeed() {
        screen.wraps = false
        if screen.row == bottom {
            scroll(from: top, by: 1)
        } else if screen.row < height - 1 {
            screen.row += 1
        }
    }

    private mutating func reverseLineFeed() {
        screen.wraps = false
        if screen.row == top {
            scroll(from: top, by: -1)
        } else if screen.row > 0 {
            screen.row -= 1
        }
    }

    // MARK: - Erasing and shifting

    /// Blanks have the colour behind the pen, and nothing else of it.
    private var blank: ScreenCell {
        var cell = ScreenCell()
        cell.style.background = pen.background
        return cell
    }

    private mutating func erase(_ row: Int, _ columns: Range<Int>) {
        screen.wraps = false
        split(row, columns.lowerBound)
        split(row, columns.upperBound)
        for column in columns { self[row, column] = blank }
    }

    private mutating func eraseScreen(_ which: Int) {
        switch which {
        case 0:
            erase(screen.row, screen.column..<width)
            for row in (screen.row + 1)..<max(screen.row + 1, height) { erase(row, 0..<width) }
        case 1:
            for row in 0..<screen.row { erase(row, 0..<width) }
            erase(screen.row, 0..<(screen.column + 1))
        case 2: for row in 0..<height { erase(row, 0..<width) }
        default: complain("ED \(which)")
        }
    }

    mutating func insertCells(_ count: Int) {
        let row = screen.row
        split(row, screen.column)
        split(row, width - min(count, width))
        for column in stride(from: width - 1, through: screen.column, by: -1) {
            self[row, column] = column - count >= screen.column ? self[row, column - count] : blank
        }
        screen.wraps = false
    }

    private mutating func deleteCells(_ count: Int) {
        let row = screen.row
        split(row, screen.column)
        split(row, screen.column + count)
        for column in screen.column..<width {
            self[row, column] = column + count < width ? self[row, column + count] : blank
        }
        screen.wraps = false
    }

    /// Moves the lines from a row to the end of the region up, or down where `by` is negative.
    private mutating func scroll(from first: Int, by lines: Int) {
        guard first <= bottom else { return }
        let old = screen.cells
        for row in first...bottom {
            let source = row + lines
            for column in 0..<width {
                self[row, column] = (first...bottom).contains(source) ? old[source * width + column] : blank
            }
        }
    }
}
