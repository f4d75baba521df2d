import Glibc

/// Reads small files without ever waiting: a configuration that is a pipe must not hold up a halt.
package enum BoundedFile {
    package enum Failure: Error {
        case missing
        /// What is wrong, and what to do.
        case refused(String)
    }

    /// The bytes of a regular file of at most `limit`.
    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .refused("this is no regular file: name one") }
        let tooLarge = Failure.refused("the file is larger than \(limit / 1024) KiB: make it smaller")
        guard status.st_size <= limit else { throw tooLarge }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                buffer.baseAddress.map { Glibc.read(descriptor, $0 + count, buffer.count - count) } ?? 0
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw failure(errno)
            }
            count += got
        }
        guard count <= limit else { throw tooLarge }
        return Array(bytes.prefix(count))
    }

    private static func failure(_ code: Int32) -> Failure {
        if code == ENOENT || code == ENOTDIR { return .missing }
        return .refused("the file cannot be read: \(String(cString: strerror(code)))")
    }
}
