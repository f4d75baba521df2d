import Console
import FoundationEssentials

/// `--json` of what the engine knows: its own names in snake_case, keys sorted.
enum EngineJSON {
    /// Prints a value as one line.
    static func write(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        guard let data = try? encoder.encode(value) else { return }
        Output.standard.line(String(decoding: data, as: UTF8.self))
    }
}
