import Glibc

/// Texts as C takes them.
enum CStrings {
    /// Calls `body` with a NULL-terminated list; what follows a NUL in a text is cut off.
    static func with<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result? {
        var list: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        defer { for text in list { free(text) } }
        list.append(nil)
        return list.withUnsafeBufferPointer { $0.baseAddress.map(body) }
    }
}
