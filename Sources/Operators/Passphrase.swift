internal import CSodium

/// A passphrase in memory, for as long as it is needed and no longer: wiped when the last reference goes.
///
/// Unchecked because of the pointer: the bytes are written once, before anybody else can see them.
public final class Passphrase: @unchecked Sendable {
    /// The characters that a new passphrase needs at least.
    public static let minimumLength = 12
    /// The bytes that one may have: hashing costs the same for all, reading should too.
    public static let maximumBytes = 4096

    private let bytes: UnsafeMutableRawBufferPointer

    /// Takes the bytes over: the array is wiped and empty afterwards.
    public init(_ bytes: inout [UInt8]) {
        self.bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        self.bytes.copyBytes(from: bytes)
        bytes.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { sodium_memzero(start, buffer.count) }
        }
        bytes.removeAll()
    }

    /// Copies a string, which nobody can wipe: for callers that have nothing better.
    public convenience init(_ text: String) {
        var bytes = Array(text.utf8)
        self.init(&bytes)
    }

    deinit {
        if let start = bytes.baseAddress { sodium_memzero(start, bytes.count) }
        bytes.deallocate()
    }

    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(bytes))
    }

    /// Throws unless it may become the passphrase of an operator of that name.
    func check(for name: String) throws(OperatorsError) {
        let text = withBytes { String(decoding: $0, as: UTF8.self) }
        guard text.count >= Passphrase.minimumLength else {
            throw OperatorsError(
                .input,
                "the passphrase is shorter than \(Passphrase.minimumLength) characters: use a longer one"
            )
        }
        guard text.utf8.count <= Passphrase.maximumBytes else {
            throw OperatorsError(
                .input,
                "the passphrase is longer than \(Passphrase.maximumBytes) bytes: use a shorter one"
            )
        }
        guard text.lowercased() != name.lowercased() else {
            throw OperatorsError(.input, "the passphrase is the operator's name: use another")
        }
    }
}
