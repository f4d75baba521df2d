import SafetyEngine
import Testing

@testable import Dashboard

/// Layouts as pictures: one letter for each pane, a row of text for every second row of the body, a column for every
/// fourth.
struct LayoutTests {
    static let letters: [Pane: Character] = [
        .steps: "S", .latches: "L", .alerts: "A", .gates: "G", .supervisors: "B", .positions: "P", .orders: "O",
        .venues: "V", .history: "H",
    ]

    /// What the panes of a busy desk would like to have.
    static let busy: [Pane: Int] = [
        .steps: 8, .latches: 5, .alerts: 8, .gates: 10, .supervisors: 22, .positions: 14, .orders: 7, .venues: 6,
        .history: 40,
    ]

    static func picture(_ width: Int, _ height: Int, _ demand: Layout.Demand, wanted: [Pane: Int] = busy) -> String {
        var layout = Layout(width: width, height: height, notices: 0)
        layout.place(demand, wanted: wanted)
        var rows: [String] = []
        for row in layout.body.row..<(layout.body.row + layout.body.height) {
            var text = ""
            for column in stride(from: 2, to: width, by: 4) {
                let pane = layout.panes.first { _, rect in
                    (rect.row..<(rect.row + rect.height)).contains(row)
                        && (rect.column..<(rect.column + rect.width)).contains(column)
                }
                text.append(pane.flatMap { letters[$0.key] } ?? "|")
            }
            rows.append(text)
        }
        if !layout.hidden.isEmpty {
            rows.append("hidden " + String(layout.hidden.compactMap { letters[$0] }))
        }
        return rows.joined(separator: "\n")
    }

    @Test func aTradingDeskIn80x24ShowsEveryPaneWithAtLeastItsTitle() {
        var wanted = LayoutTests.busy
        wanted[.steps] = 2
        wanted[.latches] = 2
        #expect(
            LayoutTests.picture(80, 24, .init(focus: .steps), wanted: wanted) == """
                SSSSSSSSSSLLLLLLLLLL
                SSSSSSSSSSLLLLLLLLLL
                AAAAAAAAAAAAAAAAAAAA
                AAAAAAAAAAAAAAAAAAAA
                AAAAAAAAAAAAAAAAAAAA
                AAAAAAAAAAAAAAAAAAAA
                GGGGGGGGGGBBBBBBBBBB
                GGGGGGGGGGBBBBBBBBBB
                GGGGGGGGGGBBBBBBBBBB
                GGGGGGGGGGBBBBBBBBBB
                PPPPPPPPPPPPPPPPPPPP
                PPPPPPPPPPPPPPPPPPPP
                PPPPPPPPPPPPPPPPPPPP
                PPPPPPPPPPPPPPPPPPPP
                OOOOOOOOOOVVVVVVVVVV
                OOOOOOOOOOVVVVVVVVVV
                OOOOOOOOOOVVVVVVVVVV
                HHHHHHHHHHHHHHHHHHHH
                HHHHHHHHHHHHHHHHHHHH
                HHHHHHHHHHHHHHHHHHHH
                """
        )
    }

    @Test func aHaltIn80x24ShowsItsStepsInFullAndTheTitlesOfTheRest() {
        #expect(
            LayoutTests.picture(80, 24, .init(focus: .steps, halting: true)) == """
                SSSSSSSSSSLLLLLLLLLL
                SSSSSSSSSSLLLLLLLLLL
                SSSSSSSSSSLLLLLLLLLL
                SSSSSSSSSSLLLLLLLLLL
                SSSSSSSSSSLLLLLLLLLL
                SSSSSSSSSSLLLLLLLLLL
                SSSSSSSSSSLLLLLLLLLL
                SSSSSSSSSSLLLLLLLLLL
                AAAAAAAAAAAAAAAAAAAA
                AAAAAAAAAAAAAAAAAAAA
                AAAAAAAAAAAAAAAAAAAA
                GGGGGGGGGGBBBBBBBBBB
                GGGGGGGGGGBBBBBBBBBB
                GGGGGGGGGGBBBBBBBBBB
                PPPPPPPPPPPPPPPPPPPP
                PPPPPPPPPPPPPPPPPPPP
                PPPPPPPPPPPPPPPPPPPP
                OOOOOOOOOOVVVVVVVVVV
                OOOOOOOOOOVVVVVVVVVV
                HHHHHHHHHHHHHHHHHHHH
                """
        )
    }

    @Test func anAlarmHasTheFullWidth() {
        #expect(
            LayoutTests.picture(80, 14, .init(focus: .steps, halting: true, alarm: true)) == """
                SSSSSSSSSSSSSSSSSSSS
                SSSSSSSSSSSSSSSSSSSS
                SSSSSSSSSSSSSSSSSSSS
                SSSSSSSSSSSSSSSSSSSS
                SSSSSSSSSSSSSSSSSSSS
                SSSSSSSSSSSSSSSSSSSS
                SSSSSSSSSSSSSSSSSSSS
                SSSSSSSSSSSSSSSSSSSS
                LLLLLLLLLLLLLLLLLLLL
                AAAAAAAAAAAAAAAAAAAA
                GGGGGGGGGGBBBBBBBBBB
                hidden POVH
                """
        )
    }

    @Test func aSmallWindowKeepsTheFocusAndSaysWhatIsHidden() {
        #expect(
            LayoutTests.picture(40, 10, .init(focus: .positions)) == """
                SSSSSSSSSS
                LLLLLLLLLL
                AAAAAAAAAA
                GGGGGGGGGG
                PPPPPPPPPP
                PPPPPPPPPP
                PPPPPPPPPP
                hidden BOVH
                """
        )
    }

    @Test func aWideWindowHasThreeSideBySide() {
        let rows = LayoutTests.picture(200, 30, .init(focus: .steps, halting: true)).split(separator: "\n")
        #expect(rows.first == "SSSSSSSSSSSSS|LLLLLLLLLLLLLAAAAAAAAAAAAAAAAAAAAAAA")
        #expect(rows.contains("GGGGGGGGGGGGGGGG|BBBBBBBBBBBBBBBBVVVVVVVVVVVVVVVVV"))
        #expect(rows.contains { $0.hasPrefix("PPPPPPPPPPPPPPPPPPPPPPPPP") && $0.hasSuffix("OOOOOOOOOOOOOOOOOOOOOOOO") })
    }

    @Test func aZoomedPaneHasEverything() {
        let rows = LayoutTests.picture(80, 24, .init(focus: .venues, zoomed: true, halting: true)).split(
            separator: "\n"
        )
        #expect(rows.count == 20)
        #expect(Set(rows) == ["VVVVVVVVVVVVVVVVVVVV"])
    }

    @Test func theFocusedPaneIsShownAtAnySize() {
        for pane in Pane.allCases {
            for height in 4...40 {
                for width in [20, 40, 80, 160] {
                    for alarm in [false, true] {
                        var layout = Layout(width: width, height: height, notices: 1)
                        layout.place(.init(focus: pane, halting: alarm, alarm: alarm), wanted: LayoutTests.busy)
                        #expect(layout.panes[pane] != nil, "\(pane) at \(width)x\(height)")
                    }
                }
            }
        }
    }

    @Test func panesNeverOverlapAndFillTheBody() {
        for width in [1, 20, 75, 76, 149, 150, 220] {
            for height in 1...60 {
                var layout = Layout(width: width, height: height, notices: 2)
                layout.place(.init(focus: .history), wanted: LayoutTests.busy)
                var covered = Set<Int>()
                for rect in layout.panes.values {
                    for row in rect.row..<(rect.row + rect.height) {
                        for column in rect.column..<(rect.column + rect.width) {
                            #expect(covered.insert(row * 1000 + column).inserted)
                        }
                    }
                    #expect(rect.row >= layout.body.row)
                    #expect(rect.row + rect.height <= layout.body.row + layout.body.height)
                    #expect(rect.column + rect.width <= width)
                }
                let rows = Set(covered.map { $0 / 1000 })
                #expect(
                    rows.count == layout.body.height,
                    "every row of the body belongs to a pane at \(width)x\(height)"
                )
                #expect(Set(layout.panes.keys).union(layout.hidden).count == Pane.allCases.count)
            }
        }
    }
}
