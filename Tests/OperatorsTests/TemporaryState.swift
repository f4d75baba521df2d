import Glibc
import Synchronization

@testable import Operators

/// A state directory of its own for one test, and a store whose sleeps are only written down.
final class TemporaryState: Sendable {
    let path: String
    private let slept = Mutex<[UInt64]>([])

    init() {
        var template = Array("/tmp/estop-operators-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/nonexistent"
        }
    }

    deinit {
        for name in ["json", "json.new", "failures", "failures.new", "lock", "other"] {
            unlink("\(path)/operators.\(name)")
        }
        rmdir("\(path)/operators.json")
        unlink("\(path)/kill_switch.log")
        rmdir(path)
    }

    func store(patience: UInt64 = 60_000) -> OperatorStore {
        OperatorStore(directory: path, cost: .least, patience: patience) { [self] milliseconds in
            slept.withLock { $0.append(milliseconds) }
        }
    }

    /// The delays since the last look, in seconds.
    func delays() -> [UInt64] {
        slept.withLock { list in
            defer { list = [] }
            return list.map { $0 / 1000 }
        }
    }

    func write(_ text: String, to name: String, mode: mode_t = 0o600) {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        _ = Glibc.write(descriptor, text, text.utf8.count)
        fchmod(descriptor, mode)
        close(descriptor)
    }

    func text(of name: String) -> String? {
        let descriptor = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    func status(of name: String) -> stat? {
        var status = stat()
        return lstat("\(path)/\(name)", &status) == 0 ? status : nil
    }
}

let right = "correct horse battery"
let wrong = "incorrect horse battery"
