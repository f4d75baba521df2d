#define _GNU_SOURCE
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int counted;

int estop_faults_counted(void) { return atomic_load(&counted); }

enum what { NOTHING, KILL_BEFORE, KILL_AFTER, SHORT, FAIL };

static void done(void) {
    const char *file = getenv("ESTOP_FAULT_DONE");
    if (file == NULL)
        return;
    long made = syscall(SYS_openat, AT_FDCWD, file, O_CREAT | O_WRONLY, 0600);
    if (made >= 0)
        syscall(SYS_close, made);
}

/* What happens at this call; `error` gets the errno of a failure. */
static enum what now(int *error) {
    const char *fault = getenv("ESTOP_FAULT"), *colon = fault != NULL ? strchr(fault, ':') : NULL;
    if (colon == NULL || strncmp(fault, "hold", 4) == 0 || atomic_fetch_add(&counted, 1) + 1 != atoi(colon + 1))
        return NOTHING;
    done();
    if (strncmp(fault, "kill-before", 11) == 0) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;)
            pause();
    }
    if (strncmp(fault, "kill-after", 10) == 0)
        return KILL_AFTER;
    if (strncmp(fault, "short", 5) == 0)
        return SHORT;
    *error = atoi(fault + 5);
    return FAIL;
}

/* Writes that hold the text of `hold:TEXT` have been made, and return when the marker is gone again; once. Several threads may
   be at it: what one of them has written, another copies. */
static void hold(const void *bytes, size_t length) {
    static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
    static int held;
    const char *fault = getenv("ESTOP_FAULT"), *file = getenv("ESTOP_FAULT_DONE");
    if (fault == NULL || file == NULL || strncmp(fault, "hold:", 5) != 0 ||
        memmem(bytes, length, fault + 5, strlen(fault + 5)) == NULL)
        return;
    pthread_mutex_lock(&first);
    if (!held)
        done();
    held = 1;
    pthread_mutex_unlock(&first);
    while (access(file, F_OK) == 0)
        usleep(1000);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAULTY(call)                                                                                                    \
    int error = 0;                                                                                                      \
    enum what what = now(&error);                                                                                       \
    if (what == FAIL) {                                                                                                 \
        errno = error;                                                                                                  \
        return -1;                                                                                                      \
    }                                                                                                                   \
    __typeof__(call) result = (call);                                                                                   \
    if (what == KILL_AFTER) {                                                                                           \
        syscall(SYS_kill, getpid(), SIGKILL);                                                                           \
        for (;;)                                                                                                        \
            pause();                                                                                                    \
    }                                                                                                                   \
    return result

ssize_t write(int file, const void *bytes, size_t length) {
    if (file <= 2)
        return REAL(write)(file, bytes, length);
    if (getenv("ESTOP_FAULT") != NULL && strncmp(getenv("ESTOP_FAULT"), "hold:", 5) == 0) {
        ssize_t written = REAL(write)(file, bytes, length);
        hold(bytes, length);
        return written;
    }
    FAULTY(REAL(write)(file, bytes, what == SHORT ? length / 2 : length));
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    FAULTY(REAL(pwrite)(file, bytes, what == SHORT ? length / 2 : length, at));
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    FAULTY(REAL(pwrite64)(file, bytes, what == SHORT ? length / 2 : length, at));
}

int fsync(int file) { FAULTY(REAL(fsync)(file)); }
int fdatasync(int file) { FAULTY(REAL(fdatasync)(file)); }
int link(const char *from, const char *to) { FAULTY(REAL(link)(from, to)); }
int symlinkat(const char *target, int directory, const char *name) { FAULTY(REAL(symlinkat)(target, directory, name)); }
int renameat(int a, const char *from, int b, const char *to) { FAULTY(REAL(renameat)(a, from, b, to)); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    FAULTY(REAL(renameat2)(a, from, b, to, flags));
}
int ftruncate(int file, off_t length) { FAULTY(REAL(ftruncate)(file, length)); }
int ftruncate64(int file, off64_t length) { FAULTY(REAL(ftruncate64)(file, length)); }
int fchmod(int file, mode_t mode) { FAULTY(REAL(fchmod)(file, mode)); }
int unlinkat(int directory, const char *name, int flags) { FAULTY(REAL(unlinkat)(directory, name, flags)); }
int unlink(const char *name) { FAULTY(REAL(unlink)(name)); }
int mkdir(const char *name, mode_t mode) { FAULTY(REAL(mkdir)(name, mode)); }

int openat(int directory, const char *name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (!(flags & O_CREAT))
        return REAL(openat)(directory, name, flags, mode);
    FAULTY(REAL(openat)(directory, name, flags, mode));
}

int openat64(int directory, const char *name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (!(flags & O_CREAT))
        return REAL(openat64)(directory, name, flags, mode);
    FAULTY(REAL(openat64)(directory, name, flags, mode));
}

/* Only futex wakes are counted: they follow each change of the page. Everything else passes through. */
long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (real == NULL)
        real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int index = 0; index < 6; index++)
        a[index] = va_arg(arguments, long);
    va_end(arguments);
    if (number != SYS_futex || (a[1] & 0x7f) != 1)
        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    FAULTY(real(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}

int estop_faults_signal_thread(int process, int thread, int number) {
    return (int)syscall(SYS_tgkill, process, thread, number);
}

/* With ESTOP_OVERFLOW in the environment, SIGUSR2 overflows the stack of the thread that it is sent to. */
static int deeper(volatile char *above) {
    volatile char here[1024];
    here[0] = above != NULL ? *above : 0;
    if (here[0] < 1) /* always: the compiler must not see that this has no end */
        return deeper(here) + here[0];
    return here[0];
}

static void on_overflow(int number) { (void)(number + deeper(NULL)); }

__attribute__((constructor)) static void take_overflow(void) {
    struct sigaction action = {.sa_handler = on_overflow};
    if (getenv("ESTOP_OVERFLOW") != NULL)
        sigaction(SIGUSR2, &action, NULL);
}
