import SafetyEngine

enum EventLine {
    struct Refusal: Error { var message: String }
    static func parse(_ b: ArraySlice<UInt8>) throws(Refusal) -> Event { throw Refusal(message: "pending") }
}
