import Desk

extension HaltPaths {
    /// Whether a request's target is one of them.
    static func contains(_ target: some StringProtocol) -> Bool { all.contains(APIRequest.split(target).path) }
}
