internal import CEstop

/// The kill switch of one desk: the state machine that decides whether trading is permitted, shared by any number of
/// processes and threads through three records.
///
/// - The page (shared memory): what every gate obeys, at once. Only a resume's compare-and-swap makes it permit.
/// - The log (on disk): why, and since when. Appended to without a lock.
/// - The mirror (JSON): for people and programs; never a reason to permit.
///
/// Invariants, each with a test of its name:
/// - a halt waits for nobody; nothing acknowledged or on the page is undone but by an applied resume;
/// - unknown, damaged, lost or disagreeing records read as halted, and repair only tightens;
/// - looking changes nothing.
///
/// This value holds an open directory and the settings, no other state: every operation looks at the records themselves.
public struct KillSwitch: Sendable {
    /// The desk's state directory.
    public let directory: StateDirectory
    /// What the configuration says.
    public let settings: DeskSettings

    /// Creates a switch for an open state directory.
    public init(_ directory: StateDirectory, settings: DeskSettings = DeskSettings()) {
        self.directory = directory
        self.settings = settings
    }
}
