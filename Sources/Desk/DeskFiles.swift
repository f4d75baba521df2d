import Glibc
import KillSwitch

/// Sees that a file which the host has open, and everybody else finds by its name, is not that file any more: `host.lock`, the
/// journal, and the links of the pages. Deleted, replaced by a restore, or overwritten: each means something for trading.
///
/// Looks at names, and at the first bytes of the journal, which being read so often keeps in memory: it may be asked several
/// times a second.
struct DeskFiles: Sendable {
    private let directory: StateDirectory
    private let journal: Identity?
    /// Nil where the journal did not begin as a database does: then nothing is told by its first bytes.
    private let header: Header?
    /// What the links of the pages led to when the engine started.
    private let links: [String: String]

    private struct Identity: Sendable, Equatable {
        var device: UInt64
        var inode: UInt64

        init?(_ directory: StateDirectory, _ name: String) {
            var status = stat()
            guard fstatat(directory.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
            (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    /// The first bytes of the journal's file.
    ///
    /// The file is opened once and stays open: closing any descriptor of it would end the locks by which SQLite, in this
    /// process, keeps others from taking the file for one that nobody uses.
    private final class Header: Sendable {
        private let file: Descriptor

        init?(_ directory: StateDirectory, _ name: String) {
            guard let opened = Descriptor(openat(directory.descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) else {
                return nil
            }
            file = opened
        }

        /// Whether it is that of a database; nil: it cannot be read now, which says nothing.
        var isSound: Bool? {
            let magic = Array("SQLite format 3\u{0}".utf8)
            var bytes = [UInt8](repeating: 0, count: magic.count)
            let count = pread(file.number, &bytes, bytes.count, 0)
            return count < 0 ? nil : count == magic.count && bytes == magic
        }
    }

    private static let journalName = "journal.sqlite"

    /// Remembers what there is, once the journal is open.
    init(_ directory: StateDirectory) {
        self.directory = directory
        journal = Identity(directory, DeskFiles.journalName)
        let header = Header(directory, DeskFiles.journalName)
        self.header = header?.isSound == true ? header : nil
        let names = ["halt.page", "gates.page"]
        links = Dictionary(
            uniqueKeysWithValues: names.compactMap { name in directory.target(of: name).map { (name, $0) } }
        )
    }

    /// What is not as it was, each in a sentence that says what it means.
    func problems() -> [String] {
        var problems: [String] = []
        if let journal {
            let now = Identity(directory, DeskFiles.journalName)
            if now == nil {
                problems.append(
                    "journal.sqlite was deleted under the running host: what happens from now on is lost when it stops, and its "
                        + "next start knows nothing of today's losses. Halt, stop the host and restore a backup"
                )
            } else if now != journal {
                problems.append(
                    "journal.sqlite was replaced under the running host, which writes into the one that is there now: what it wrote "
                        + "before is not in it. Halt, start the host again, and check the day's losses and the positions"
                )
            } else if header?.isSound == false {
                problems.append(
                    "journal.sqlite was overwritten under the running host: it is no database any more, and the host's next "
                        + "start knows nothing of today's losses. Halt, stop the host and restore a backup"
                )
            }
        }
        for (name, target) in links.sorted(by: { $0.key < $1.key }) where directory.target(of: name) != target {
            problems.append(
                "\(name) in the state directory was deleted or replaced under the running host: bots that open a gate now are "
                    + "refused, or are not seen. The host puts it back, halted; look at estop status before you resume"
            )
        }
        return problems
    }
}
