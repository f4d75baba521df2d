import Seeds

extension SeededRandom {
    /// Random bytes, half of the time made of pieces that the parser knows.
    mutating func bytes(pieces: [String]) -> [UInt8] {
        var out: [UInt8] = []
        for _ in 0..<Int.random(in: 0...24, using: &self) {
            if Bool.random(using: &self), let piece = pieces.randomElement(using: &self) {
                out += Array(piece.utf8)
            } else {
                out.append(UInt8.random(in: .min ... .max, using: &self))
            }
        }
        return out
    }

    /// A text with one byte changed, removed or added, or its end cut off.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var out = bytes
        let at = Int.random(in: bytes.indices, using: &self)
        switch Int.random(in: 0..<4, using: &self) {
        case 0: out[at] = UInt8.random(in: .min ... .max, using: &self)
        case 1: out.remove(at: at)
        case 2: out.insert(UInt8.random(in: .min ... .max, using: &self), at: at)
        default: out.removeSubrange(at...)
        }
        return out
    }
}
