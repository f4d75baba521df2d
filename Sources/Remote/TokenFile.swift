import Glibc

/// The file that holds a bearer token. It is read anew for each use: a resume uses a token up, and others run out.
struct TokenFile: Sendable {
    /// Where it is.
    let path: String

    /// Bytes that a token may have.
    static let most = 16_384

    /// What was found.
    enum Content: Sendable, Equatable {
        /// The token, and why the file should be kept otherwise; nil: it is kept well.
        case token(String, warning: String?)
        /// Why there is none.
        case problem(String)
    }

    /// Reads it. May wait for the disk.
    func read() -> Content {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else {
            return .problem("the token file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var about = stat()
        guard fstat(descriptor, &about) == 0, about.st_mode & S_IFMT == S_IFREG else {
            return .problem("the token file \(path) is no file")
        }
        var bytes = [UInt8](repeating: 0, count: TokenFile.most + 1)
        var length = 0
        while length < bytes.count {
            let room = bytes.count - length
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + length }, room)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            length += count
        }
        return TokenFile.content(bytes[..<length], mode: about.st_mode, path: path)
    }

    /// What bytes of such a file are.
    static func content(_ bytes: ArraySlice<UInt8>, mode: mode_t, path: String) -> Content {
        guard bytes.count <= most else { return .problem("the token file \(path) holds more than a token") }
        let words = bytes.split { $0 <= 0x20 }
        guard let word = words.first else { return .problem("the token file \(path) is empty") }
        // It goes into a header.
        guard words.count == 1, word.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return .problem("the token file \(path) has to hold one token and nothing else")
        }
        let isOpen = mode & 0o077 != 0
        let warning = "the token file \(path) can be read by others: chmod 600 \(path)"
        return .token(String(decoding: word, as: UTF8.self), warning: isOpen ? warning : nil)
    }
}
