import SafetyEngine

extension Engine {
    func summary() -> String { "" }
}
