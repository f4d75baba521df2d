@testable import KillSwitch

extension Model.Machine {
    /// One step of the host.
    ///
    /// What it has seen may be as old as it likes when it acts: the 2 s of DESIGN may pass at any moment.
    func hostStep(_ world: Model.World, _ index: Int) {
        var world = world
        var actor = world.actors[index]
        let move = Model.Move(actor: UInt8(index), step: actor.step)
        switch actor.step {
        case .look:
            if actor.looks == 0 {
                actor.end(.done)
            } else {
                actor.looks -= 1
                actor.word = world.word
                actor.step = .decide
            }
        case .decide:
            let options = repairs(world, actor)
            for option in options {
                var changed = world
                finish(&changed, index, option, move)
            }
            guard options.isEmpty else { return }
            if case .host(_, true) = actor.role {
                actor.end(.done, .acknowledged)
            } else {
                actor.step = .look
                actor.word = Word(rawValue: 0)
            }
        case .bury:
            if world.entries[Int(actor.slot)].mode == 5 { world.entries[Int(actor.slot)].mode = 7 }
            actor.step = .look
        default:
            if world.stop == 0 { world.stop = world.aside }
            (world.aside, world.asideOf) = (0, 0)
            actor.step = .look
        }
        finish(&world, index, actor, move)
    }

    /// The host on its way to each of the repairs that what it sees asks for.
    private func repairs(_ world: Model.World, _ actor: Model.Actor) -> [Model.Actor] {
        guard case .host(_, let starting) = actor.role else { return [] }
        let page = book.page(world.log, actor.word)
        let fold = page.fold
        var options: [Model.Actor] = []
        func option(_ change: (inout Model.Actor) -> Void) {
            var next = actor
            next.verdict = false
            change(&next)
            options.append(next)
        }
        let forbidden = fold.globalLatches.contains { !actor.word.mode.isAtMost($0.mode) }
        if actor.word.mode.permitsAnything, forbidden || starting && !fold.reachesWord {
            option { $0.beginHalt(.everything, .halted, .watchdog, then: .look) }
        }
        if world.stop != 0, !page.hasFileLatch || actor.word.mode.permitsAnything {
            option { $0.beginHalt(.everything, .halted, .file, then: .look) }
        }
        if !fold.reachesWord, holds(.recordsGaps) {
            option { next in
                next.id = next.newID()
                (next.scope, next.mode, next.bearsTag) = (.everything, .halted, false)
                (next.was, next.state) = (fold.chainEnd, actor.word)
                next.step = .repairAppend
            }
        }
        for (slot, entry) in world.entries.enumerated() where entry.mode != 0 && entry.mode != 7 {
            if entry.mode == 5 {
                guard holds(.buriesEntriesAtFive) else { continue }
                option { next in
                    next.slot = UInt8(slot)
                    next.beginHalt(.everything, .halted, .watchdog, then: .bury)
                }
            } else if !bearers(page).contains(entry.tag) {
                option { next in
                    next.id = next.newID()
                    (next.scope, next.mode) = (entry.scope, Mode(rawValue: entry.mode) ?? .halted)
                    (next.bearsTag, next.tag) = (true, entry.tag)
                    (next.was, next.state) = (world.word, world.word)
                    next.step = .repairAppend
                }
            }
        }
        // With every entry taken the global halt in its place is enough: while it stands, nothing is to be done.
        let hasRoom = world.entries.count < capacity || world.entries.contains { $0.mode == 0 }
        let isMissed = { (latch: Latch) in
            hasRoom || !actor.word.mode.isAtMost(latch.mode) || !self.holds(.haltsForAnEntryOnlyWhilePermitting)
        }
        if holds(.republishesScopedLatches), let latch = withoutEntry(world, fold).first(where: isMissed) {
            option {
                $0.beginHalt(Model.Machine.place(latch.scope), latch.mode, .watchdog, tag: latch.tag, then: .look)
            }
        }
        if fold.tail != nil {
            option { next in
                next.id = next.newID()
                next.verdict = true
                next.step = .repairAppend
            }
        }
        if starting, world.aside != 0, !page.applied.contains(world.asideOf), holds(.restoresStopFileOfDeadResume) {
            option { $0.step = .restoreStop }
        }
        return options
    }

    func withoutEntry(_ world: Model.World, _ fold: Fold) -> [Latch] {
        fold.latches.filter { latch in
            !latch.scope.isGlobal
                && !world.entries.contains { $0.tag == latch.tag && $0.mode == latch.mode.rawValue }
        }
    }

    static func place(_ scope: Scope) -> Model.Place {
        [Model.Place.venueA, .venueB].first { $0.scope == scope } ?? .everything
    }
}
