/// The nearest of the known words, for a mistyped one.
package enum Suggestion {
    /// The known word that is close enough to be what was meant: one change in short words, two or three in longer ones.
    package static func nearest(to word: String, among known: [String]) -> String? {
        let typed = Array(word.unicodeScalars)
        // The distance is quadratic, and nobody means one of our names by a page of text.
        guard (1...64).contains(typed.count) else { return nil }
        var best: (name: String, distance: Int)?
        for name in known {
            let target = Array(name.unicodeScalars)
            let limit = max(1, min(3, min(target.count, typed.count) / 2))
            let distance = distance(typed, target)
            if distance <= limit, distance < best?.distance ?? .max { best = (name, distance) }
        }
        if best == nil, typed.count >= 3 {
            let longer = known.filter { $0.hasPrefix(word) }
            if longer.count == 1 { return longer[0] }
        }
        return best?.name
    }

    /// `; did you mean X?` or nothing.
    package static func question(for word: String, among known: [String], prefix: String = "") -> String? {
        nearest(to: word, among: known).map { "did you mean \(prefix)\($0)?" }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            row.reserveCapacity(b.count + 1)
            for j in 0..<b.count {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
