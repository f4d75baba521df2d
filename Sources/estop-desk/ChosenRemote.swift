import Console
import Glibc
import Remote

/// The desk on another machine that the arguments name.
struct ChosenRemote {
    let address: RemoteAddress
    let tokenFile: String?
    let authorityFile: String?

    /// The options that choose it.
    static let options: [CommandTable.Option] = [
        .init("url", .text("URL"), summary: "a desk on another machine: https://HOST:PORT, or http://127.0.0.1:PORT"),
        .init("token-file", .text("FILE"), summary: "with --url: the file that holds the bearer token (mode 0600)"),
        .init(
            "ca-file",
            .text("FILE"),
            summary: "with --url: whom to trust, in PEM, instead of whom the system trusts"
        ),
    ]

    /// Reads them; nil: the desk is on this machine.
    ///
    /// - Throws: `UsageError` when they cannot be used.
    init?(_ arguments: Arguments) throws(UsageError) {
        tokenFile = arguments.value("token-file")
        authorityFile = arguments.value("ca-file")
        guard let url = arguments.value("url") else {
            for name in ["token-file", "ca-file"] where arguments.value(name) != nil {
                throw UsageError("--\(name) is for a desk on another machine: name it with --url https://HOST:PORT")
            }
            return nil
        }
        if arguments.flag("demo") || arguments.state != nil || arguments.config != nil {
            throw UsageError("--url is no desk of this machine: leave out --state, --config and --demo, or --url")
        }
        do { address = try RemoteAddress(url) } catch { throw UsageError(error.message) }
        for (name, file) in [("token-file", tokenFile), ("ca-file", authorityFile)] {
            guard let file, access(file, R_OK) != 0 else { continue }
            throw UsageError("--\(name) \(file) cannot be read: \(String(cString: strerror(errno)))")
        }
    }
}
