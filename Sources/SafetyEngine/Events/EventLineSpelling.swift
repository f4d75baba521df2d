/// The nearest known word for a mistyped one.
enum EventLineSpelling {
    /// The word that is at most a third of its letters away; nil: none is.
    static func nearest(to word: String, among known: [String]) -> String? {
        let typed = Array(word.lowercased().utf8)
        guard (2...32).contains(typed.count) else { return nil }
        var best: (name: String, distance: Int)?
        for name in known {
            let distance = distance(typed, Array(name.utf8))
            if distance * 3 <= max(3, name.utf8.count), distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions and substitutions that turn one into the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var last = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                row.append(min(last[j + 1] + 1, row[j] + 1, last[j] + (a == b ? 0 : 1)))
            }
            last = row
        }
        return last[right.count]
    }
}
