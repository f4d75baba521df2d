import CProcess
import Console
import Glibc
import KillSwitch

extension RunCommand {
    /// The process that holds the gate and carries out what `Supervision` says; one thread, which waits in poll alone.
    ///
    /// Threads beside it: one waits for the page's word (a futex cannot be polled), one writes to standard error (which
    /// nobody may read). Neither can hold it up.
    final class Keeper {
        private let request: Request
        private let guardian: pid_t
        private var terminal: Terminal
        private var gate: Gate?
        private var supervision: Supervision
        private var announcer: Announcer?
        private var bot: pid_t = 0
        /// The command that stops the bot; 0: it does not run.
        private var stopper: pid_t = 0
        private var hasEnded = false
        private var isAbandoned = false
        private var wasHalted = false
        /// Somebody wanted the program to end.
        private var isAskedToEnd = false
        private var hasDied = false
        private var isNeverBorn = false
        private var exit: Int32?
        private var nextBeat: UInt64 = 0
        private var looks = 0
        // What poll waits for.
        private let life: Int32
        private let signals: Int32
        private let changes: Int32
        private var failure: Int32 = -1

        init(_ request: Request, guardian: pid_t, life: Int32, terminal: Terminal, signals: sigset_t) {
            self.request = request
            self.guardian = guardian
            self.life = life
            self.terminal = terminal
            supervision = Supervision(
                policy: request.policy,
                grace: request.grace,
                hasStopCommand: request.stopCommand != nil
            )
            var signals = signals
            self.signals = process_signals(&signals)
            changes = process_counter()
        }

        /// Starts the program and keeps it until the last of it is gone; returns the exit status.
        func run(_ program: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
            // Given back in order, unless the program died of itself: a gate that is only dropped is listed as a death.
            defer {
                if hasDied, !isNeverBorn, let gate { _ = Unmanaged.passRetained(gate) }
                gate = nil
            }
            do {
                gate = try openGate()
            } catch {
                Output.error.line("estop: \(request.name) is not started: \(VisibleText.line(error.message))")
                return error.code == .input ? UsageError.exitStatus : RunCommand.refused
            }
            let permitted = permits
            let beginning = supervision.begin(permitted: permitted)
            if beginning == .refuse {
                Output.error.line("estop: \(request.name) is not started: \(Reason(request).now)")
                return RunCommand.refused
            }
            var spawn = process_spawn()
            spawn.arguments = program
            spawn.terminal = beginning == .run ? terminal.forBeginning() : -1
            spawn.stopped = beginning == .runStopped ? 1 : 0
            let started = process_start(&spawn, &failure)
            guard started > 0 else { return RunCommand.failed("no process") }
            bot = started
            // Before there are other threads.
            setenv("ESTOP_BOT_PID", "\(bot)", 1)
            Waiter.start(request, tell: changes)
            announcer = Announcer(request)
            if !permitted { announcer?.say(beginning == .run ? .startsRefused : .startsPaused) }
            while exit == nil { step() }
            terminal.take(from: bot, restoring: (exit ?? 0) > 128)
            announcer?.finish()
            // Long enough for those who wait for the acknowledgement to see it: a gate that vanishes proves nothing.
            if wasHalted { Clock.sleep(milliseconds: 250) }
            // A guard that was stopped as a job could not see that this is over.
            if getppid() == guardian { kill(guardian, SIGCONT) }
            return exit ?? 0
        }

        // MARK: - The loop

        private func step() {
            let now = Clock.boottime()
            var wake = nextBeat
            if let deadline = supervision.deadline { wake = min(wake, deadline) }
            // Soon at first; what cannot be stopped must not cost a processor.
            if supervision.wantsStillness { wake = min(wake, now + (looks < 250 ? 2_000_000 : 50_000_000)) }
            let timeout = wake > now ? Int32(clamping: (wake - now + 999_999) / 1_000_000) : 0
            var polled = [signals, changes, isAbandoned ? -1 : life, failure].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            poll(&polled, nfds_t(polled.count), timeout)
            // The halt first; but before one more acknowledgement, whether what it says is still true.
            if supervision.isStill, polled[1].revents != 0 || Clock.boottime() >= wake { lookWhetherStill() }
            askGate(changed: polled[1].revents != 0)
            if polled[0].revents != 0 { takeSignals() }
            if polled[2].revents != 0 { abandoned() }
            if polled[3].revents != 0 { takeFailure() }
            looks = supervision.wantsStillness ? looks + 1 : 0
            if exit == nil, supervision.wantsStillness { lookWhetherStill() }
            if exit == nil { handle(.time) }
        }

        private func handle(_ event: Supervision.Event) {
            guard exit == nil else { return }
            for action in supervision.handle(event, at: Clock.boottime()) { carryOut(action) }
        }

        private func carryOut(_ action: Supervision.Action) {
            switch action {
            case .signal(let number):
                isAskedToEnd = isAskedToEnd || RunCommand.ends(number)
                signalEverything(number)
            case .stopByCommand:
                isAskedToEnd = true
                stopByCommand()
            case .pass(let number, let toGroup):
                isAskedToEnd = isAskedToEnd || RunCommand.ends(number)
                if !hasEnded { kill(toGroup ? -bot : bot, number) }
            case .check: if gate?.permitsReducing() != true { withdraw() }
            case .acknowledge: _ = gate?.permitsReducing()
            case .withdraw: withdraw()
            case .say(let notice):
                if notice == .stopping { wasHalted = true }
                announcer?.say(notice)
            case .giveTerminal: if !hasEnded { terminal.give(to: bot) }
            case .takeTerminal: terminal.take(from: bot, restoring: false)
            case .suspendGuard: suspendGuard()
            case .exit(let status): exit = status
            }
        }

        // MARK: - The gate

        private func openGate() throws(SwitchError) -> Gate {
            try Gate(
                state: request.state,
                name: request.name,
                scope: request.scope.isGlobal ? "" : request.scope.description,
                interval: .nanoseconds(Int64(clamping: request.interval))
            )
        }

        /// Whether the gate permits anything; acknowledges nothing.
        private var permits: Bool {
            switch gate?.mode ?? .unknown {
            case .live, .reduceOnly: true
            case .paper: request.scope.values[.venue] == "paper"
            case .halted, .unknown: false
            }
        }

        private func askGate(changed: Bool) {
            if changed {
                var count: UInt64 = 0
                _ = read(changes, &count, 8)
            }
            let now = Clock.boottime()
            if now >= nextBeat {
                // Often enough for the promise, and for what no change of the word announces: a host that fell silent.
                let half = request.interval == 0 ? UInt64.max : request.interval / 2
                nextBeat = now + max(1_000_000, min(250_000_000, half))
                if supervision.isAlive {
                    gate?.beat()
                } else if let gate {
                    // Looks as a beat does, without being one.
                    _ = gate.wait(from: gate.word, timeout: .zero)
                }
            } else if !changed {
                return
            }
            handle(.permission(permits))
        }

        private func withdraw() {
            if gate == nil { gate = try? openGate() }
            gate?.withdraw()
            // Look again at once: what made it refuse may be a halt.
            nextBeat = 0
        }

        // MARK: - Processes

        private func takeSignals() {
            var signal = process_signal()
            while process_next_signal(signals, &signal) == 1 {
                if signal.number == SIGCHLD {
                    reap()
                } else if RunCommand.passedOn.contains(signal.number) {
                    lookAtTheJob()
                    // Queued (-1) by the guard with 1 when it came from the terminal.
                    handle(.signal(signal.number, fromTerminal: signal.code == -1 && signal.value == 1))
                }
            }
        }

        /// Takes in everything that happened to children: one SIGCHLD may stand for any number of them.
        private func reap() {
            var ended: Int32?
            var alone = false
            while true {
                var status: Int32 = 0
                let pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)
                if pid < 0, errno == EINTR { continue }
                if pid < 0 { alone = true }
                if pid <= 0 { break }
                if pid == stopper, process_exit_status(status) != 0, process_stop_signal(status) == 0,
                    process_continued(status) == 0
                {
                    // It did not stop the bot: the signal does. What it stopped has ended, and does not see it.
                    stopper = 0
                    signalEverything(SIGTERM)
                }
                guard pid == bot else { continue }
                let stop = process_stop_signal(status)
                if stop != 0 {
                    lookAtTheJob()
                    handle(.stopped(by: stop))
                } else if process_continued(status) != 0 {
                    handle(.continued)
                } else {
                    let code = process_exit_status(status)
                    ended = code >= 0 ? code : 128 + process_end_signal(status)
                    hasEnded = true
                    hasDied = hasDied || (ended != 0 && !isAskedToEnd)
                }
            }
            if let ended {
                takeFailure()
                handle(.ended(status: ended, alone: alone))
            } else if alone, hasEnded {
                handle(.gone)
            }
        }

        private func signalEverything(_ number: Int32) {
            // At once and as one: nobody can be born in between. The rest is found one by one.
            if !hasEnded { kill(-bot, number) }
            for process in ProcessTable.descendants(of: getpid()) {
                if hasEnded || process.group != bot { kill(process.pid, number) }
                // What is stopped would not see it.
                if number == SIGTERM, process.state == CChar(UInt8(ascii: "T")) { kill(process.pid, SIGCONT) }
            }
        }

        private func stopByCommand() {
            let command = ["/bin/sh", "-c", request.stopCommand ?? ""]
            let words = command.map { strdup($0) as UnsafeMutablePointer<CChar>? }
            defer { for word in words { free(word) } }
            var unheard: Int32 = -1
            let started = (words + [nil]).withUnsafeBufferPointer { arguments in
                var spawn = process_spawn()
                spawn.arguments = arguments.baseAddress
                spawn.terminal = -1
                return process_start(&spawn, &unheard)
            }
            if unheard >= 0 { close(unheard) }
            guard started > 0 else { return signalEverything(SIGTERM) }
            stopper = started
            // What somebody stopped could not do what it asks for.
            signalEverything(SIGCONT)
        }

        private func lookWhetherStill() {
            let running = ProcessTable.descendants(of: getpid()).filter { process_is_still($0.pid) == 0 }
            if running.isEmpty { return handle(.allStopped) }
            if supervision.isStill { return handle(.stirred) }
            for process in running { kill(process.pid, SIGSTOP) }
        }

        private func takeFailure() {
            guard failure >= 0 else { return }
            var number: Int32 = 0
            let count = read(failure, &number, 4)
            if count < 0, errno == EAGAIN { return }
            if count == 4 {
                isNeverBorn = true
                announcer?.say(.cannotStart, number)
            }
            close(failure)
            failure = -1
        }

        private func abandoned() {
            isAbandoned = true
            hasDied = true
            announcer?.say(.abandoned)
            handle(.abandoned)
        }

        // MARK: - The job

        private func lookAtTheJob() {
            supervision.canSuspend = ProcessTable.read().isJob(guardian)
            supervision.mayGiveTerminal = terminal.isOurs
        }

        private func suspendGuard() {
            let group = getpgid(guardian)
            // First itself, which passes SIGTSTP on; then whoever shares its job, as in a pipeline.
            kill(guardian, SIGSTOP)
            if group > 0 { kill(-group, SIGTSTP) }
        }
    }
}
