// A stack for the signal handlers of every thread. A thread that has overflowed its own stack has no other place to run a
// handler on; without one the kernel ends the process at once, and the terminal stays as it was.
//
// Threads are started by ourselves, by the HTTP server, by Dispatch and by libraries that are loaded later. All of them
// call pthread_create, which is therefore defined here: a program's own definition stands before the C library's for
// everything that is linked or loaded. Not covered are threads that the C library starts by itself (timer_create with
// SIGEV_THREAD, getaddrinfo_a, aio) and those of a bare clone: nothing here uses either.
#define _GNU_SOURCE
#include "include/CCrash.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = 64 * 1024 };

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has_key;

struct beginning {
    void *(*run)(void *);
    void *argument;
};

// The thread ends: its stack for handlers goes with it.
static void uncover(void *memory) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(memory, SIZE);
}

static void make_key(void) { has_key = pthread_key_create(&key, uncover) == 0; }

void crash_cover_thread(void) {
    stack_t now;
    pthread_once(&once, make_key);
    if (!has_key || (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE))) {
        return;
    }
    // Above a page that may not be touched: an overflow of this one as well must not write over other memory.
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return;
    }
    mprotect(memory, page, PROT_NONE);
    stack_t stack = {.ss_sp = memory + page, .ss_size = SIZE - page};
    if (sigaltstack(&stack, NULL) != 0 || pthread_setspecific(key, memory) != 0) {
        uncover(memory);
    }
}

static void *begin(void *given) {
    struct beginning thread = *(struct beginning *)given;
    free(given);
    crash_cover_thread();
    return thread.run(thread.argument);
}

typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

__attribute__((visibility("default"))) int pthread_create(pthread_t *restrict thread,
                                                          const pthread_attr_t *restrict attributes,
                                                          void *(*run)(void *), void *restrict argument) {
    static _Atomic(create *) next;
    create *real = atomic_load(&next);
    if (real == NULL) {
        real = (create *)dlsym(RTLD_NEXT, "pthread_create");
        if (real == NULL) {
            return EAGAIN;
        }
        atomic_store(&next, real);
    }
    struct beginning *given = malloc(sizeof *given);
    if (given == NULL) {
        return EAGAIN;
    }
    *given = (struct beginning){run, argument};
    int error = real(thread, attributes, begin, given);
    if (error != 0) {
        free(given);
    }
    return error;
}

int crash_thread_is_covered(void) {
    stack_t now;
    return sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE);
}
