// The crash handler. Async-signal-safe: no allocation, no lock, no library but the kernel.
#define _GNU_SOURCE
#include "include/CCrash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static const struct {
    int number;
    const char *name;
} crashes[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGTRAP, "SIGTRAP"},
               {SIGABRT, "SIGABRT"}, {SIGFPE, "SIGFPE"}, {SIGSYS, "SIGSYS"}};
enum { CRASHES = sizeof crashes / sizeof *crashes };

// The frames next to the crash and those at the thread's beginning; of an endless recursion the rest is the same.
enum { NEAR = 128, FAR = 32, MOST = 4000000 };

// Within the C library there may be no chain of frames: then the stack itself is searched, so many words of it.
enum { FEW = 4, SEARCHED = 4096, CANDIDATES = 64 };

static struct sigaction before[CRASHES];
static char program_name[64] = "estop", place[3072], meaning_text[1024];
static atomic_int is_installed, is_placed, has_reported, is_done;
static int chains; // whether crashes go on to the handler found before, as Swift's own report

extern const char __executable_start[], __etext[];

// Text that grows in a buffer and is written when that is full, or at the end.
struct text {
    int file;
    size_t length;
    char bytes[1024];
};

static void flush(struct text *text) {
    for (size_t done = 0; text->file >= 0 && done < text->length;) {
        ssize_t wrote = write(text->file, text->bytes + done, text->length - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (errno != EINTR) {
            break;
        }
    }
    text->length = 0;
}

static void put(struct text *text, const char *what) {
    for (; *what != 0; what++) {
        if (text->length == sizeof text->bytes) {
            flush(text);
        }
        text->bytes[text->length++] = *what;
    }
}

static void put_number(struct text *text, uint64_t number, unsigned base) {
    char digits[24];
    size_t at = sizeof digits;
    digits[--at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    if (base == 16) {
        put(text, "0x");
    }
    put(text, digits + at);
}

static const char *signal_name(int number) {
    for (int i = 0; i < CRASHES; i++) {
        if (crashes[i].number == number) {
            return crashes[i].name;
        }
    }
    return "a signal";
}

// A word of this process's memory, which may not be there.
static int peek(uint64_t address, uint64_t *words, size_t count) {
    struct iovec to = {words, count * sizeof *words}, from = {(void *)(uintptr_t)address, count * sizeof *words};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)to.iov_len;
}

static int is_own(uint64_t address) {
    return address >= (uint64_t)(uintptr_t)__executable_start && address < (uint64_t)(uintptr_t)__etext;
}

static void put_frame(struct text *text, uint64_t number, uint64_t address) {
    put(text, "#");
    put_number(text, number, 10);
    put(text, " ");
    put_number(text, address, 16);
    if (is_own(address)) {
        put(text, " ");
        put(text, program_name);
        put(text, "+");
        put_number(text, address - (uint64_t)(uintptr_t)__executable_start, 16);
    }
    put(text, "\n");
}

// What lies on the stack and may be a return into this program's own code.
static void put_candidates(struct text *text, const ucontext_t *context) {
    uint64_t stack = 0;
#if defined(__x86_64__)
    stack = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    stack = context->uc_mcontext.sp;
#endif
    put(text, "... no chain of frames; on the stack, perhaps:\n");
    uint64_t word;
    for (uint64_t at = 0, found = 0; at < SEARCHED && found < CANDIDATES && peek(stack + at * 8, &word, 1); at++) {
        if (is_own(word)) {
            put_frame(text, ++found, word);
        }
    }
}

// By the chain of frame pointers, which code in Swift and ours keep: unwinding by tables takes locks.
static void put_backtrace(struct text *text, const ucontext_t *context) {
    uint64_t counter = 0, frame = 0;
#if defined(__x86_64__)
    counter = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    frame = (uint64_t)context->uc_mcontext.gregs[REG_RBP];
#elif defined(__aarch64__)
    counter = context->uc_mcontext.pc;
    frame = context->uc_mcontext.regs[29];
#endif
    uint64_t last[FAR], count = 0;
    put_frame(text, 0, counter);
    for (uint64_t words[2]; count < MOST && frame % 8 == 0 && peek(frame, words, 2) && words[1] != 0;) {
        count++;
        if (count < NEAR) {
            put_frame(text, count, words[1]);
        }
        last[count % FAR] = words[1];
        // Stacks grow downwards: a chain that does not go up is none.
        if (words[0] <= frame) {
            break;
        }
        frame = words[0];
    }
    if (count < FEW) {
        put_candidates(text, context);
    }
    if (count < NEAR) {
        return;
    }
    uint64_t first = count - NEAR < FAR ? NEAR : count - FAR + 1;
    if (first > NEAR) {
        put(text, "... ");
        put_number(text, first - NEAR, 10);
        put(text, " frames ...\n");
    }
    for (uint64_t at = first; at <= count; at++) {
        put_frame(text, at, last[at % FAR]);
    }
}

// Where the code of each library lies, so that the addresses can be looked up.
static void put_maps(struct text *text) {
    put(text, "\nmemory map:\n");
    flush(text);
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) {
        return;
    }
    ssize_t count;
    while ((count = read(maps, text->bytes, sizeof text->bytes)) > 0) {
        text->length = (size_t)count;
        flush(text);
    }
    close(maps);
}

static void put_what(struct text *text, int number, const char *thread) {
    put(text, program_name);
    put(text, " crashed: ");
    put(text, signal_name(number));
    put(text, " in its thread ");
    put(text, thread);
}

static int write_file(int number, const siginfo_t *info, const ucontext_t *context, const char *thread) {
    struct text text = {.file = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640)};
    if (text.file < 0) {
        return -1;
    }
    put_what(&text, number, thread);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    put(&text, "\ntime: ");
    put_number(&text, (uint64_t)now.tv_sec, 10);
    put(&text, "\nprocess: ");
    put_number(&text, (uint64_t)getpid(), 10);
    put(&text, "\nthread: ");
    put_number(&text, (uint64_t)syscall(SYS_gettid), 10);
    if (info != NULL && info->si_code > 0) {
        put(&text, "\naddress: ");
        put_number(&text, (uint64_t)(uintptr_t)info->si_addr, 16);
    } else if (info != NULL) {
        put(&text, "\nsent by process: ");
        put_number(&text, (uint64_t)info->si_pid, 10);
    }
    put(&text, "\n\nbacktrace (addr2line -f -C -e ");
    put(&text, program_name);
    put(&text, " OFFSET names them):\n");
    if (context != NULL) {
        put_backtrace(&text, context);
    }
    put_maps(&text);
    flush(&text);
    fsync(text.file);
    close(text.file);
    return 0;
}

void crash_report(int number, const void *info, const void *context) {
    if (!atomic_load(&is_installed)) {
        return;
    }
    if (atomic_exchange(&has_reported, 1)) {
        // Another thread is at it: it gets a moment to finish.
        const struct timespec moment = {.tv_nsec = 10000000};
        for (int tries = 0; !atomic_load(&is_done) && tries < 200; tries++) {
            nanosleep(&moment, NULL);
        }
        return;
    }
    int error = errno;
    char thread[17] = "";
    prctl(PR_GET_NAME, thread);
    int is_kept = atomic_load(&is_placed) && write_file(number, info, context, thread) == 0;
    struct text text = {.file = STDERR_FILENO};
    // One write, so that nothing comes in between: the buffer has room for it.
    put(&text, "estop: ");
    put_what(&text, number, thread);
    put(&text, ". ");
    put(&text, meaning_text);
    if (is_kept) {
        put(&text, " Backtrace: ");
        put(&text, place);
    }
    put(&text, "\n");
    flush(&text);
    atomic_store(&is_done, 1);
    errno = error;
}

static void on_crash(int number, siginfo_t *info, void *context) {
    crash_report(number, info, context);
    struct sigaction next = {.sa_handler = SIG_DFL};
    for (int i = 0; chains && i < CRASHES; i++) {
        if (crashes[i].number == number) {
            next = before[i];
        }
    }
    sigaction(number, &next, NULL);
    // A fault happens again as soon as this returns, with its address. What was sent has to be sent again, and a
    // breakpoint would be stepped over.
    if (info != NULL && info->si_code > 0 && number != SIGTRAP) {
        return;
    }
    sigset_t this;
    sigemptyset(&this);
    sigaddset(&this, number);
    pthread_sigmask(SIG_UNBLOCK, &this, NULL);
    raise(number);
}

void crash_install(const char *program) {
    strncpy(program_name, program, sizeof program_name - 1);
    strncpy(meaning_text, "Trading is as it was. To halt: estop halt.", sizeof meaning_text - 1);
    const char *backtrace = getenv("SWIFT_BACKTRACE");
    chains = backtrace != NULL && strstr(backtrace, "interactive=no") != NULL;
    crash_cover_thread();
    for (int i = 0; i < CRASHES; i++) {
        struct sigaction ours = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigfillset(&ours.sa_mask);
        sigaction(crashes[i].number, NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) {
            sigaction(crashes[i].number, &ours, NULL);
        }
    }
    atomic_store(&is_installed, 1);
}

void crash_place(const char *directory, const char *meaning) {
    atomic_store(&is_placed, 0);
    int length = directory == NULL ? 0 : snprintf(place, sizeof place, "%s/crash-%d.txt", directory, (int)getpid());
    strncpy(meaning_text, meaning, sizeof meaning_text - 1);
    atomic_store(&is_placed, length > 0 && length < (int)sizeof place);
}

int crash_follow_parent(int32_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    return getppid() == parent ? 0 : -1;
}
