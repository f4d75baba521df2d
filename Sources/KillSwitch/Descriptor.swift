import Glibc

/// A file descriptor with one owner, closed once: when its owner goes, also when the owner's initializer throws on the way.
///
/// A class that closes in its own `deinit` has to know whether that runs when its initializer throws (it does, once every
/// stored property has its value). A number closed twice is by then another thread's file.
///
/// Invariant (KillSwitchTests/DescriptorTests): whatever becomes of its owner, it is closed exactly once.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, for system calls; it is the owner's as long as this value lives.
    public let number: Int32

    /// Takes over an open descriptor.
    ///
    /// - Parameter number: what `open`, `socket` or the like returned.
    /// - Returns: nil when that was a failure; `errno` still says which.
    public init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit {
        let kept = errno
        close(number)
        errno = kept
    }
}
