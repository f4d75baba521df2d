import KillSwitch

/// The saved form: one JSON object with the world and the CRC-32 of its bytes.
extension PaperWorld {
    /// Why saved bytes cannot be gone on with.
    public struct Unusable: Error, Sendable, Equatable {
        /// What is wrong with them.
        public let message: String
    }

    private static let version: Int64 = 1

    /// The world as bytes, to go on from later.
    public func saved() -> [UInt8] {
        guard let world = try? SavedValue.encode(self) else { return [] }
        let sum = Int64(CRC32.of(world.bytes))
        return JSON.object([
            JSON.Member("version", .integer(PaperWorld.version)),
            JSON.Member("sum", .integer(sum)),
            JSON.Member("world", world),
        ]).bytes
    }

    /// Goes on from saved bytes.
    ///
    /// - Parameters:
    ///   - bytes: what `saved` gave.
    ///   - settings: how venue and bots are set up now: what was saved under others is of no use.
    /// - Throws: `Unusable` for damaged bytes, those of another version, and those of another set-up.
    public init(saved bytes: [UInt8], settings: PaperSettings) throws(Unusable) {
        guard let json = JSON(bytes: bytes) else { throw Unusable(message: "it is no JSON") }
        guard json["version"]?.integer == PaperWorld.version else {
            throw Unusable(message: "it is of another version")
        }
        guard let world = json["world"], json["sum"]?.integer == Int64(CRC32.of(world.bytes)) else {
            throw Unusable(message: "it is damaged: its check sum is wrong")
        }
        let value: PaperWorld
        do {
            value = try SavedValue.decode(PaperWorld.self, from: world)
        } catch {
            throw Unusable(message: "it is damaged: \(error)")
        }
        guard value.isSound else { throw Unusable(message: "it is damaged: it holds what cannot be") }
        var before = value.venue.settings
        before.pid = settings.pid
        guard before == settings else {
            throw Unusable(message: "it was saved under another configuration of the paper venue")
        }
        self = value
        for place in bots.indices { bots[place].belongs(to: settings) }
    }

    /// Whether it is one that this program could have written: sums and places stay within their bounds.
    private var isSound: Bool { venue.isSound && bots.allSatisfy(\.isSound) }
}

extension PaperVenue {
    /// Whether it is one that this program could have written.
    var isSound: Bool {
        market.isSound && accounts.count == settings.accounts.count && accounts.allSatisfy(\.isSound)
            && touched.count == accounts.count
            && (orders + finished).allSatisfy { $0.isSound(accounts: accounts.count) }
            && nowMs <= UInt64(Int64.max / 4) && lastNumber < .max / 2 && latencyMs < 1 << 40
            && faults.allSatisfy { $0.amount >= 0 }
    }
}
