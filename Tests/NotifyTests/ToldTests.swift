import SafetyEngine
import Testing

@testable import Notify

struct ToldTests {
    /// `#expect` takes no call that changes something.
    private func check(_ expected: Bool, _ found: Bool, _ location: SourceLocation = #_sourceLocation) {
        #expect(found == expected, sourceLocation: location)
    }

    typealias Kind = Notification.Kind

    /// What happens to one alert, and whether each is news.
    @Test(arguments: [
        ([(Kind.raised, Alert.Level.warning, true), (.raised, .warning, false), (.raised, .warning, false)]),
        ([(.raised, .warning, true), (.escalated, .critical, true), (.escalated, .critical, false)]),
        ([(.raised, .critical, true), (.raised, .warning, false)]),
        ([(.raised, .critical, true), (.resolved, .critical, true), (.resolved, .critical, false)]),
        ([(.raised, .critical, true), (.resolved, .critical, true), (.raised, .critical, true)]),
        ([
            (.raised, .critical, true), (.acknowledged, .critical, true), (.raised, .critical, false),
            (.acknowledged, .critical, false), (.unacknowledged, .critical, true), (.acknowledged, .critical, true),
        ]),
        ([(.resolved, .critical, true), (.raised, .critical, true)]),
    ])
    func theSameAlertAtTheSameLevelIsToldOnce(steps: [(kind: Kind, level: Alert.Level, isNews: Bool)]) {
        var told = Told()
        for step in steps {
            check(step.isNews, told.isNews(.sample(kind: step.kind, level: step.level)))
        }
    }

    @Test func fiftyChecksOfOneStuckOrderAreOneMessage() {
        var told = Told()
        let news = (0..<50).filter { told.isNews(.sample(at: Int64($0))) }
        #expect(news == [0])
    }

    @Test func whatIsAboutNoAlertIsAlwaysNews() {
        var told = Told()
        var halt = Notification.sample(kind: .halted)
        halt.alert = ""
        for _ in 0..<2 {
            let isNews = told.isNews(halt)
            #expect(isNews)
        }
        #expect(told.entries.isEmpty)
    }

    @Test func whatIsOverIsForgottenFirstAndTheNumberIsBounded() {
        var told = Told()
        check(true, told.isNews(.sample("open")))
        for number in 0..<Told.most * 2 {
            check(true, told.isNews(.sample("\(number)")))
            check(true, told.isNews(.sample("\(number)", kind: .resolved)))
            #expect(told.entries.count <= Told.most)
        }
        check(false, told.isNews(.sample("open")))
        #expect(Told(told.entries) == told)
    }

    @Test func withNothingButOpenAlertsTheOldestAreForgotten() {
        var told = Told()
        for number in 0...Told.most { check(true, told.isNews(.sample("\(number)"))) }
        #expect(told.entries.count <= Told.most)
        check(false, told.isNews(.sample("\(Told.most)")))
        check(true, told.isNews(.sample("0")))
    }
}
