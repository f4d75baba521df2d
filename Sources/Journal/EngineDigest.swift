public import SafetyEngine

/// What an engine's whole state comes to: the same state is the same text on any machine and in any process.
public enum EngineDigest {
    /// SHA-256 over the state as a snapshot has it, in hexadecimal digits. Takes as long as a snapshot.
    ///
    /// - Throws: what says why the state cannot be encoded.
    public static func text(of engine: Engine) throws -> String {
        SHA256.text(try StoredJSON.bytes(of: engine))
    }
}
