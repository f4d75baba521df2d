/// That somebody proved who they are: by a passphrase, or by a token of their own.
///
/// Made only where that was checked (Operators): a resume that needs two people believes no name without one.
public struct Credential: Sendable, Equatable {
    /// One operator as enrolled: a name, and since when, which changes with the passphrase.
    public struct Enrolment: Sendable, Equatable {
        /// The operator's name.
        public let name: String
        /// RFC 3339, UTC.
        public let since: String

        /// Creates one.
        package init(name: String, since: String) {
            self.name = name
            self.since = since
        }
    }

    /// Who proved it.
    public let name: String
    /// Everybody who was enrolled at that moment.
    public let enrolled: [Enrolment]

    /// Creates a credential. Only where the proof was checked.
    package init(name: String, enrolled: [Enrolment]) {
        self.name = name
        self.enrolled = enrolled
    }

    /// The enrolment of who proved it; nil: they are nobody's operator.
    var own: Enrolment? { enrolled.first { $0.name == name } }
}
