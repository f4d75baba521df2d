@testable import KillSwitch

/// The invariants, and what has to be possible once everybody has stopped.
extension Model.Machine {
    /// Whether an applied resume folded a halt: its own record or, for one that nobody acknowledged, one in its place.
    func isCovered(_ halt: Model.PastHalt, _ world: Model.World, strictly: Bool) -> Bool {
        let copies = book.copies(world.log)
        let resumes = copies.filter { $0.draft.change == .resume && world.applied.contains($0.draft.id) }.map(\.draft)
        if resumes.contains(where: { $0.pause == halt.id }) { return true }
        return copies.contains { draft, offset, _ in
            guard draft.change == .halt, draft.scope.covers(halt.scope) else { return false }
            let spans = draft.was.generation < halt.word.generation && halt.word.generation <= draft.state.generation
            let tag = draft.tag != 0 ? draft.tag : Model.Book.tag(draft.id)
            guard draft.id == halt.id || !strictly && (spans || tag == halt.tag) else { return false }
            return resumes.contains { $0.scope.covers(draft.scope) && offset < $0.clears ?? 0 }
        }
    }

    /// Whether the page permits something that a halt forbids.
    private func isUndone(_ halt: Model.PastHalt, _ world: Model.World) -> Bool {
        Model.Place.gates.contains { halt.scope.covers($0) && !world.permitted($0).isAtMost(halt.mode) }
    }

    /// What is wrong with a world that a move made; nil when nothing is.
    func violation(_ before: Model.World, _ move: Model.Move, _ world: Model.World) -> String? {
        if let complaint { return complaint }
        if !move.resumes, before.word != world.word || before.entries != world.entries {
            for gate in Model.Place.gates where !world.promised(gate).isAtMost(before.promised(gate)) {
                return "something other than a resume's compare-and-swap made the page permit \(gate)"
            }
        }
        if let undone = world.halts.first(where: {
            isUndone($0, world) && !isCovered($0, world, strictly: $0.acknowledged)
        }) {
            let how = undone.acknowledged ? "acknowledged" : "on the page"
            return "the halt \(Model.Book.text(undone.id)), \(how), is undone"
        }
        guard before.word != world.word || before.log != world.log else { return nil }
        return logViolation(world)
    }

    private func logViolation(_ world: Model.World) -> String? {
        let page = book.page(world.log, world.word)
        if let ghost = page.applied.first(where: { !world.applied.contains($0) && $0 != Model.Scenario.firstResume }) {
            return "the fold takes the resume \(Model.Book.text(ghost)) for applied, and it was not"
        }
        let records = book.copies(world.log)
        if world.word.mode.permitsAnything, let last = world.applied.last {
            guard let record = records.first(where: { $0.draft.id == last }) else {
                return "the page permits after a resume that is not in the log"
            }
            if record.draft.state == world.word, !page.fold.reachesWord || !page.applied.contains(last) {
                return "the page permits by a resume that the fold does not know"
            }
        }
        for (resume, _, _) in records where resume.change == .resume && world.applied.contains(resume.id) {
            let clears = resume.clears ?? 0
            if let unread = records.first(where: {
                $0.draft.change == .halt && $0.offset < clears && clears < $0.readable
            }) {
                return "a resume has cleared the halt \(Model.Book.text(unread.draft.id)), which it could not read"
            }
        }
        let latches = Set(page.fold.latches.map(\.id))
        for (draft, _, _) in records where draft.change == .halt && !latches.contains(Model.Book.text(draft.id)) {
            let tag = draft.tag != 0 ? draft.tag : Model.Book.tag(draft.id)
            let past = Model.PastHalt(id: draft.id, tag: tag, scope: draft.scope, mode: draft.mode, word: draft.state)
            if draft.id != Model.Scenario.firstHalt, !isCovered(past, world, strictly: true) {
                return "the fold has lost the halt \(Model.Book.text(draft.id))"
            }
        }
        return nil
    }

    /// Everybody has stopped: starts a host, then resumes. Says what goes wrong.
    func aftermath(of world: Model.World) -> (problem: String?, trail: [(Model.World, Model.Move)]) {
        var world = world
        var trail: [(Model.World, Model.Move)] = []
        world.crashes = 0
        world.lock = 0
        world.actors = [Model.Actor(.host(looks: 24, starting: true), number: 8)]
        if let problem = run(&world, &trail) { return (problem, trail) }
        if world.actors[0].outcome != .acknowledged { return ("repair does not end", trail) }
        if let problem = unrepaired(world) ?? lostStopFile(world) { return (problem, trail) }
        world.actors = [Model.Actor(.resume(.everything), number: 9)]
        if let problem = run(&world, &trail) { return (problem, trail) }
        if world.actors[0].outcome != .resumed { return ("after repair a resume is refused", trail) }
        let fold = book.page(world.log, world.word).fold
        if !fold.latches.isEmpty { return ("latches outlive the resume after repair", trail) }
        if Model.Place.gates.contains(where: { world.permitted($0) != .live }) {
            return ("the page still restricts after repair and resume", trail)
        }
        return (nil, trail)
    }

    private func run(_ world: inout Model.World, _ trail: inout [(Model.World, Model.Move)]) -> String? {
        while world.actors[0].isAlive {
            next = []
            take(world, 0)
            guard let step = next.first else { return "waits for ever" }
            let problem = violation(world, step.move, step.world)
            world = step.world
            trail.append((step.world, step.move))
            if let problem { return problem }
        }
        return nil
    }

    /// What repair has left undone.
    private func unrepaired(_ world: Model.World) -> String? {
        let fold = book.page(world.log, world.word).fold
        if !fold.reachesWord { return "after repair the records do not chain to the page's word" }
        if fold.tail != nil { return "after repair the log ends in an unfinished record" }
        for latch in fold.latches {
            for gate in Model.Place.gates
            where latch.scope.covers(gate.scope) && !world.permitted(gate).isAtMost(latch.mode) {
                return "after repair the page permits against the latch \(latch.id)"
            }
        }
        if world.stop != 0, world.word.mode.permitsAnything {
            return "after repair the page permits beside a stop file"
        }
        return nil
    }

    /// A stop file that is gone without a resume's having seen it. (One that a preflight saw has a latch of its own.)
    private func lostStopFile(_ world: Model.World) -> String? {
        world.aside != 0 && !world.asideWasSeen ? "a stop file is gone that no resume has seen" : nil
    }
}
