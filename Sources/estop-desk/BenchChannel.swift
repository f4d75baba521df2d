internal import CEstop
import Glibc
import KillSwitch
import Synchronization

/// A page that the bench and a child share: words to wait for, and a time stamp. In /dev/shm, and nowhere by name.
///
/// The bench's own futex calls are those of CEstop, which waits and wakes at one offset of whatever page it is given.
final class BenchChannel {
    /// The words, each in a cache line of its own.
    enum Word: Int {
        /// The child's: which wait it is about to begin.
        case ready = 64
        /// The child's: which wait has ended and is stamped.
        case done = 128
        /// The bench's: the bare futex that the child waits for.
        case wake = 192
    }

    /// The descriptor that a child finds it at.
    static let inherited: Int32 = 3
    private static let size = 4096
    private static let stampOffset = 256
    /// Where a futex word stands in a page of CEstop.
    private static let futexOffset = 16

    let descriptor: Int32
    private let base: UnsafeMutableRawPointer

    /// Makes a channel.
    convenience init() throws(BenchProblem) {
        let path = "/dev/shm/estop-bench-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchProblem("\(path) cannot be made", errno: errno) }
        unlink(path)
        guard ftruncate(file, BenchChannel.size) == 0 else { throw BenchProblem("no memory for a page", errno: errno) }
        try self.init(descriptor: file)
    }

    /// Maps a channel.
    init(descriptor: Int32) throws(BenchProblem) {
        let mapped = mmap(nil, BenchChannel.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { throw BenchProblem("a page cannot be mapped", errno: errno) }
        self.descriptor = descriptor
        base = mapped
    }

    deinit {
        munmap(base, BenchChannel.size)
        close(descriptor)
    }

    private func atomic(_ word: Word) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (base + word.rawValue).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    private func futex(_ word: Word) -> OpaquePointer { OpaquePointer(base + word.rawValue - BenchChannel.futexOffset) }

    func value(_ word: Word) -> UInt32 { atomic(word).pointee.load(ordering: .acquiring) }

    /// Stores and wakes.
    func set(_ word: Word, _ value: UInt32) {
        atomic(word).pointee.store(value, ordering: .sequentiallyConsistent)
        estop_page_wake(futex(word))
    }

    /// Sleeps until the word is not `seen`, or for so long.
    func sleep(_ word: Word, while seen: UInt32, milliseconds: UInt64) {
        estop_page_sleep(futex(word), seen, milliseconds * 1_000_000)
    }

    /// The child's time stamp, CLOCK_BOOTTIME ns.
    var stamp: UInt64 {
        get { base.load(fromByteOffset: BenchChannel.stampOffset, as: UInt64.self) }
        set { base.storeBytes(of: newValue, toByteOffset: BenchChannel.stampOffset, as: UInt64.self) }
    }

    /// Waits until the child has come to `value`.
    func await(_ word: Word, _ value: UInt32) throws(BenchProblem) {
        for _ in 0..<30 {
            let seen = self.value(word)
            if seen == value { return }
            sleep(word, while: seen, milliseconds: 100)
        }
        throw BenchProblem("the child process does not answer (\(word) \(self.value(word)), not \(value))")
    }
}

/// halt.page, looked at.
final class BenchPage {
    private var mapping = estop_mapping()
    private let page: OpaquePointer

    /// Maps the page; nil while there is none that can be trusted.
    init?(_ killSwitch: KillSwitch) {
        guard estop_map(&mapping, killSwitch.directory.descriptor, 0, 0) == ESTOP_OK, let page = mapping.page else {
            return nil
        }
        self.page = page
    }

    deinit { estop_unmap(&mapping) }

    var word: Word { Word(rawValue: estop_page_word(page)) }

    /// The state word itself: what one atomic load costs is what loading this costs.
    var state: UnsafePointer<Atomic<UInt32>> {
        UnsafePointer((UnsafeRawPointer(page) + 16).assumingMemoryBound(to: Atomic<UInt32>.self))
    }

    /// Waits for a host that has made the page and lets paper trade.
    static func await(_ killSwitch: KillSwitch) throws(BenchProblem) -> BenchPage {
        for _ in 0..<500 {
            if let page = BenchPage(killSwitch), page.word.mode.permitsAnything, killSwitch.observe().host != nil {
                return page
            }
            BenchProcess.nap(microseconds: 10_000)
        }
        throw BenchProblem("no host came up on \(killSwitch.directory.path) within 5 s")
    }

    /// Waits until the word is not `seen`; when it changed (CLOCK_BOOTTIME ns), as whoever changed it says.
    func changed(from seen: Word, since start: UInt64) throws(BenchProblem) -> UInt64 {
        while true {
            let at = estop_page_changed(page)
            // The time is stored just after the word.
            if word != seen, at >= start { return at }
            guard Clock.boottime() - start < 3_000_000_000 else {
                throw BenchProblem("the page did not halt within 3 s")
            }
            if word == seen { estop_page_sleep(page, seen.rawValue, 100_000_000) }
        }
    }
}
