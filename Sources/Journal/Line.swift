/// A line that is joined at its end and left at its front. It is kept in pieces: however long it grows, no call moves
/// more than one piece of it, since callers hold a lock meanwhile.
///
/// Invariant (BacklogTests): elements leave in the order in which they joined; what is put back is the front again.
struct Line<Element>: Sequence {
    private static var most: Int { 1_024 }

    private var pieces: [[Element]] = []
    /// Elements of the first piece that have left.
    private var front = 0
    private(set) var count = 0

    mutating func append(_ element: Element) {
        if pieces.last.map({ $0.count >= Line.most }) ?? true {
            pieces.append([])
            pieces[pieces.count - 1].reserveCapacity(Line.most)
        }
        pieces[pieces.count - 1].append(element)
        count += 1
    }

    /// The first ones; all, where there are not so many.
    mutating func take(_ number: Int) -> [Element] {
        var taken: [Element] = []
        taken.reserveCapacity(Swift.min(number, count))
        leave(number) { taken += $0 }
        return taken
    }

    /// What was taken last.
    mutating func putBack(_ taken: [Element]) {
        guard !taken.isEmpty else { return }
        if front > 0 {
            pieces[0].removeFirst(front)
            front = 0
        }
        pieces.insert(taken, at: 0)
        count += taken.count
    }

    /// - Returns: how many were dropped.
    mutating func dropOldest(downTo most: Int) -> Int {
        let dropped = Swift.max(0, count - Swift.max(0, most))
        leave(dropped) { _ in }
        return dropped
    }

    mutating func removeAll(where isRemoved: (Element) -> Bool) {
        let kept = filter { !isRemoved($0) }
        guard kept.count < count else { return }
        self = Line()
        for element in kept { append(element) }
    }

    private mutating func leave(_ number: Int, _ see: (ArraySlice<Element>) -> Void) {
        var left = Swift.min(number, count)
        count -= left
        while left > 0 {
            let here = Swift.min(left, pieces[0].count - front)
            see(pieces[0][front..<front + here])
            front += here
            left -= here
            if front == pieces[0].count {
                pieces.removeFirst()
                front = 0
            }
        }
    }

    func makeIterator() -> AnyIterator<Element> {
        var (piece, place) = (0, front)
        return AnyIterator {
            while piece < pieces.count && place >= pieces[piece].count {
                piece += 1
                place = 0
            }
            guard piece < pieces.count else { return nil }
            defer { place += 1 }
            return pieces[piece][place]
        }
    }
}
