/* slots.c: owning a slot of gates.page by an open-file-description lock, in any container or namespace. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static struct flock lock_of(int slot, short type) {
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)slot * ESTOP_SLOT_SIZE, .l_len = 1};
}

/* One question for a run of slots, and two halves only where somebody holds one: few system calls for few gates. */
static int ask(int gates, int first, int count, uint8_t *locked) {
    struct flock lock = lock_of(first, F_WRLCK);
    lock.l_len = (off_t)count * ESTOP_SLOT_SIZE;
    if (fcntl(gates, F_OFD_GETLK, &lock) != 0)
        return -1;
    if (lock.l_type == F_UNLCK)
        return 0;
    if (count == 1) {
        locked[first] = 1;
        return 0;
    }
    return ask(gates, first, count / 2, locked) != 0 ? -1 : ask(gates, first + count / 2, count - count / 2, locked);
}

int estop_slots_locked(int gates, uint8_t locked[256]) {
    memset(locked, 0, ESTOP_SLOTS);
    return ask(gates, 0, ESTOP_SLOTS, locked);
}

void estop_slot_clear(int gates, int slot) {
    static const char zeros[ESTOP_SLOT_SIZE];
    struct flock lock = lock_of(slot, F_WRLCK), unlock = lock_of(slot, F_UNLCK);
    if (fcntl(gates, F_OFD_SETLK, &lock) != 0)
        return;
    ssize_t ignored = pwrite(gates, zeros, sizeof zeros, (off_t)slot * ESTOP_SLOT_SIZE);
    (void)ignored; /* a slot that cannot be cleared stays listed as dead */
    fcntl(gates, F_OFD_SETLK, &unlock);
}

/* MARK: forks */

#define FORK_LIMIT 1024
static _Atomic int kept_open[FORK_LIMIT]; /* descriptor + 1; 0: free */
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void in_child(void) {
    for (int index = 0; index < FORK_LIMIT; index++) {
        int descriptor = atomic_exchange(&kept_open[index], 0);
        if (descriptor > 0)
            close(descriptor - 1);
    }
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, in_child); }

int estop_fork_add(int descriptor) {
    pthread_once(&fork_once, watch_forks);
    for (int index = 0; index < FORK_LIMIT; index++) {
        int expected = 0;
        if (atomic_compare_exchange_strong(&kept_open[index], &expected, descriptor + 1))
            return 0;
    }
    errno = ENOMEM;
    return -1;
}

void estop_fork_remove(int descriptor) {
    for (int index = 0; index < FORK_LIMIT; index++) {
        int expected = descriptor + 1;
        if (atomic_compare_exchange_strong(&kept_open[index], &expected, 0))
            return;
    }
}
