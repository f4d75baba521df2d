// The signal guard: whatever ends the process, the terminal is put back first.
#define _GNU_SOURCE
#include "include/CTerminal.h"
#include "internal.h"

#include "CCrash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// ST ends whatever sequence was cut; then: synchronised output off, mouse off, focus off, paste off, attributes off,
// wrapping on, cursor on, cursor keys and keypad normal, and out of the alternate screen.
#define RESTORE                                                                                                        \
    "\033\\\033[?2026l\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?1004l\033[?2004l\033[m\033[?7h\033[?25h"      \
    "\033[?1l\033>"
#define POP_TITLE "\033[23;2t"
#define LEAVE_ALTERNATE "\033[?1049l\r"
#define LEAVE_PLAIN "\033[999;1H\r\n"

static const int fatal[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGSYS, SIGQUIT, SIGHUP, SIGTERM, SIGINT};
static const int noticed[] = {SIGWINCH, SIGCONT, SIGTSTP, SIGPIPE};
enum { FATAL = sizeof fatal / sizeof *fatal, NOTICED = sizeof noticed / sizeof *noticed };

static struct sigaction before_fatal[FATAL], before_noticed[NOTICED];
static struct termios user;
static int input = -1, output = -1, painter = -1, nowhere = -1;
static int pipe_ends[2] = {-1, -1};
static atomic_int alternate, pops_title;
// Whether there is a terminal to put back, and whether a thread is doing it.
enum { DISARMED, ARMED, RESTORING };
static atomic_int armed;
static atomic_int restorer; // the thread that does
static atomic_int dies;     // a signal ends this process: nobody takes the terminal again
static int owns_output;
static int chains; // whether crashes go on to the handler found before, as Swift's own report

static int write_restore(void) {
    // Before curses has begun there is no screen to leave.
    const char *parts[] = {
        RESTORE,
        atomic_load(&pops_title) ? POP_TITLE : "",
        painter < 0                ? ""
        : atomic_load(&alternate) ? LEAVE_ALTERNATE
                                  : LEAVE_PLAIN,
    };
    char text[sizeof RESTORE + sizeof POP_TITLE + sizeof LEAVE_ALTERNATE + sizeof LEAVE_PLAIN];
    size_t length = 0, done = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        memcpy(text + length, parts[i], strlen(parts[i]));
        length += strlen(parts[i]);
    }
    while (done < length) {
        ssize_t wrote = write(output, text + done, length - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

// A moment between two tries: one that has the terminal to itself needs no longer.
static const struct timespec moment = {.tv_nsec = 1000000};
enum { MOST_MOMENTS = 1000 };

// Two signals often come together, as when a session ends: whoever ended the process now would cut short what another
// thread puts back.
static void wait_for_restorer(void) {
    int self = (int)gettid();
    for (int i = 0; i < MOST_MOMENTS && atomic_load(&armed) == RESTORING && atomic_load(&restorer) != self; i++) {
        nanosleep(&moment, NULL);
    }
}

void term_restore(void) {
    int error = errno, expected = ARMED;
    if (!atomic_compare_exchange_strong(&armed, &expected, RESTORING)) {
        wait_for_restorer();
        errno = error;
        return;
    }
    atomic_store(&restorer, (int)gettid());
    sigset_t all, mask;
    // SIGTTOU above all: settings can be put back from the background too.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    int flags = fcntl(output, F_GETFL);
    // The rest of a frame goes nowhere.
    dup2(nowhere, painter);
    fcntl(output, F_SETFL, flags | O_NONBLOCK);
    // Full buffers, or the painter still in write(), which has the terminal to itself for a moment: what is in the
    // buffers will not be seen any more, the terminal's state will.
    for (int tries = 0; write_restore() != 0 && errno == EAGAIN && tries < 50; tries++) {
        tcflush(output, TCOFLUSH);
        nanosleep(&moment, NULL);
    }
    fcntl(output, F_SETFL, flags);
    tcsetattr(input, TCSANOW, &user);
    atomic_store(&armed, DISARMED);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    errno = error;
}

static void on_fatal(int number, siginfo_t *info, void *context);

// libestop turns a SIGBUS on one of its pages into a refusal. Where its handler was there before ours it is asked first;
// what it cannot mend it gives up by taking the handler out. A signal that was sent is no fault.
static int is_mended(int number, siginfo_t *info, void *context) {
    for (int i = 0; number == SIGBUS && info != NULL && info->si_code > 0 && i < FATAL; i++) {
        if (fatal[i] != SIGBUS || !(before_fatal[i].sa_flags & SA_SIGINFO) || before_fatal[i].sa_sigaction == NULL) {
            continue;
        }
        struct sigaction after;
        before_fatal[i].sa_sigaction(number, info, context);
        return sigaction(SIGBUS, NULL, &after) == 0 && after.sa_sigaction == on_fatal;
    }
    return 0;
}

static void on_fatal(int number, siginfo_t *info, void *context) {
    if (is_mended(number, info, context)) {
        return;
    }
    atomic_store(&dies, 1);
    term_restore();
    struct sigaction next = {.sa_handler = SIG_DFL};
    int is_crash = number != SIGQUIT && number != SIGHUP && number != SIGTERM && number != SIGINT;
    if (is_crash) {
        crash_report(number, info, context);
    }
    for (int i = 0; chains && is_crash && i < FATAL; i++) {
        if (fatal[i] == number && before_fatal[i].sa_handler != SIG_IGN) {
            next = before_fatal[i];
        }
    }
    sigaction(number, &next, NULL);
    // A fault happens again as soon as this returns, with its address. What was sent has to be sent again, and a
    // breakpoint would be stepped over.
    if (is_crash && number != SIGTRAP && info != NULL && info->si_code > 0) {
        return;
    }
    sigset_t this;
    sigemptyset(&this);
    sigaddset(&this, number);
    pthread_sigmask(SIG_UNBLOCK, &this, NULL);
    raise(number);
}

static void tell(char what) {
    int error = errno;
    // A full pipe is readable, which is all that is asked for.
    if (write(pipe_ends[1], &what, 1) < 0) {
        errno = error;
    }
    errno = error;
}

static void on_noticed(int number) {
    tell(number == SIGWINCH ? 'W' : number == SIGCONT ? 'C' : 'Z');
}

static void install(void) {
    const char *backtrace = getenv("SWIFT_BACKTRACE");
    chains = backtrace != NULL && strstr(backtrace, "interactive=no") != NULL;
    for (int i = 0; i < FATAL; i++) {
        struct sigaction ours = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigfillset(&ours.sa_mask);
        sigaction(fatal[i], NULL, &before_fatal[i]);
        // nohup and shells without job control mean what they say.
        int ends = fatal[i] == SIGHUP || fatal[i] == SIGINT || fatal[i] == SIGQUIT || fatal[i] == SIGTERM;
        if (!(ends && before_fatal[i].sa_handler == SIG_IGN)) {
            sigaction(fatal[i], &ours, NULL);
        }
    }
    for (int i = 0; i < NOTICED; i++) {
        struct sigaction ours = {.sa_handler = noticed[i] == SIGPIPE ? SIG_IGN : on_noticed, .sa_flags = SA_ONSTACK};
        sigaction(noticed[i], &ours, &before_noticed[i]);
    }
}

int term_guard(int in_fd, int out_fd) {
    static int registered;
    input = in_fd;
    if (tcgetattr(in_fd, &user) != 0) {
        return -1;
    }
    if (nowhere < 0 && (nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0) {
        return -1;
    }
    if (pipe_ends[0] < 0 && pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        return -1;
    }
    // A description of its own: making it non-blocking for the last words does not touch the shell's.
    char path[64];
    if (output >= 0 && owns_output) {
        close(output);
    }
    output = -1;
    if (ttyname_r(out_fd, path, sizeof path) == 0) {
        output = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    }
    owns_output = output >= 0;
    if (!owns_output) {
        output = out_fd;
    }
    install();
    term_guard_thread(NULL);
    if (!registered) {
        registered = 1;
        atexit(term_restore);
    }
    guard_arm(-1, 1, 0);
    return guard_raw_settings();
}

void term_guard_thread(const char *name) {
    if (name != NULL) {
        prctl(PR_SET_NAME, name);
    }
    crash_cover_thread();
}

void term_unguard(void) {
    for (int i = 0; i < FATAL; i++) {
        struct sigaction now;
        // Whoever came later (libestop on SIGBUS) chains to us and stays.
        if (sigaction(fatal[i], NULL, &now) == 0 && now.sa_sigaction == on_fatal) {
            sigaction(fatal[i], &before_fatal[i], NULL);
        }
    }
    for (int i = 0; i < NOTICED; i++) {
        if (noticed[i] != SIGPIPE) {
            sigaction(noticed[i], &before_noticed[i], NULL);
        }
    }
}

void guard_arm(int painter_fd, int has_alternate_screen, int has_title) {
    painter = painter_fd;
    atomic_store(&alternate, has_alternate_screen);
    atomic_store(&pops_title, has_title);
    atomic_store(&armed, ARMED);
}

int guard_terminal(void) { return output < 0 ? -1 : fcntl(output, F_DUPFD_CLOEXEC, 0); }

int guard_owns_terminal(void) { return owns_output; }

void guard_disarm(void) { atomic_store(&armed, DISARMED); }

int guard_raw_settings(void) {
    if (atomic_load(&dies)) {
        return 0;
    }
    struct termios raw = user;
    // Also for output: curses expects a line feed to be no more than that.
    cfmakeraw(&raw);
    return tcsetattr(input, TCSANOW, &raw);
}

void guard_user_settings(void) { tcsetattr(input, TCSANOW, &user); }

void guard_note_user_settings(void) { tcgetattr(input, &user); }

int term_wake_fd(void) { return pipe_ends[0]; }

void term_wake(void) { tell('!'); }

int term_drain(void) {
    int bits = 0;
    char bytes[256];
    ssize_t count;
    do {
        count = read(pipe_ends[0], bytes, sizeof bytes);
        for (ssize_t i = 0; i < count; i++) {
            bits |= bytes[i] == 'W'   ? TERM_RESIZED
                    : bytes[i] == 'C' ? TERM_CONTINUED
                    : bytes[i] == 'Z' ? TERM_STOP
                                      : TERM_WOKEN;
        }
        // Less than was asked for is all there was.
    } while (count == sizeof bytes || (count < 0 && errno == EINTR));
    return bits;
}
