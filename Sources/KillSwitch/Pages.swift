internal import CEstop
import Glibc

/// Making and repairing the pages. Every page made or repaired is halted; only a brand-new paper desk starts in paper.
extension KillSwitch {
    /// What `ensurePages` did.
    public enum PagesOutcome: Sendable, Equatable {
        /// The pages were there and sound.
        case present
        /// They were made, halted.
        case made(reason: String)
        /// A damaged one was repaired in place, halted.
        case repaired(reason: String)
        /// A brand-new paper desk: it starts in paper.
        case started
    }

    /// Where the pages live: a folder of this desk's own.
    public var runDirectory: String {
        settings.runDirectory.map(directory.runDirectory(in:)) ?? directory.defaultRunDirectory
    }

    /// Whether nothing of a desk was ever written here: no page, log, mirror or journal.
    public var isBrandNew: Bool {
        !directory.names().contains { name in
            [Log.name, Mirror.name, DeskKind.file, "halt.page", "gates.page"].contains(name)
                || name.hasPrefix("journal")
        }
    }

    /// Makes sure that there are pages which can be trusted.
    ///
    /// - Parameters:
    ///   - mayStart: whether a brand-new paper desk may start in paper (its host), or starts halted.
    ///   - isHost: whether this process is the host. Nobody else makes pages while a host runs: its own are elsewhere then, and
    ///     others in their place would obey nobody.
    /// - Returns: what was done.
    /// - Throws: `SwitchError.Code.page` or `.network`; nothing permits then, and the message says what to do.
    @discardableResult
    public func ensurePages(mayStart: Bool, isHost: Bool = false) throws(SwitchError) -> PagesOutcome {
        let found = HaltPage.map(directory, writable: false).problem
        // Only the host knows where its pages are: a command may have been given another [host] run_dir.
        if found == nil, gatesPageIsSound, !isHost || (isOwn("halt.page") && isOwn("gates.page")) { return .present }
        if let found, found.isElsewhere, !isHost { throw SwitchError(.page, "\(found)") }
        guard directory.isOwned else {
            throw SwitchError(
                .page,
                "the pages of \(directory.path) are missing or damaged, and only the desk's owner makes them: "
                    + "start 'estop serve' as that user; until then every gate refuses"
            )
        }
        guard lockDirectory() else {
            throw SwitchError(.page, "another process has been making the pages of \(directory.path) for 2 s")
        }
        defer { flock(directory.descriptor, LOCK_UN) }
        let brandNew = isBrandNew
        try makeRunDirectory(brandNew: brandNew)
        nameDesk()
        let gatesAreNew = try makeGatesPage()
        let (page, problem) = HaltPage.map(directory, writable: true, damaged: true)
        guard let problem else {
            if isHost, !isOwn("halt.page") { return try takeBack(from: page) }
            guard gatesAreNew else { return .present }
            // Bots that opened a gate meanwhile are seen by nobody.
            let reason =
                "gates.page was deleted, replaced or led elsewhere, and was linked anew: trading stays halted until somebody "
                + "resumes"
            halt(HaltRequest(reason: reason, source: .watchdog))
            return .repaired(reason: reason)
        }
        if problem.isAnothers || problem.isNobodys, !isOwn("halt.page") {
            // A page of an earlier build may serve several desks, and is halted for all of them; a link that leads to another
            // desk's page only changes here.
            if problem.isNobodys { _ = page?.halt(to: .halted) }
            return try make("\(problem)", start: false, imported: nil)
        }
        if problem.isDamaged { return try repair(page, "\(problem)") }
        guard problem.isAbsent else {
            throw SwitchError(.page, "\(problem): every gate refuses until this is put right")
        }
        let imported = brandNew ? ImportedSwitch.reason(in: directory) : nil
        return try make("\(problem)", start: mayStart && brandNew && settings.paper, imported: imported)
    }

    /// Whether the name of a page is a link to this desk's own page, and not a file or another one's that stands in its place.
    private func isOwn(_ name: String) -> Bool { directory.target(of: name) == "\(runDirectory)/\(name)" }

    private var gatesPageIsSound: Bool {
        var status = stat()
        return fstatat(directory.descriptor, "gates.page", &status, 0) == 0 && status.st_mode & S_IFMT == S_IFREG
            && status.st_size >= 65536
    }

    /// Making waits (nothing permits without a page); halting a page that is there never does.
    private func lockDirectory() -> Bool {
        for _ in 0..<200 {
            if flock(directory.descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            Clock.sleep(milliseconds: 10)
        }
        return false
    }

    // MARK: - The run directory and its links

    private func makeRunDirectory(brandNew: Bool) throws(SwitchError) {
        let path = runDirectory
        var status = stat()
        if let base = settings.runDirectory { try makeBase(base) }
        if brandNew, lstat(path, &status) == 0 {
            // Of a directory that had this inode and was deleted: halt whoever still maps its page, and begin anew.
            retire(path)
        }
        if mkdir(path, 0o700) == 0 {
            chown(path, directory.owner, directory.group)
            chmod(path, (directory.mode & 0o2770) | 0o700 | (directory.mode & 0o005))
        } else if errno != EEXIST {
            throw SwitchError(.page, "the run directory \(path) cannot be made", errno: errno)
        }
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
            status.st_uid == directory.owner || status.st_uid == 0, status.st_mode & 0o002 == 0
        else {
            throw SwitchError(
                .page,
                "\(path) was not made by this desk's owner, or everybody may write to it: remove it, then start again"
            )
        }
        if settings.runDirectory == nil, estop_is_tmpfs(path) == 0 {
            throw SwitchError(.page, "\(path) is not on tmpfs: mount /dev/shm, or set [host] run_dir to a tmpfs")
        }
    }

    /// Where several desks have their run directories.
    private func makeBase(_ base: String) throws(SwitchError) {
        var status = stat()
        mkdir(base, 0o755)
        guard stat(base, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw SwitchError(.page, "[host] run_dir \(base) is no directory and cannot be made", errno: errno)
        }
        guard status.st_mode & 0o1002 != 0o002 else {
            throw SwitchError(
                .page,
                "[host] run_dir \(base) may be written by everybody: take that right away, then start again"
            )
        }
    }

    private func retire(_ path: String) {
        let page = open("\(path)/halt.page", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        if page >= 0 {
            var word = UInt32(0)
            if pread(page, &word, 4, 16) == 4 {
                word = Word(rawValue: word).halted(to: .halted).rawValue
                pwrite(page, &word, 4, 16)
            }
            close(page)
        }
        for name in ["halt.page", "gates.page"] { unlink("\(path)/\(name)") }
        for name in (try? StateDirectory(path).names()) ?? [] { unlink("\(path)/\(name)") }
        rmdir("\(path)/beats")
        rmdir(path)
    }

    /// Links a name of the state directory to the run directory; a dangling or foreign link is replaced by rename.
    private func link(_ name: String) throws(SwitchError) {
        let target = "\(runDirectory)/\(name)"
        if symlinkat(target, directory.descriptor, name) == 0 { return own(name) }
        guard errno == EEXIST else {
            throw SwitchError(.page, "\(directory.path)/\(name) cannot be linked to \(target)", errno: errno)
        }
        let led = directory.target(of: name)
        if led == target { return }
        if led == nil {
            // A file in the link's place: whoever maps it is halted, and it is kept aside.
            let page = openat(directory.descriptor, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            if page >= 0 {
                var word = Word(generation: 1, mode: .halted).rawValue
                if name == "halt.page" { pwrite(page, &word, 4, 16) }
                close(page)
            }
            renameat(directory.descriptor, name, directory.descriptor, "\(name).replaced-\(Log.newID())")
        }
        let temporary = "\(name).\(Log.newID()).tmp"
        guard symlinkat(target, directory.descriptor, temporary) == 0,
            renameat(directory.descriptor, temporary, directory.descriptor, name) == 0
        else { throw SwitchError(.page, "\(directory.path)/\(name) cannot be linked to \(target)", errno: errno) }
        own(name)
    }

    private func own(_ name: String) {
        fchownat(directory.descriptor, name, directory.owner, directory.group, AT_SYMLINK_NOFOLLOW)
        fsync(directory.descriptor)
    }

    /// Writes a whole file under another name and links it into place; nothing happens when one is there already.
    private func place(_ name: String, permissions: mode_t, _ fill: (Int32) -> Bool) throws(SwitchError) -> Bool {
        let temporary = "\(runDirectory)/\(name).\(Log.newID()).tmp"
        let file = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SwitchError(.page, "\(temporary) cannot be made", errno: errno) }
        defer {
            close(file)
            unlink(temporary)
        }
        guard fill(file), fchmod(file, permissions) == 0 else {
            throw SwitchError(.page, "\(temporary) cannot be written", errno: errno)
        }
        fchown(file, directory.owner, directory.group)
        if Glibc.link(temporary, "\(runDirectory)/\(name)") == 0 { return true }
        guard errno == EEXIST else {
            throw SwitchError(.page, "\(runDirectory)/\(name) cannot be linked into place", errno: errno)
        }
        return false
    }

    /// - Returns: whether the page, or the link to it, had to be made.
    private func makeGatesPage() throws(SwitchError) -> Bool {
        let wasLinked = isOwn("gates.page")
        let isMade = try place("gates.page", permissions: 0o666) { ftruncate($0, 65536) == 0 }
        let file = open("\(runDirectory)/gates.page", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        var status = stat()
        // Grown, never shrunk: gates that map it must not fault.
        if file >= 0, fstat(file, &status) == 0, status.st_size < 65536 { ftruncate(file, 65536) }
        if file >= 0 { close(file) }
        try link("gates.page")
        return isMade || !wasLinked
    }

    // MARK: - halt.page

    /// A page that looks sound stands in the place of the link to this desk's own. Bots may have obeyed either: the one that is
    /// found is halted, and the own one takes its place, halted and above both.
    private func takeBack(from other: HaltPage?) throws(SwitchError) -> PagesOutcome {
        let above = other?.halt(to: .halted).state.generation ?? 0
        return try make(
            "halt.page was replaced by a file, or led elsewhere, and was linked anew",
            start: false,
            imported: nil,
            above: above
        )
    }

    /// - Parameter above: the generation of a page that stood in this one's place; nil: none did.
    private func make(
        _ why: String,
        start: Bool,
        imported: String?,
        above: UInt32? = nil
    ) throws(SwitchError) -> PagesOutcome {
        if start, imported == nil, StopFile.all(directory, settings).isEmpty { return try startPaper() }
        let fold = Fold(try Log.part(directory, word: nil), word: nil, mirrorLength: nil)
        let word = Word(generation: max(fold.lastGeneration, above ?? 0), mode: .halted).halted(to: .halted)
        let made = try place("halt.page", permissions: 0o664) {
            estop_page_initialise($0, word.rawValue, 0, settings.deadMan, directory.desk) == 0
        }
        let brandNew = fold.records.isEmpty && fold.length == 0
        try link("halt.page")
        guard made else {
            // The page was there and only the link was missing or led elsewhere: nobody can tell who obeyed what meanwhile.
            if let above {
                return try repair(HaltPage.map(directory, writable: true, damaged: true).page, why, above: above)
            }
            let outcome = try repairIfDamaged()
            guard outcome == .present else { return outcome }
            let reason =
                "halt.page was deleted, or led elsewhere, and was linked anew: trading stays halted until somebody resumes"
            halt(HaltRequest(reason: reason, source: .watchdog))
            return .repaired(reason: reason)
        }
        let reason =
            brandNew
            ? "new desk: it starts halted" + (imported.map { "; \($0)" } ?? "")
            : "the page was made anew (\(why)): trading stays halted until somebody resumes"
        try recordNewChain(word, reason: reason)
        return .made(reason: reason)
    }

    private func repairIfDamaged() throws(SwitchError) -> PagesOutcome {
        let (page, problem) = HaltPage.map(directory, writable: true, damaged: true)
        guard let problem else { return .present }
        guard problem.isDamaged else { throw SwitchError(.page, "\(problem): every gate refuses") }
        return try repair(page, "\(problem)")
    }

    private func repair(_ page: HaltPage?, _ why: String, above: UInt32 = 0) throws(SwitchError) -> PagesOutcome {
        var page = page
        if page == nil {
            let file = openat(directory.descriptor, "halt.page", O_RDWR | O_CLOEXEC)
            if file >= 0 {
                var status = stat()
                if fstat(file, &status) == 0, status.st_size < 4096 { ftruncate(file, 4096) }
                close(file)
            }
            page = HaltPage.map(directory, writable: true, damaged: true).page
        }
        guard let page else { throw SwitchError(.page, "\(why), and it cannot be mapped to repair it") }
        let fold = Fold(try Log.part(directory, word: nil), word: nil, mirrorLength: nil)
        let generation = max(fold.lastGeneration, page.word.generation, above)
        let word = Word(generation: generation, mode: .halted).halted(to: .halted)
        page.repair(word: word, deadMan: settings.deadMan, desk: directory.desk)
        let reason = "the page was repaired (\(why)): trading stays halted until somebody resumes"
        try recordNewChain(word, reason: reason)
        return .repaired(reason: reason)
    }

    private func recordNewChain(_ word: Word, reason: String) throws(SwitchError) {
        try Log.append(
            .halt,
            id: Log.newID(),
            mode: .halted,
            reason: reason,
            source: .watchdog,
            op: nil,
            from: nil,
            was: Word(rawValue: 0),
            state: word,
            to: directory
        )
    }

    /// A brand-new paper desk starts in paper: the resume's record first, then the page; then it looks once more.
    private func startPaper() throws(SwitchError) -> PagesOutcome {
        let word = Word(generation: 2, mode: .paper)
        let id = Log.newID()
        try Log.append(
            .resume,
            id: id,
            mode: .paper,
            reason: "new paper desk",
            source: .library,
            op: nil,
            from: nil,
            was: Word(rawValue: 0),
            state: word,
            extra: [.init("clears", .integer(0))],
            to: directory
        )
        let made = try place("halt.page", permissions: 0o664) {
            estop_page_initialise($0, word.rawValue, estop_boottime(), settings.deadMan, directory.desk) == 0
        }
        try link("halt.page")
        guard made else { return try repairIfDamaged() }
        try? Log.note(
            .applied,
            about: id,
            reason: "applied",
            source: .library,
            op: nil,
            from: nil,
            word: word,
            mode: .paper,
            to: directory
        )
        let seen = observe()
        if !seen.stopFiles.isEmpty || !seen.fold.globalLatches.isEmpty {
            halt(HaltRequest(reason: "halted while the desk was starting", source: .watchdog))
        }
        return .started
    }
}
