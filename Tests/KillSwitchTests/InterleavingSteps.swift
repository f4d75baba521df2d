@testable import KillSwitch

extension Model {
    /// A step that an actor took.
    struct Move {
        var actor: UInt8
        var step: Step
        var crash = false
        /// It is the compare-and-swap of a resume, and succeeded.
        var resumes = false
    }

    /// The steps of DESIGN, each from one world to the next ones.
    final class Machine {
        let book: Book
        let broken: Rule?
        /// Scoped entries that the page has.
        let capacity: Int
        /// The worlds that the step in hand leads to.
        var next: [(world: World, move: Move)] = []
        /// What a step itself found wrong.
        var complaint: String?

        init(book: Book, broken: Rule?, capacity: Int = 24) {
            self.book = book
            self.broken = broken
            self.capacity = capacity
        }

        func holds(_ rule: Rule) -> Bool { broken != rule }

        /// Every world that one step, or one crash, makes of this one.
        func successors(of world: World) -> [(world: World, move: Move)] {
            next = []
            for index in world.actors.indices where world.actors[index].isAlive {
                let before = next.count
                take(world, index)
                let role = world.actors[index].role
                guard next.count > before, world.crashes > 0 else { continue }
                switch role {
                case .halt, .resume, .host:
                    var crashed = world
                    crashed.crashes -= 1
                    crashed.actors[index].end(.crashed)
                    if crashed.lock == world.actors[index].number { crashed.lock = 0 }
                    next.append((crashed, Move(actor: UInt8(index), step: world.actors[index].step, crash: true)))
                case .touch, .gate: break
                }
            }
            return next
        }

        /// One step of one actor: one world, two after a write that may be short, none when it has to wait.
        func take(_ world: World, _ index: Int) {
            var world = world
            var actor = world.actors[index]
            let step = actor.step
            var resumes = false
            switch step {
            case .take, .fill, .publish, .raise, .swap, .readAgain: halt(&world, &actor)
            case .append: return write(world, index, haltDraft(actor), then: .readAgain)
            case .lock:
                guard world.lock == 0 || !holds(.oneResumeAtATime) else { return }
                world.lock = actor.number
                actor.step = .readWord
            case .readWord: readWord(&world, &actor)
            case .fold: fold(&world, &actor)
            case .readEntries: readEntries(&world, &actor)
            case .lookForStop: lookForStop(&world, &actor)
            case .record:
                return write(
                    world,
                    index,
                    resumeDraft(world, actor),
                    then: holds(.recordBeforeSwap) ? .free : .noteApplied
                )
            case .free: free(&world, &actor)
            case .rename, .checkAside, .putBack: moveStop(&world, &actor)
            case .resumeSwap: resumes = resumeSwap(&world, &actor)
            case .noteApplied:
                let note = Draft(
                    change: .note,
                    id: noteID(actor),
                    mode: actor.target.mode,
                    was: actor.target,
                    state: actor.target,
                    kind: .applied,
                    about: actor.resume
                )
                if !holds(.looksOnceMore) { reportResumed(world, actor) }
                return write(world, index, note, then: holds(.looksOnceMore) ? .lookAtLog : .done, .resumed)
            case .noteRefused:
                let note = Draft(change: .note, id: noteID(actor), mode: .unknown, kind: .refused, about: actor.resume)
                if world.aside != 0, world.asideOf == actor.resume {
                    complaint = "a refused resume has taken the stop file"
                }
                return write(world, index, note, then: .done, .refused)
            case .lookAtLog, .lookAtStop: lookOnceMore(&world, &actor)
            case .touch:
                if case .touch(let replacing) = actor.role, replacing || world.stop == 0 {
                    world.stop = actor.number + 1
                }
                actor.end(.done)
            case .look, .decide, .bury, .restoreStop: return hostStep(world, index)
            case .repairAppend: return write(world, index, repairDraft(actor), then: .look)
            case .check, .evaluate, .confirm: gate(&world, &actor)
            case .done, .crashed: return
            }
            finish(&world, index, actor, Move(actor: UInt8(index), step: step, resumes: resumes))
        }

        func finish(_ world: inout World, _ index: Int, _ actor: Actor, _ move: Move) {
            world.actors[index] = actor
            if !actor.isAlive, world.lock == actor.number { world.lock = 0 }
            next.append((world, move))
        }

        /// Appends a record: whole, or first a part of it.
        private func write(_ world: World, _ index: Int, _ draft: Draft, then: Step, _ outcome: Outcome = .none) {
            let actor = world.actors[index]
            let move = Move(actor: UInt8(index), step: actor.step)
            var whole = world
            whole.log.append(book.number(of: draft))
            var after = actor
            if then == .done {
                after.end(.done, outcome)
            } else if actor.step == .append, !holds(.haltReadsPageAgain) {
                acknowledge(&whole, &after)
            } else if then == .free {
                after.step = holds(.freesEntriesBeforeSwap) ? .free : .rename
                skipIdleSteps(whole, &after)
            } else {
                after.step = then
            }
            finish(&whole, index, after, move)
            guard actor.shortWrites > 0 else { return }
            for part in [Draft.Part.half, .line] {
                var torn = world
                var draft = draft
                draft.part = part
                torn.log.append(book.number(of: draft))
                torn.actors[index].shortWrites -= 1
                next.append((torn, move))
            }
        }

        // MARK: - Halting

        private func halt(_ world: inout World, _ actor: inout Actor) {
            switch actor.step {
            case .take:
                if let free = world.entries.firstIndex(where: { $0.mode == 0 }) {
                    actor.slot = UInt8(free)
                } else if world.entries.count < capacity {
                    actor.slot = UInt8(world.entries.count)
                    world.entries.append(Entry())
                } else {
                    actor.scope = .everything
                    actor.step = .swap
                    return
                }
                world.entries[Int(actor.slot)].mode = 5
                actor.step = .fill
            case .fill:
                world.entries[Int(actor.slot)].tag = actor.tag
                world.entries[Int(actor.slot)].scope = actor.scope
                actor.step = .publish
            case .publish:
                if world.entries[Int(actor.slot)].mode == 5 {
                    world.entries[Int(actor.slot)].mode = actor.mode.rawValue
                    world.halts.append(
                        PastHalt(
                            id: actor.id,
                            tag: actor.tag,
                            scope: actor.scope,
                            mode: actor.mode,
                            word: Word(rawValue: 0)
                        )
                    )
                    actor.step = .raise
                } else {
                    actor.scope = .everything
                    actor.step = .swap
                }
            case .raise:
                actor.was = world.word
                actor.state = holds(.haltRaisesGenerationOfScopedEntry) ? world.word.halted(to: .live) : world.word
                world.word = actor.state
                if let mine = world.halts.firstIndex(where: { $0.id == actor.id }) {
                    world.halts[mine].word = actor.state
                }
                actor.step = .append
            case .swap:
                actor.was = world.word
                actor.state = world.word.halted(to: actor.mode)
                world.word = actor.state
                world.halts.append(
                    PastHalt(id: actor.id, tag: actor.tag, scope: .everything, mode: actor.mode, word: actor.state)
                )
                actor.step = .append
            default:
                if permitsWhatWasHalted(world, actor) || holds(.lateHaltBeginsAgain) && isLate(world, actor) {
                    let tag = actor.bearsTag ? actor.tag : nil
                    actor.beginHalt(actor.asked, actor.mode, actor.source, tag: tag, then: actor.then)
                } else {
                    acknowledge(&world, &actor)
                }
            }
        }

        private func permitsWhatWasHalted(_ world: World, _ actor: Actor) -> Bool {
            guard !world.word.mode.isAtMost(actor.mode) else { return false }
            guard actor.scope != .everything else { return true }
            return !world.entries.contains { $0.mode == actor.mode.rawValue && $0.tag == actor.tag }
        }

        /// Whether a record `unrecorded` was written in this halt's place before its own.
        ///
        /// It took longer than 2 s then, and a resume may have folded that one alone.
        private func isLate(_ world: World, _ actor: Actor) -> Bool {
            for (draft, _, _) in book.copies(world.log) {
                if draft.id == actor.id { return false }
                guard draft.change == .halt, draft.source == .watchdog else { continue }
                let spans =
                    draft.was.generation < actor.state.generation && actor.state.generation <= draft.state.generation
                if spans || !actor.bearsTag && draft.tag == actor.tag { return true }
            }
            return false
        }

        private func acknowledge(_ world: inout World, _ actor: inout Actor) {
            if let mine = world.halts.firstIndex(where: { $0.id == actor.id }) { world.halts[mine].acknowledged = true }
            let then = actor.then
            if case .halt = actor.role {
                actor.end(.done, .acknowledged)
            } else if then == .done {
                actor.end(.done, .refused)
            } else {
                actor.step = then
                // Forget what the halt alone needed.
                (actor.id, actor.tag, actor.bearsTag) = (0, 0, false)
                (actor.was, actor.state) = (Word(rawValue: 0), Word(rawValue: 0))
            }
        }

        private func haltDraft(_ actor: Actor) -> Draft {
            Draft(
                change: .halt,
                id: actor.id,
                mode: actor.mode,
                scope: actor.scope,
                source: actor.source,
                was: actor.was,
                state: actor.state,
                tag: actor.bearsTag ? actor.tag : 0
            )
        }

        private func repairDraft(_ actor: Actor) -> Draft {
            // Closing a tail is a note; the other repairs by a record are halts called unrecorded.
            if actor.verdict {
                return Draft(change: .note, id: actor.id, mode: .unknown, source: .watchdog, kind: .closed)
            }
            return Draft(
                change: .halt,
                id: actor.id,
                mode: actor.mode,
                scope: actor.scope,
                source: .watchdog,
                was: actor.was,
                state: actor.state,
                tag: actor.bearsTag ? actor.tag : 0
            )
        }

        // MARK: - Resuming

        private func place(_ actor: Actor) -> Place {
            if case .resume(let place) = actor.role { place } else { .everything }
        }

        private func readWord(_ world: inout World, _ actor: inout Actor) {
            if actor.found == .unknown { actor.found = world.word.mode }
            if world.word.mode.permitsAnything {
                guard actor.pause == 0 else { return actor.end(.done, .refused) }
                actor.beginHalt(.everything, .halted, .cli, then: .readWord)
                actor.pause = actor.id
                return
            }
            actor.word = world.word
            actor.step = .fold
        }

        private func fold(_ world: inout World, _ actor: inout Actor) {
            actor.folded = UInt8(world.log.count)
            let page = book.page(world.log, actor.word)
            guard page.fold.reachesWord || !holds(.chainReachesWord), page.fold.tail == nil || !holds(.waitsForTail)
            else {
                return actor.end(.done, .refused)
            }
            let top = max(actor.word.generation, page.fold.lastGeneration)
            actor.target = Word(generation: top + (top % 2 == 0 ? 2 : 1), mode: restored(actor, page))
            actor.step = .readEntries
        }

        /// What the page permits afterwards.
        ///
        /// Live; for a scope what it permitted before, as far as the latches that stay let it.
        private func restored(_ actor: Actor, _ page: Book.Page) -> Mode {
            let scope = place(actor)
            if scope == .everything { return .live }
            guard holds(.keepsLatchesOfOtherScopes) else { return actor.found }
            return page.fold.globalLatches.filter { $0.id != Book.text(actor.pause) }
                .reduce(actor.found) { $0.combined(with: $1.mode) }
        }

        private func readEntries(_ world: inout World, _ actor: inout Actor) {
            let page = book.page(world.log.prefix(Int(actor.folded)), actor.word)
            let isUnrecorded = world.entries.contains { entry in
                entry.mode == 5 || entry.mode != 0 && entry.mode != 7 && !bearers(page).contains(entry.tag)
            }
            if isUnrecorded { return actor.end(.done, .refused) }
            // A latch of another scope that the page does not enforce by an entry: the page must not permit beside it.
            let scope = place(actor)
            let staysOpen = withoutEntry(world, page.fold).contains { latch in
                scope != .everything && latch.scope != scope.scope && !actor.target.mode.isAtMost(latch.mode)
            }
            if staysOpen && holds(.keepsLatchesOfOtherScopes) { return actor.end(.done, .refused) }
            actor.step = .lookForStop
        }

        /// The tags that an entry may bear: those of latches, for only a latch's entry is ever freed again.
        func bearers(_ page: Book.Page) -> Set<UInt32> {
            holds(.recordsEntriesWithoutLatch) ? page.latchTags : page.recordedTags
        }

        private func lookForStop(_ world: inout World, _ actor: inout Actor) {
            actor.stopSeen = world.stop
            let page = book.page(world.log.prefix(Int(actor.folded)), actor.word)
            if world.stop != 0 && !page.hasFileLatch { return actor.end(.done, .refused) }
            actor.resume = actor.newID()
            actor.step = holds(.recordBeforeSwap) ? .record : .free
            if actor.step == .free { skipIdleSteps(world, &actor) }
        }

        private func resumeDraft(_ world: World, _ actor: Actor) -> Draft {
            let page = book.page(world.log.prefix(Int(actor.folded)), actor.word)
            return Draft(
                change: .resume,
                id: actor.resume,
                mode: actor.target.mode,
                scope: place(actor),
                was: actor.word,
                state: actor.target,
                clears: page.length,
                pause: actor.pause
            )
        }

        private func noteID(_ actor: Actor) -> UInt16 { actor.resume | 0x2000 }

        /// The entries of exactly the latches that this resume clears.
        private func freeable(_ world: World, _ actor: Actor) -> Int? {
            let page = book.page(world.log.prefix(Int(actor.folded)), actor.word)
            let scope = place(actor)
            let tags = page.fold.latches.filter { scope == .everything || $0.scope == scope.scope }.map(\.tag)
            return world.entries.firstIndex { $0.mode != 0 && $0.mode != 5 && $0.mode != 7 && tags.contains($0.tag) }
        }

        private func free(_ world: inout World, _ actor: inout Actor) {
            if let entry = freeable(world, actor) { world.entries[entry] = Entry() }
            skipIdleSteps(world, &actor)
        }

        /// Goes past the steps that have nothing to do: no entry to free, no stop file to set aside.
        private func skipIdleSteps(_ world: World, _ actor: inout Actor) {
            if actor.step == .free, freeable(world, actor) == nil {
                actor.step = holds(.freesEntriesBeforeSwap) ? .rename : .noteApplied
            }
            if actor.step == .rename, actor.stopSeen == 0 || place(actor) != .everything { actor.step = .resumeSwap }
        }

        private func moveStop(_ world: inout World, _ actor: inout Actor) {
            switch actor.step {
            case .rename:
                if world.stop == 0 {
                    actor.step = .noteRefused
                } else {
                    (world.aside, world.asideOf, world.stop) = (world.stop, actor.resume, 0)
                    world.asideWasSeen = world.aside == actor.stopSeen
                    actor.step = .checkAside
                }
            case .checkAside:
                actor.step = world.aside == actor.stopSeen || !holds(.checksStopFileSetAside) ? .resumeSwap : .putBack
            default:
                if world.stop == 0 { world.stop = world.aside }
                (world.aside, world.asideOf) = (0, 0)
                actor.step = .noteRefused
            }
        }

        private func resumeSwap(_ world: inout World, _ actor: inout Actor) -> Bool {
            guard world.word == actor.word || !holds(.swapsFromTheWordRead) else {
                let setAside = actor.stopSeen != 0 && place(actor) == .everything && holds(.putsStopFileBack)
                actor.step = setAside ? .putBack : .noteRefused
                return false
            }
            world.word = actor.target
            world.applied.append(actor.resume)
            actor.stopAtSwap = world.stop != 0
            if !holds(.recordBeforeSwap) {
                actor.step = .record
            } else {
                actor.step = holds(.freesEntriesBeforeSwap) ? .noteApplied : .free
                if actor.step == .free { skipIdleSteps(world, &actor) }
            }
            return true
        }

        private func lookOnceMore(_ world: inout World, _ actor: inout Actor) {
            if actor.step == .lookAtLog {
                let page = book.page(world.log, world.word)
                let left = page.fold.latches.contains { latch in
                    (latch.scope.isGlobal || latch.scope == place(actor).scope)
                        && !actor.target.mode.isAtMost(latch.mode)
                }
                if left {
                    actor.beginHalt(.everything, .halted, .watchdog, then: .done)
                } else {
                    actor.step = .lookAtStop
                }
            } else if world.stop != 0 {
                actor.beginHalt(.everything, .halted, .file, then: .done)
            } else {
                reportResumed(world, actor)
                actor.end(.done, .resumed)
            }
        }

        private func reportResumed(_ world: World, _ actor: Actor) {
            if actor.stopAtSwap, world.stop != 0 {
                complaint = "resumed, though a stop file was there before the compare-and-swap"
            }
        }

        // MARK: - Gates

        private func gate(_ world: inout World, _ actor: inout Actor) {
            guard case .gate(let place, _) = actor.role else { return }
            switch actor.step {
            case .check:
                actor.mustHold = 0
                for (index, halt) in world.halts.enumerated() where halt.acknowledged && halt.scope.covers(place) {
                    if !halt.mode.permitsAnything, !isCovered(halt, world, strictly: true) {
                        actor.mustHold |= 1 << index
                    }
                }
                actor.word = world.word
                if actor.word == actor.evaluated { return say(world, &actor) }
                actor.step = .evaluate
            case .evaluate:
                actor.verdict =
                    world.entries.reduce(actor.word.mode) { $0.combined(with: $1.restriction(of: place)) } == .live
                actor.step = .confirm
            default:
                guard world.word == actor.word else {
                    actor.word = world.word
                    actor.step = .evaluate
                    return
                }
                actor.evaluated = actor.word
                say(world, &actor)
            }
        }

        private func say(_ world: World, _ actor: inout Actor) {
            if actor.verdict {
                for (index, halt) in world.halts.enumerated() where actor.mustHold & 1 << index != 0 {
                    if !isCovered(halt, world, strictly: true) {
                        complaint = "a gate permitted after the halt \(Book.text(halt.id)) was acknowledged"
                    }
                }
            }
            actor.looks -= 1
            actor.mustHold = 0
            if actor.looks == 0 { actor.end(.done) } else { actor.step = .check }
        }
    }
}
