extension Decimal: Codable {
    /// Reads the text that `encode` wrote; refuses what is no number, or one that does not fit exactly.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Decimal(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no exact number")
        }
        self = value
    }

    /// A string: other programs' numbers are binary.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
