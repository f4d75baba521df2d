import Foundation
import Testing

@testable import KillSwitch

/// The proof of the kill switch: every interleaving of a few processes, with a crash at every step, as values.
///
/// In every world that can be reached
/// - no halt that is acknowledged, or on the page, is undone but by an applied resume that folded it;
/// - nothing but a resume's compare-and-swap makes the page permit more, so no refused or crashed resume does;
/// - the page permits only after an applied resume whose record is in the log and, where it is the last change, whose
///   chain ends in the page's word;
/// - the fold takes no resume for applied that was not, loses no halt, and clears nothing that its resume
///   could not read;
/// - no gate permits after a halt that was acknowledged before it was asked;
/// and wherever everybody has stopped, a starting host comes to rest and a resume then succeeds.
///
/// With ESTOP_LONG set the larger enumerations run too; with ESTOP_LONG=all one of four million worlds (8 GB).
struct InterleavingTests {
    private static let long = ProcessInfo.processInfo.environment["ESTOP_LONG"]
    private static let halt = Model.Role.halt(.everything, .halted)
    private static let scopedHalt = Model.Role.halt(.venueA, .halted)
    private static let resume = Model.Role.resume(.everything)
    private static let scopedResume = Model.Role.resume(.venueA)
    private static let host = Model.Role.host(looks: 1, starting: false)
    private static let touch = Model.Role.touch(replacing: false)

    /// A scenario with a name for the report.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var scenario: Model.Scenario

        init(_ name: String, _ scenario: Model.Scenario) { (testDescription, self.scenario) = (name, scenario) }
    }

    static let small: [Case] = [
        Case("two halts and a resume", Model.Scenario(actors: [halt, halt, resume], crashes: 1)),
        Case("two halts and a resume, two crashes", Model.Scenario(actors: [halt, halt, resume], crashes: 2)),
        Case("a halt, a resume and a host, two crashes", Model.Scenario(actors: [halt, resume, host], crashes: 2)),
        Case("two halts and a host", Model.Scenario(start: .live, actors: [halt, halt, host], crashes: 1)),
        Case("a halt and two resumes", Model.Scenario(actors: [halt, resume, resume], crashes: 1)),
        Case("a halt, a resume and a stop file", Model.Scenario(actors: [halt, resume, touch], crashes: 1)),
        Case("a scoped halt, a halt and a resume", Model.Scenario(actors: [scopedHalt, halt, resume], crashes: 1)),
        Case("a scoped halt and two resumes", Model.Scenario(actors: [scopedHalt, resume, resume], crashes: 1)),
        Case(
            "a resume of a scope and a halt",
            Model.Scenario(start: .scoped, actors: [scopedResume, halt], crashes: 2)
        ),
        Case(
            "a resume of a scope and a halt of it",
            Model.Scenario(start: .scoped, actors: [scopedResume, scopedHalt], crashes: 2)
        ),
        Case(
            "a resume of a scope and a host",
            Model.Scenario(start: .scoped, actors: [scopedResume, host], crashes: 2)
        ),
        Case(
            "short writes of a halt and a resume",
            Model.Scenario(actors: [halt, resume], crashes: 1, shortWrites: 1)
        ),
        Case(
            "a gate, a scoped halt and a resume",
            Model.Scenario(start: .live, actors: [.gate(.venueA, checks: 2), scopedHalt, resume])
        ),
    ]

    static let large: [Case] = [
        Case("two halts, a resume and a stop file", Model.Scenario(actors: [halt, halt, resume, touch], crashes: 1)),
        Case(
            "a halt, a resume, a stop file and a host",
            Model.Scenario(actors: [halt, resume, touch, host], crashes: 1)
        ),
        Case(
            "a halt, a resume, another stop file and a host",
            Model.Scenario(start: .stopFile, actors: [halt, resume, .touch(replacing: true), host], crashes: 1)
        ),
        Case("a scoped halt, a resume and a host", Model.Scenario(actors: [scopedHalt, resume, host], crashes: 2)),
        Case(
            "a gate, a scoped halt and a resume of it",
            Model.Scenario(start: .scoped, actors: [.gate(.venueA, checks: 2), scopedHalt, scopedResume])
        ),
        Case(
            "a halt, one to paper and a resume, from live",
            Model.Scenario(start: .live, actors: [halt, .halt(.everything, .paper), resume], crashes: 1)
        ),
        Case(
            "a scoped halt, a halt and a resume, one entry",
            Model.Scenario(start: .scoped, actors: [scopedHalt, halt, resume], crashes: 1, capacity: 1)
        ),
        Case(
            "a resume of a scope, a halt and a host",
            Model.Scenario(start: .scoped, actors: [scopedResume, halt, host], crashes: 1)
        ),
        Case(
            "a resume of a scope, a halt of another and a host",
            Model.Scenario(start: .scoped, actors: [scopedResume, .halt(.venueB, .halted), host], crashes: 1)
        ),
        Case("short writes, a host", Model.Scenario(actors: [halt, resume, host], crashes: 1, shortWrites: 1)),
    ]

    static let huge: [Case] = [
        Case("two halts, a resume and a host", Model.Scenario(actors: [halt, halt, resume, host], crashes: 1))
    ]

    static var cases: [Case] { small + (long == nil ? [] : large) + (long == "all" ? huge : []) }

    @Test(arguments: cases)
    func nothingIsUndoneAndAResumeBecomesPossibleAgain(_ example: Case) {
        var explorer = Model.Explorer(example.scenario)
        let found = explorer.run()
        if InterleavingTests.long != nil {
            print(
                "\(example.testDescription): \(found.states) worlds, \(found.transitions) steps, "
                    + "\(found.terminals) ends, \(found.folds) folds"
            )
        }
        #expect(found.problem == nil, "\(found.text)")
    }

    /// For each rule a small scenario in which breaking it shows.
    private static func example(of rule: Model.Rule) -> Model.Scenario {
        switch rule {
        case .onlyAppliedResumesCount, .recordBeforeSwap, .chainReachesWord, .swapsFromTheWordRead, .recordsGaps:
            Model.Scenario(actors: [halt, halt, resume], crashes: 1)
        case .haltReadsPageAgain, .lateHaltBeginsAgain: Model.Scenario(actors: [halt, resume, host])
        case .haltRaisesGenerationOfScopedEntry:
            Model.Scenario(start: .live, actors: [.gate(.venueA, checks: 2), scopedHalt, resume])
        case .freesEntriesBeforeSwap, .keepsLatchesOfOtherScopes:
            Model.Scenario(start: .scoped, actors: [scopedResume, halt], crashes: 1)
        case .waitsForTail: Model.Scenario(actors: [halt, resume, host], crashes: 1, shortWrites: 1)
        case .oneResumeAtATime: Model.Scenario(actors: [halt, resume, resume], crashes: 1)
        case .putsStopFileBack: Model.Scenario(actors: [halt, resume, touch, host])
        case .checksStopFileSetAside: Model.Scenario(start: .stopFile, actors: [resume, .touch(replacing: true)])
        case .looksOnceMore: Model.Scenario(actors: [resume, touch])
        case .republishesScopedLatches: Model.Scenario(actors: [scopedHalt, resume, host], crashes: 1)
        case .haltsForAnEntryOnlyWhilePermitting:
            Model.Scenario(start: .scoped, actors: [scopedHalt, halt, resume], crashes: 1, capacity: 1)
        case .recordsEntriesWithoutLatch, .buriesEntriesAtFive:
            Model.Scenario(start: .scoped, actors: [scopedResume, host], crashes: 1)
        case .restoresStopFileOfDeadResume:
            Model.Scenario(start: .stopFile, actors: [resume, .touch(replacing: true)], crashes: 1)
        }
    }

    @Test(arguments: Model.Rule.allCases)
    func breakingOneRuleIsNoticed(_ rule: Model.Rule) {
        var explorer = Model.Explorer(InterleavingTests.example(of: rule), breaking: rule)
        let found = explorer.run()
        if InterleavingTests.long != nil { print("without \(rule): \(found.text)") }
        #expect(found.problem != nil, "nothing wrong in \(found.states) worlds without \(rule)")
    }
}
