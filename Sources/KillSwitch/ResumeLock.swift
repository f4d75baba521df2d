internal import CEstop
import Glibc

/// The lock among resumes: `flock` on `resume.lock`, never taken by a halt.
struct ResumeLock {
    private let descriptor: Int32

    init(_ directory: StateDirectory, patience: UInt64 = KillSwitch.patience) throws(SwitchError) {
        let name = "resume.lock"
        let file = openat(directory.descriptor, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o660)
        guard file >= 0 else { throw SwitchError(.refused, "\(directory.path)/\(name) cannot be opened", errno: errno) }
        fchmod(file, 0o660)
        var waited: UInt64 = 0
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            if waited >= patience {
                var bytes = [UInt8](repeating: 0, count: 128)
                let count = pread(file, &bytes, bytes.count, 0)
                close(file)
                let holder = String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self)
                throw SwitchError(.refused, "another resume (\(holder)) has been running for 2 s: wait, or end it")
            }
            Clock.sleep(milliseconds: 20)
            waited += 20
        }
        if ftruncate(file, 0) == 0 { _ = writeAll(file, Array("pid \(getpid())\n".utf8)) }
        descriptor = file
    }

    func release() { close(descriptor) }
}
