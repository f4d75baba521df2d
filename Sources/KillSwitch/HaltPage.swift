internal import CEstop
import Glibc

/// halt.page, mapped.
///
/// All access is by the atomics of CEstop, so that a page may be used from any thread.
public final class HaltPage: @unchecked Sendable {
    private var mapping: estop_mapping
    let page: OpaquePointer

    /// Maps the page.
    ///
    /// - Parameters:
    ///   - directory: the desk's.
    ///   - writable: whether to map it for writing.
    ///   - damaged: whether to map a page whose header cannot be trusted too, to repair it.
    /// - Returns: the page, and what is wrong with it; no page when it cannot be mapped or trusted.
    static func map(
        _ directory: StateDirectory,
        writable: Bool,
        damaged: Bool = false
    ) -> (page: HaltPage?, problem: PageProblem?) {
        var mapping = estop_mapping()
        let problem = estop_map(&mapping, directory.descriptor, writable ? 1 : 0, damaged ? 1 : 0)
        let page = HaltPage(mapping)
        return (page, problem == ESTOP_OK ? nil : PageProblem(problem))
    }

    private init?(_ mapping: estop_mapping) {
        guard let page = mapping.page else { return nil }
        self.mapping = mapping
        self.page = page
    }

    deinit { estop_unmap(&mapping) }

    var word: Word { Word(rawValue: estop_page_word(page)) }
    var changed: UInt64 { estop_page_changed(page) }
    var beat: UInt64 { estop_page_beat(page) }
    var deadMan: UInt64 { estop_page_dead_man(page) }
    func setDeadMan(_ limit: UInt64) { estop_page_set_dead_man(page, limit) }
    func setBeat(_ now: UInt64) { estop_page_set_beat(page, now) }

    /// What stands in the page's place now, if it is not this page any more.
    func replacement(in directory: StateDirectory) -> PageProblem? {
        let problem = estop_still(&mapping, directory.descriptor)
        return problem == ESTOP_OK ? nil : PageProblem(problem)
    }

    /// The scoped entries that are in use.
    var entries: [PageEntry] {
        (0..<24).compactMap { index in
            let mode = estop_entry_mode(page, Int32(index))
            guard mode != 0 && mode != 7 else { return nil }
            var scope = [CChar](repeating: 0, count: 121)
            estop_entry_scope(page, Int32(index), &scope)
            let text = String(decoding: scope.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return PageEntry(
                index: index,
                mode: mode == 5 ? nil : Mode(rawValue: UInt8(truncatingIfNeeded: mode)) ?? .unknown,
                tag: estop_entry_tag(page, Int32(index)),
                scope: text
            )
        }
    }

    /// One halt, steps (1) and (2). The word before and after.
    func halt(to mode: Mode) -> (was: Word, state: Word) {
        var now: UInt32 = 0
        let was = estop_page_halt(page, UInt32(mode.rawValue), &now)
        return (Word(rawValue: was), Word(rawValue: now))
    }

    /// A resume's compare-and-swap: the only store that makes a page permit.
    func resume(from: Word, to: Word) -> Bool { estop_page_resume(page, from.rawValue, to.rawValue) != 0 }

    func free(_ entry: PageEntry) {
        estop_entry_free(page, Int32(entry.index), UInt32(entry.mode?.rawValue ?? 5), entry.tag)
    }

    /// Buries an entry whose writer died in the middle: 5 becomes 7.
    func bury(_ entry: PageEntry) -> Bool { estop_entry_bury(page, Int32(entry.index)) != 0 }

    func publish(mode: Mode, scope: Scope, tag: UInt32) -> (was: Word, state: Word)? {
        var was: UInt32 = 0
        var now: UInt32 = 0
        guard estop_page_halt_scope(page, UInt32(mode.rawValue), scope.description, tag, nil, &was, &now) != 0 else {
            return nil
        }
        return (Word(rawValue: was), Word(rawValue: now))
    }

    func repair(word: Word, deadMan: UInt64, desk: estop_desk) { estop_page_repair(page, word.rawValue, deadMan, desk) }
}

/// One scoped restriction on the page.
public struct PageEntry: Sendable, Equatable {
    /// Its place, 0 to 23.
    public var index: Int
    /// What it restricts to; nil while it is being written, when it matches everything.
    public var mode: Mode?
    /// The tag of the halt that made it.
    public var tag: UInt32
    /// Its scope as it stands on the page.
    public var scope: String
}

/// Why a page cannot be trusted.
public struct PageProblem: Sendable, Equatable, CustomStringConvertible {
    let code: UInt32

    init(_ problem: estop_problem) { code = problem.rawValue }

    /// A sentence for a person.
    public var description: String { String(cString: estop_problem_text(estop_problem(rawValue: code))) }

    /// Whether there is no page at all, which a start can mend by making one.
    var isAbsent: Bool { code == ESTOP_NO_PAGE.rawValue || code == ESTOP_DANGLING.rawValue || isElsewhere }
    /// Whether the host's pages are not where this process looks: it has a /dev/shm of its own.
    var isElsewhere: Bool { code == ESTOP_NOT_MOUNTED.rawValue }
    /// Whether the link leads to another desk, which a start can mend by linking anew.
    var isForeign: Bool { code == ESTOP_FOREIGN_LINK.rawValue }
    /// Whether the page does not say whose it is: an earlier build made it.
    var isNobodys: Bool { code == ESTOP_NOBODYS.rawValue }
    /// Whether this user may not read it.
    var isUnreadable: Bool { code == ESTOP_UNREADABLE.rawValue }
    /// Whether the page is another desk's.
    var isAnothers: Bool { isForeign || code == ESTOP_OTHER_DESK.rawValue }
    /// Whether the page's contents are damaged or old, which a start can mend by repairing it in place.
    var isDamaged: Bool {
        [ESTOP_SHORT, ESTOP_WRONG_MAGIC, ESTOP_OTHER_LAYOUT, ESTOP_OTHER_BOOT, ESTOP_NOBODYS].contains {
            $0.rawValue == code
        }
    }
}
