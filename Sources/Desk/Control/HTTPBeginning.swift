/// Tells HTTP from lines of JSON by how a connection begins.
///
/// Invariant (DeskTests/HTTPBeginningTests): whatever begins with a method and a space is HTTP, nothing else is, and it is
/// known as soon as the bytes tell.
enum HTTPBeginning {
    private static let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"]
        .map { Array("\($0) ".utf8) }

    /// Whether a connection speaks HTTP that begins so; nil: too little is there to tell.
    static func isHTTP(_ bytes: some Collection<UInt8>) -> Bool? {
        if methods.contains(where: { bytes.starts(with: $0) }) { return true }
        return methods.contains { $0.starts(with: bytes) } ? nil : false
    }
}
