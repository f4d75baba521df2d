import Glibc

/// Lines from a descriptor, whole or cut at its end, by a thread that waits for nothing else.
struct LineReader {
    /// What came.
    enum Event: Equatable {
        /// A line without its end.
        case line(String)
        /// Nothing more will come.
        case end
        /// The other descriptor became readable, and there is nothing left to read here.
        case stopped
    }

    /// Bytes of a line that are kept; what goes beyond is dropped with it, the line is not.
    static let limit = 4096

    private let descriptor: Int32
    private let stop: Int32
    private var held: [UInt8] = []
    private var lines: [String] = []
    private var ended = false

    /// - Parameters:
    ///   - descriptor: where lines come from.
    ///   - stop: becomes readable when nobody wants more.
    init(_ descriptor: Int32, stop: Int32) {
        self.descriptor = descriptor
        self.stop = stop
    }

    /// The next line. Blocks until there is one, or nothing will come any more. What has been written before `stop`
    /// became readable is read first: a halt among it is not lost.
    mutating func next() -> Event {
        while true {
            if !lines.isEmpty { return .line(lines.removeFirst()) }
            if ended { return .end }
            var polled = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&polled, 2, -1) < 0 { continue }
            if polled[0].revents != 0 {
                read()
            } else if polled[1].revents != 0 {
                return .stopped
            }
        }
    }

    /// Waits until nobody wants more; for after the end.
    func waitForStop() {
        var polled = pollfd(fd: stop, events: Int16(POLLIN), revents: 0)
        while poll(&polled, 1, -1) < 0 {}
    }

    private mutating func read() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0 else {
            if count < 0, errno == EINTR || errno == EAGAIN { return }
            ended = true
            // A last line needs no end: `printf halt | estop watch` halts.
            if !held.isEmpty { finishLine() }
            return
        }
        for byte in bytes[..<count] {
            if byte == UInt8(ascii: "\n") {
                finishLine()
            } else if held.count < LineReader.limit {
                held.append(byte)
            }
        }
    }

    private mutating func finishLine() {
        lines.append(String(decoding: held, as: UTF8.self))
        held = []
    }
}
