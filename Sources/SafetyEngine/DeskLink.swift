import KillSwitch

/// How a screen reaches a desk on another machine.
public struct DeskLink: Sendable, Equatable {
    /// Where the desk is, for people: `trading-1:5000`.
    public var place: String
    /// The machine that one would log in to, to halt by hand; empty: it is behind a tunnel, and its name is not known here.
    public var machine: String
    /// How long a question and its answer took last, in milliseconds; nil: not measured, or the last one had no answer.
    public var roundTripMs: UInt64?
    /// Milliseconds since the last byte of the stream; nil: none came yet.
    public var silentMs: UInt64?
    /// Milliseconds between the coming in of what is shown and this snapshot of it: every age in it is so much greater.
    public var heldMs: UInt64 = 0
    /// A halt of this screen that the desk has not confirmed; nil: none.
    public var halt: UnconfirmedHalt?

    /// A halt that was asked for here, until the desk says that it is on its page and on its disk.
    public struct UnconfirmedHalt: Sendable, Equatable {
        /// Milliseconds since it was asked for.
        public var askedAgeMs: UInt64
        /// How often it was sent.
        public var tries: Int
        /// Why the last try brought no confirmation; empty: it is on its way.
        public var problem: String
        /// Whether the desk said that its page refuses, and only the disk is missing.
        public var isOnPage: Bool

        /// Creates one.
        public init(askedAgeMs: UInt64, tries: Int, problem: String, isOnPage: Bool = false) {
            self.askedAgeMs = askedAgeMs
            self.tries = tries
            self.problem = problem
            self.isOnPage = isOnPage
        }
    }

    /// Creates a link of which nothing is known yet.
    public init(place: String, machine: String) {
        self.place = place
        self.machine = machine
    }

    /// How to halt by hand when this screen's halt does not arrive.
    public func manualHalt(directory: String) -> String {
        let stop =
            directory.isEmpty
            ? "the stop file EMERGENCY_STOP in its state directory"
            : "touch \(StateDirectory.quoted("\(directory)/EMERGENCY_STOP"))"
        // Whoever logs in there has a default of their own.
        let option = directory.isEmpty ? "" : " --state \(StateDirectory.quoted(directory))"
        let login = machine.isEmpty ? "log in to the desk's machine (ssh)" : "ssh \(machine)"
        return "\(login), there: estop activate\(option), or: \(stop)"
    }
}
