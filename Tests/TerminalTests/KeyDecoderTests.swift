import Dashboard
import Testing

@testable import Terminal

/// A decoder and the clock that it is given.
struct Driver {
    var decoder = KeyDecoder()
    var now: UInt64 = 5000
    var events: [InputEvent] = []

    mutating func feed(_ bytes: some Sequence<UInt8>) { events += decoder.feed(bytes, nowMs: now) }
    mutating func feed(_ text: String) { feed(Array(text.utf8)) }

    /// Lets time pass, calling `timeout` whenever it is due, as the tap does.
    mutating func wait(_ ms: UInt64) {
        let end = now + ms
        while let deadline = decoder.deadlineMs, deadline <= end {
            now = max(now, deadline)
            events += decoder.timeout(nowMs: now)
        }
        now = end
    }

    var keys: [Key] {
        events.compactMap { if case .key(let key) = $0 { key } else { nil } }
    }

    var halts: Int { events.filter { HaltKey.halts($0, isTyping: false) }.count }
}

/// The same numbers in every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

struct KeyDecoderTests {
    @Test(
        arguments: [
            ("a", [.character("a")]), ("K", [.character("K")]), ("\u{0b}", [.control("k")]),
            ("\u{03}", [.control("c")]),
            ("\r", [.enter]), ("\n", [.enter]), ("\t", [.tab]), ("\u{7f}", [.backspace]), ("\u{08}", [.backspace]),
            ("é漢", [.character("é"), .character("漢")]), ("\u{1b}[A", [.up]), ("\u{1b}OA", [.up]),
            ("\u{1b}[1;5C", [.right]),
            ("\u{1b}[5~", [.pageUp]), ("\u{1b}[6~", [.pageDown]), ("\u{1b}[H", [.home]), ("\u{1b}[4~", [.end]),
            ("\u{1b}[Z", [.backTab]), ("\u{1b}OP", [.function(1)]), ("\u{1b}[15~", [.function(5)]),
            ("\u{1b}[[A", [.function(1)]), ("\u{1b}[3~", [.delete]),
            ("jjK", [.character("j"), .character("j"), .character("K")]),
            ("\u{1b}K", [.escape, .character("K")]), ("\u{1b}\u{0b}", [.escape, .control("k")]),
            ("\u{1b}\u{1b}K", [.escape, .escape, .character("K")]),
            ("\u{1b}[107;5u", [.control("k")]), ("\u{1b}[107;2u", [.character("K")]),
            ("\u{1b}[27;5;107~", [.control("k")]),
            ("\u{1b}[107;5:3u", []), ("\u{1b}[27u", [.escape]), ("\u{1b}[99999999999999999999u", []),
        ] as [(String, [Key])]
    )
    func keysAreDecoded(_ text: String, _ keys: [Key]) {
        var driver = Driver()
        driver.feed(text)
        driver.wait(1000)
        #expect(driver.keys == keys)
        // The same, byte by byte.
        var slow = Driver()
        for byte in text.utf8 { slow.feed([byte]) }
        slow.wait(1000)
        #expect(slow.keys == keys)
    }

    @Test func aLoneEscapeIsAKeyAfterItsTime() {
        var driver = Driver()
        driver.feed("\u{1b}")
        #expect(driver.events.isEmpty)
        driver.wait(KeyDecoder.escapeMs - 1)
        #expect(driver.events.isEmpty)
        driver.wait(1)
        #expect(driver.keys == [.escape])
        #expect(driver.decoder.deadlineMs == nil)
        driver.feed("K")
        #expect(driver.halts == 1, "K after Esc halts without waiting")
    }

    @Test func aPasteIsOneEvent() {
        var driver = Driver()
        driver.feed("\u{1b}[200~K\u{0b}\u{1b}[A\r\nq\u{1b}[201~x")
        #expect(driver.events == [.paste("K\u{0b}\u{1b}[A\r\nq"), .key(.character("x"))])
    }

    @Test func aPasteWithoutItsEndIsOverAfterItsTimeAndKHaltsAgain() {
        var driver = Driver()
        driver.feed("\u{1b}[200~halt K now")
        driver.wait(KeyDecoder.pasteMs)
        #expect(driver.events == [.paste("halt K now")])
        driver.wait(100)
        driver.feed("KK more of it K")
        driver.wait(KeyDecoder.pasteMs + 10)
        #expect(driver.halts == 0, "late text of the paste")
        driver.feed("K")
        driver.wait(KeyDecoder.aloneMs)
        #expect(driver.halts == 1)
    }

    @Test func aHugePasteIsBounded() {
        var driver = Driver()
        driver.feed("\u{1b}[200~")
        for _ in 0..<100 { driver.feed([UInt8](repeating: UInt8(ascii: "K"), count: 4096)) }
        driver.feed("\u{1b}[201~")
        guard case .paste(let text)? = driver.events.first else {
            Issue.record("no paste")
            return
        }
        #expect(text.count == KeyDecoder.pasteLimit)
        driver.feed("K")
        #expect(driver.halts == 1)
    }

    @Test func invalidUTF8IsNothingAndHidesNothing() {
        for bytes: [UInt8] in [
            [0xff], [0xc3], [0xe6, 0xbc], [0xf0, 0x9f], [0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5],
        ] {
            var driver = Driver()
            driver.feed(bytes + [UInt8(ascii: "K")])
            driver.wait(1000)
            #expect(driver.halts == 1, "\(bytes)")
        }
    }

    @Test(arguments: Replies.table.indices)
    func noReplyIsAKHoweverItIsSplit(_ index: Int) {
        let (name, bytes) = Replies.table[index]
        var whole = Driver()
        whole.feed(bytes)
        whole.wait(60_000)
        #expect(whole.halts == 0, "\(name)")
        #expect(whole.keys.isEmpty, "\(name): \(whole.keys)")
        // Pauses shorter and longer than every time limit.
        for pause: UInt64 in [0, 5, 30, 60, 120, 600, 3000, 9000] {
            for split in 1..<bytes.count {
                var driver = Driver()
                driver.feed(bytes[..<split])
                driver.wait(pause)
                let rest = bytes[split...]
                // The one case that cannot be told from a finger: see KeyDecoder.
                if rest.elementsEqual([UInt8(ascii: "K")]), pause >= KeyDecoder.sequenceMs { continue }
                driver.feed(rest)
                driver.wait(60_000)
                #expect(driver.halts == 0, "\(name), split at \(split) with \(pause) ms between")
            }
        }
    }

    @Test(arguments: Replies.table.indices)
    func noReplyIsAKByteByByte(_ index: Int) {
        let (name, bytes) = Replies.table[index]
        for pause: UInt64 in [0, 1, 9] {
            var driver = Driver()
            for byte in bytes {
                driver.feed([byte])
                driver.wait(pause)
            }
            driver.wait(60_000)
            // A long paste that dribbles is longer than its limit of silence; bytes that come every few milliseconds
            // still keep each other company.
            #expect(driver.halts == 0, "\(name), \(pause) ms between bytes")
        }
    }

    @Test(arguments: Replies.table.indices)
    func aTruncatedReplyIsNoKAndAGenuineOneAfterItHaltsSoon(_ index: Int) {
        let (name, bytes) = Replies.table[index]
        for cut in 1..<bytes.count {
            var driver = Driver()
            driver.feed(bytes[..<cut])
            driver.wait(KeyDecoder.pasteMs)
            #expect(driver.halts == 0, "\(name), cut at \(cut)")
            driver.feed("K")
            driver.wait(KeyDecoder.aloneMs)
            #expect(driver.halts == 1, "\(name), cut at \(cut): K has to halt within \(KeyDecoder.aloneMs) ms")
            driver.wait(50)
            driver.feed("\u{0b}")
            driver.wait(KeyDecoder.aloneMs)
            #expect(driver.halts == 2, "\(name), cut at \(cut): Ctrl-K too")
        }
    }

    @Test(arguments: Replies.table.indices)
    func aHeldKGetsThroughACutReply(_ index: Int) {
        let (name, bytes) = Replies.table[index]
        for cut in 1..<bytes.count {
            var driver = Driver()
            driver.feed(bytes[..<cut])
            for _ in 0..<30 {
                driver.wait(33)
                driver.feed("K")
            }
            driver.wait(KeyDecoder.aloneMs)
            #expect(driver.halts > 0, "\(name), cut at \(cut)")
        }
    }

    @Test(arguments: Replies.table.indices)
    func controlKInsideAReplyHaltsAtOnce(_ index: Int) {
        let (name, bytes) = Replies.table[index]
        guard !name.contains("paste") else { return }
        for cut in 1..<bytes.count where bytes[..<cut] != [0xc2] {
            var driver = Driver()
            driver.feed(bytes[..<cut])
            driver.feed("\u{0b}")
            #expect(driver.halts == 1, "\(name), cut at \(cut)")
        }
    }

    @Test(arguments: Replies.table.indices)
    func theEndOfAReplyWithoutItsBeginningIsNoK(_ index: Int) {
        let (name, bytes) = Replies.table[index]
        // Only what ends in a terminator can be known; a mouse report's last bytes look like keys.
        guard bytes.last == 0x07 || bytes.suffix(2) == [0x1b, UInt8(ascii: "\\")] else { return }
        for begin in 1..<bytes.count {
            var driver = Driver()
            driver.feed(bytes[begin...])
            driver.wait(60_000)
            #expect(driver.halts == 0, "\(name), from \(begin)")
        }
    }

    @Test func anEscapeThatComesEarlyByItselfBelongsToItsReply() {
        for (name, bytes) in Replies.table where bytes.first == 0x1b && bytes.count > 2 {
            for pause: UInt64 in [40, 60, 500, 3000, 9000] {
                var driver = Driver()
                driver.feed([0x1b])
                driver.wait(pause)
                driver.feed(bytes.dropFirst())
                driver.wait(60_000)
                #expect(driver.halts == 0, "\(name), \(pause) ms after its ESC")
            }
        }
    }

    @Test func lettersTypedAfterEscapeAreLetters() {
        var driver = Driver()
        driver.feed("\u{1b}")
        driver.wait(200)
        for letter in ["P", "O", "X", "]"] {
            driver.feed(letter)
            driver.wait(150)
        }
        driver.feed("K")
        driver.wait(KeyDecoder.aloneMs)
        #expect(driver.keys.first == .escape)
        #expect(
            driver.keys.dropFirst() == [
                .character("P"), .character("O"), .character("X"), .character("]"), .character("K"),
            ]
        )
    }

    @Test func randomBytesNeverTrapAndAKAfterThemHalts() {
        var random = Seeded(state: 20_261_121)
        let spice = Array("\u{1b}[]PO_^X\\MKk~;<?200201u\u{07}\u{18}\u{0b}".utf8)
        for _ in 0..<20_000 {
            var driver = Driver()
            var fed: [[UInt8]] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let bytes = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                    Bool.random(using: &random)
                        ? spice.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
                }
                fed.append(bytes)
                driver.feed(bytes)
                driver.wait(UInt64.random(in: 0...300, using: &random))
            }
            driver.wait(KeyDecoder.pasteMs + KeyDecoder.sequenceMs)
            let before = driver.halts
            driver.feed("K")
            driver.wait(KeyDecoder.aloneMs)
            #expect(driver.halts == before + 1, "\(fed)")
        }
    }
}
