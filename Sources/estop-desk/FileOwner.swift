import Glibc

/// Whose a file is: as much as can be known of who edited it by hand.
enum FileOwner {
    /// `owner:ann` of a file; `host:configuration` where there is none.
    static func name(of file: String?) -> String {
        var facts = stat()
        guard let file, stat(file, &facts) == 0 else { return "host:configuration" }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var bytes = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(facts.st_uid, &entry, &bytes, bytes.count, &found) == 0, found != nil, let name = entry.pw_name
        else { return "owner:uid \(facts.st_uid)" }
        return "owner:\(String(cString: name))"
    }
}
