import Glibc
import Testing

@testable import KillSwitch

/// Whatever becomes of its owner, a descriptor is closed exactly once.
struct DescriptorTests {
    private struct Given: Error {}

    /// An owner whose initializer may throw before or after its descriptor has its place.
    private final class Owner {
        private let file: Descriptor

        init(_ number: Int32, throwsFirst: Bool, throwsLast: Bool) throws {
            guard let file = Descriptor(number) else { throw Given() }
            if throwsFirst { throw Given() }
            self.file = file
            if throwsLast { throw Given() }
        }
    }

    /// The other end of a socket says whether this one was closed. That it was closed once only is the type's nature; what
    /// a second time would do, DeskTests/ControlClientTests looks for.
    @Test(arguments: [(false, false), (true, false), (false, true)])
    func itIsClosedWhateverItsOwnerDoes(throwsFirst: Bool, throwsLast: Bool) throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        defer { close(ends[1]) }
        do {
            let owner = try Owner(ends[0], throwsFirst: throwsFirst, throwsLast: throwsLast)
            #expect(!throwsFirst && !throwsLast)
            var byte: UInt8 = 0
            #expect(recv(ends[1], &byte, 1, Int32(MSG_DONTWAIT)) == -1, "nothing to read, and not closed")
            withExtendedLifetime(owner) {}
        } catch is Given {
            #expect(throwsFirst || throwsLast)
        }
        var byte: UInt8 = 0
        #expect(recv(ends[1], &byte, 1, Int32(MSG_DONTWAIT)) == 0, "closed")
    }

    @Test func aFailureIsNoDescriptor() {
        let file = open("/nowhere/at/all", O_RDONLY)
        let problem = errno
        let descriptor = Descriptor(file)
        if descriptor != nil { Issue.record("a failure became a descriptor") }
        #expect(problem == ENOENT)
    }
}
