public import KillSwitch

/// Who may resume on one desk: operators.json in the state directory.
///
/// Invariants: halting touches none of this; what cannot be read, trusted or understood accepts nobody, and is never
/// taken for nobody being enrolled; one attempt at a time over all processes, a wrong one answered after its delay.
///
/// Every function blocks, `verify` for up to a minute behind others: never on a thread that also has to halt.
public struct OperatorStore: Sendable {
    /// The state directory.
    public let directory: String
    private let cost: PassphraseHash.Cost
    private let sleep: @Sendable (UInt64) -> Void
    private let patience: UInt64

    /// Names the store; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - directory: The state directory.
    ///   - sleep: Sleeps so many milliseconds; on the monotonic clock unless a test says otherwise.
    public init(
        directory: String,
        sleep: @escaping @Sendable (UInt64) -> Void = { Clock.sleep(milliseconds: $0) }
    ) {
        self.init(directory: directory, cost: .standard, sleep: sleep)
    }

    init(
        directory: String,
        cost: PassphraseHash.Cost,
        patience: UInt64 = 60_000,
        sleep: @escaping @Sendable (UInt64) -> Void
    ) {
        self.directory = directory
        self.cost = cost
        self.sleep = sleep
        self.patience = patience
    }

    /// How long a wrong attempt is delayed, in milliseconds: 1 s, 2 s, 4 s ... at most 30 s.
    ///
    /// - Parameter attempts: How many were wrong in a row, this one included.
    public static func delay(after attempts: Int) -> UInt64 { FailureCounts.delay(after: attempts) }

    /// The operators in the order of enrolment; empty when the file does not exist. Changes nothing.
    ///
    /// - Throws: `OperatorsError` when the file exists and cannot be read, trusted or understood.
    public func list() throws(OperatorsError) -> [Operator] {
        try contents(in: OwnedDirectory(directory)).entries.map { Operator(name: $0.name, since: $0.since) }
    }

    /// Enrols an operator.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 bytes without control characters.
    ///   - passphrase: At least 12 characters, not the name.
    ///   - replacing: Whether an operator of that name gets the new passphrase.
    /// - Throws: `OperatorsError`: `input`, `exists`, `notPermitted`, or that the file cannot be read or written.
    public func add(name: String, passphrase: Passphrase, replacing: Bool = false) throws(OperatorsError) {
        try Operator.check(name: name)
        try passphrase.check(for: name)
        let files = try OwnedDirectory(directory)
        try files.checkOwner()
        try files.locked(patience: patience) { () throws(OperatorsError) in
            var file = try contents(in: files)
            let known = file.entries.firstIndex { $0.name == name }
            guard known == nil || replacing else {
                throw OperatorsError(
                    .exists,
                    "an operator '\(name)' is enrolled already: remove them first, or ask to replace"
                )
            }
            let hash = try PassphraseHash.make(passphrase, cost: cost)
            let entry = OperatorsFile.Entry(name: name, hash: hash, since: Clock.now())
            if let known { file.entries[known] = entry } else { file.entries.append(entry) }
            try files.replace(OperatorsFile.name, with: file.text)
            try forget(name, in: files)
        }
    }

    /// Removes an operator. The file stays, even if nobody is left in it.
    ///
    /// - Throws: `OperatorsError`: `unknown`, `notPermitted`, or that the file cannot be read or written.
    public func remove(name: String) throws(OperatorsError) {
        let files = try OwnedDirectory(directory)
        try files.checkOwner()
        try files.locked(patience: patience) { () throws(OperatorsError) in
            var file = try contents(in: files)
            guard file[name] != nil else {
                throw OperatorsError(.unknown, "no operator of that name is enrolled: see estop operator list")
            }
            file.entries.removeAll { $0.name == name }
            try files.replace(OperatorsFile.name, with: file.text)
            try forget(name, in: files)
        }
    }

    /// Checks a name and a passphrase. A wrong pair is answered after its delay, while nobody else is answered.
    ///
    /// An unknown name takes as long as a wrong passphrase, and is counted and delayed in the same way. An attempt whose
    /// process ended before its answer is made up for before the next one of that name is looked at.
    ///
    /// - Throws: `OperatorsError` when nothing can be said: nobody is accepted then.
    public func verify(name: String, passphrase: Passphrase) throws(OperatorsError) -> Verdict {
        let files = try OwnedDirectory(directory)
        // Before the lock: whoever cannot read the file makes nobody wait, and leaves no file behind.
        _ = try contents(in: files)
        try files.checkOwner()
        return try files.locked(patience: patience) { () throws(OperatorsError) in
            try attempt(name, passphrase, in: files)
        }
    }

    /// One attempt, under the lock.
    private func attempt(
        _ name: String,
        _ passphrase: Passphrase,
        in files: borrowing OwnedDirectory
    ) throws(OperatorsError) -> Verdict {
        let entry = try contents(in: files)[name]
        let key = try PassphraseHash.digest(name)
        var failures = counts(in: files)
        let owed = failures.owed(by: key)
        if owed > 0 { sleep(owed) }
        let before = failures
        failures.begin(key)
        try files.replace(FailureCounts.name, with: failures.text)
        let isRight: Bool
        do {
            isRight = try matches(passphrase, entry)
        } catch {
            // Nothing was learned, so nothing is counted.
            try? files.replace(FailureCounts.name, with: before.text)
            throw error
        }
        if isRight {
            failures.clear(key)
            // If this fails, the next attempt is delayed for nothing: no reason to refuse the right passphrase.
            try? files.replace(FailureCounts.name, with: failures.text)
            return .accepted
        }
        let attempts = failures.count(of: key)
        sleep(FailureCounts.delay(after: attempts))
        failures.finish(key)
        try? files.replace(FailureCounts.name, with: failures.text)
        return entry == nil ? .unknownOperator : .wrong(attempts: attempts)
    }

    /// Costs one hash, whether there is somebody to compare with or not.
    private func matches(_ passphrase: Passphrase, _ entry: OperatorsFile.Entry?) throws(OperatorsError) -> Bool {
        guard let entry else {
            _ = try PassphraseHash.make(passphrase, cost: cost)
            return false
        }
        return try PassphraseHash.verify(passphrase, against: entry.hash)
    }

    private func contents(in files: borrowing OwnedDirectory) throws(OperatorsError) -> OperatorsFile {
        guard let bytes = try files.read(OperatorsFile.name) else { return OperatorsFile() }
        return try OperatorsFile(bytes: bytes)
    }

    private func counts(in files: borrowing OwnedDirectory) -> FailureCounts {
        do {
            return try files.read(FailureCounts.name).map { FailureCounts(bytes: $0) } ?? FailureCounts()
        } catch {
            return FailureCounts(bytes: nil)
        }
    }

    private func forget(_ name: String, in files: borrowing OwnedDirectory) throws(OperatorsError) {
        var failures = counts(in: files)
        failures.clear(try PassphraseHash.digest(name))
        // An owed delay of a name that is enrolled anew is a nuisance, not a danger.
        try? files.replace(FailureCounts.name, with: failures.text)
    }
}
