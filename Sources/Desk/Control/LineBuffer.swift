/// Bytes from a stream, taken out line by line.
///
/// Invariants (DeskTests/LineBufferTests): the lines are the same however the bytes were cut; a line longer than the limit
/// is told once, with its number, and its rest is thrown away; never more than the limit and one read is kept.
struct LineBuffer {
    /// One line without its end, or that it was too long.
    enum Line: Equatable {
        case whole(ArraySlice<UInt8>)
        case tooLong
    }

    private var bytes: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var isSkipping = false
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Bytes that are no line yet.
    var rest: ArraySlice<UInt8> { bytes[start...] }

    mutating func add(_ more: some Collection<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes += more
    }

    /// The next line, if it is there.
    mutating func next() -> Line? {
        while true {
            guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
                searched = bytes.count
                guard bytes.count - start > limit else { return nil }
                start = bytes.count
                if isSkipping { return nil }
                isSkipping = true
                return .tooLong
            }
            let line = bytes[start..<end]
            start = end + 1
            searched = start
            if isSkipping {
                isSkipping = false
                continue
            }
            return line.count > limit ? .tooLong : .whole(line)
        }
    }

    /// What is left when the stream has ended, as a last line without its end.
    mutating func last() -> Line? {
        guard start < bytes.count, !isSkipping else { return nil }
        defer { start = bytes.count }
        return .whole(bytes[start...])
    }
}
