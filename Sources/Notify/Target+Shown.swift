import Console
public import Settings

extension DeskConfiguration.Notify.Target {
    /// Where it leads, for people: a URL up to its host, because what follows may be a secret; a command's program.
    public var shown: String {
        if kind == .command { return VisibleText.line(command.first ?? "no command") }
        guard let scheme = url.firstRange(of: "://") else { return "no URL" }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { !"/?#\\".contains($0) }
        // A user and a password may stand before the host.
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return VisibleText.line("\(url[..<scheme.lowerBound])://\(host)")
    }
}
