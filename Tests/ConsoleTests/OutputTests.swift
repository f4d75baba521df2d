import Glibc
import Testing

@testable import Console

struct OutputTests {
    private static func pipe() -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        _ = Glibc.pipe(&ends)
        return (ends[0], ends[1])
    }

    @Test func aReaderThatWentAwayEndsNothing() {
        let (reader, writer) = OutputTests.pipe()
        close(reader)
        defer { close(writer) }
        #expect(!Output(descriptor: writer).line("halted"))
        #expect(!Output(descriptor: writer).line("halted"))
        var pending = sigset_t()
        sigpending(&pending)
        #expect(sigismember(&pending, SIGPIPE) == 0)
    }

    @Test func aNonBlockingPipeGetsEverything() async {
        let (reader, writer) = OutputTests.pipe()
        defer { close(reader) }
        _ = fcntl(writer, F_SETFL, O_NONBLOCK)
        let text = String(repeating: "0123456789", count: 50_000)
        let writing = Thread {
            #expect(Output(descriptor: writer).write(text))
            close(writer)
        }
        var count = 0
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = read(reader, &part, part.count)
            if got <= 0 { break }
            count += got
        }
        writing.join()
        #expect(count == 500_000)
    }

    @Test func aFileIsNoTerminal() {
        let (reader, writer) = OutputTests.pipe()
        defer {
            close(reader)
            close(writer)
        }
        #expect(!Output(descriptor: writer).isTerminal)
        #expect(Output(descriptor: writer).columns == nil)
    }
}
