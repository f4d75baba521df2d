import Glibc
import Synchronization
import Testing

@testable import Console

/// Both ends of a pseudo terminal.
private struct PseudoTerminal: ~Copyable {
    let keyboard: Int32
    let screen: Int32

    init() {
        // What posix_openpt, unlockpt and ptsname do; Swift's Glibc does not see them.
        keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: Int32 = 0
        var number: UInt32 = 0
        _ = ioctl(keyboard, UInt(0x4004_5431), &locked)
        _ = ioctl(keyboard, UInt(0x8004_5430), &number)
        screen = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    }

    deinit {
        close(keyboard)
        close(screen)
    }

    /// What the terminal shows next, once it ends so.
    func shown(upTo end: String) -> String {
        var out: [UInt8] = []
        var byte: UInt8 = 0
        while !String(decoding: out, as: UTF8.self).hasSuffix(end) {
            var ready = pollfd(fd: keyboard, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 5000) == 1, read(keyboard, &byte, 1) == 1 else { break }
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self)
    }

    func type(_ text: String) { _ = write(keyboard, text, text.utf8.count) }
}

private func echoes(_ descriptor: Int32) -> Bool {
    var settings = termios()
    tcgetattr(descriptor, &settings)
    return settings.c_lflag & tcflag_t(ECHO) != 0
}

private let signalledTerminal = Atomic<Int32>(-1)

struct PromptTests {
    @Test func aPassphraseIsNeverShown() throws {
        let terminal = PseudoTerminal()
        let screen = terminal.screen
        let answer = Mutex<[UInt8]?>(nil)
        withUnsafePointer(to: answer) { pointer in
            nonisolated(unsafe) let pointer = pointer
            let asking = Thread {
                let prompt = Prompt(input: screen, output: Output(descriptor: screen), isOwned: false)
                let typed = try? prompt.passphrase("Passphrase: ")
                pointer.pointee.withLock { $0 = typed }
            }
            #expect(terminal.shown(upTo: "Passphrase: ") == "Passphrase: ")
            #expect(!echoes(screen))
            terminal.type("tr\u{fc}st no 1\n")
            asking.join()
        }
        #expect(answer.withLock { $0 } == Array("tr\u{fc}st no 1".utf8))
        #expect(terminal.shown(upTo: "\n") == "\r\n")
        #expect(echoes(screen))
    }

    @Test func aQuestionIsAskedAndAnswered() throws {
        let terminal = PseudoTerminal()
        terminal.type("RESUME\nrest")
        let prompt = Prompt(input: terminal.screen, output: Output(descriptor: terminal.screen), isOwned: false)
        #expect(try prompt.line("Type the word: ") == "RESUME")
    }

    @Test func linesOfAPipeAreReadOneByOne() throws {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        let text = "secret word\nRESUME"
        _ = write(ends[1], text, text.utf8.count)
        close(ends[1])
        let prompt = Prompt(input: ends[0], output: nil, isOwned: true)
        #expect(try prompt.passphrase("?") == Array("secret word".utf8))
        #expect(try prompt.line("?") == "RESUME")
        let error = #expect(throws: PromptError.self) { try prompt.line("?") }
        #expect(error?.code == .ended)
    }

    @Test func aLineWithoutEndIsRefused() throws {
        let zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC)
        let prompt = Prompt(input: zeros, output: nil, isOwned: true)
        let error = #expect(throws: PromptError.self) { try prompt.line("?") }
        #expect(error?.code == .tooLong)
    }

    @Test func withoutATerminalNoPassphraseIsAsked() throws {
        let file = open("/dev/null", O_RDWR | O_CLOEXEC)
        let prompt = Prompt(input: file, output: Output(descriptor: file), isOwned: true)
        let error = #expect(throws: PromptError.self) { try prompt.passphrase("?") }
        #expect(error?.code == .noTerminal)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func aSignalFindsTheTerminalRestored(signal: Int32) async {
        // The handler looks at the terminal at the moment at which the signal takes effect.
        await #expect(processExitsWith: .exitCode(7)) { [signal] in
            let terminal = PseudoTerminal()
            signalledTerminal.store(terminal.screen, ordering: .sequentiallyConsistent)
            Glibc.signal(signal) { _ in _exit(echoes(signalledTerminal.load(ordering: .sequentiallyConsistent)) ? 7 : 8)
            }
            let screen = terminal.screen
            let asking = Thread {
                // Made by a worker of libdispatch, it has inherited that all signals are blocked.
                var none = sigset_t()
                sigemptyset(&none)
                pthread_sigmask(SIG_SETMASK, &none, nil)
                let prompt = Prompt(input: screen, output: Output(descriptor: screen), isOwned: false)
                _ = try? prompt.passphrase("Passphrase: ")
                _exit(9)
            }
            _ = terminal.shown(upTo: "Passphrase: ")
            if echoes(screen) { _exit(10) }
            pthread_kill(asking.identifier, signal)
            asking.join()
        }
    }
}
