/* page.c: the stores that halt, and everything else that reads or writes a mapped halt.page. */

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

uint64_t estop_boottime(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (uint64_t)time.tv_sec * NANOSECOND + (uint64_t)time.tv_nsec;
}

/* MARK: the halt */

/* The word that a halt makes of another: the next odd generation, the combination of both modes. At the greatest
   generation it is halted for good: a page that has run out never permits again. */
static uint32_t halted(uint32_t word, uint32_t mode) {
    uint32_t next = ESTOP_GENERATION(word) + (ESTOP_GENERATION(word) % 2 == 0 ? 1 : 2);
    if (next > ESTOP_LAST_GENERATION)
        return ESTOP_LAST_GENERATION << 3 | ESTOP_HALTED;
    return next << 3 | estop_combine(word & 7u, mode == ESTOP_UNKNOWN ? ESTOP_HALTED : mode);
}

uint32_t estop_page_halt(estop_halt_page *page, uint32_t mode, uint32_t *now) {
    uint32_t word = atomic_load(&page->state);
    do
        *now = halted(word, mode);
    while (!atomic_compare_exchange_weak(&page->state, &word, *now));
    atomic_store(&page->changed, estop_boottime());
    estop_page_wake(page);
    return word;
}

/* Whether an entry restricts just this scope to just this mode, by a published halt with that tag. */
static int enforces(const struct estop_entry *entry, uint32_t mode, const char *scope, uint32_t tag) {
    return atomic_load(&entry->mode) == mode && atomic_load(&entry->tag) == tag &&
           strncmp(entry->scope, scope, ESTOP_ENTRY_SCOPE) == 0 && atomic_load(&entry->mode) == mode;
}

/* A halt of a scope that an entry enforces already needs none of its own: one rule that halts one account 25 times must
   not use up the page. The word moves all the same, so that a resume which is under way is refused; it frees entries before
   its compare-and-swap, so that an entry which is still there after the word has moved stays, or is published again. */
static int halt_by_standing_entry(estop_halt_page *page, uint32_t mode, const char *scope, uint32_t *tag, uint32_t *was,
                                  uint32_t *now) {
    for (int index = 0; index < ESTOP_ENTRIES; index++) {
        const struct estop_entry *entry = &page->entries[index];
        uint32_t standing = atomic_load(&entry->tag);
        if (!enforces(entry, mode, scope, standing))
            continue;
        *was = estop_page_halt(page, ESTOP_LIVE, now);
        *tag = standing;
        return enforces(entry, mode, scope, standing) ? 1 : -1;
    }
    return 0;
}

int estop_page_halt_scope(estop_halt_page *page, uint32_t mode, const char *scope, uint32_t tag, uint32_t *used,
                          uint32_t *was, uint32_t *now) {
    size_t length = strlen(scope);
    if (length > ESTOP_ENTRY_SCOPE)
        return 0;
    if (mode == ESTOP_UNKNOWN)
        mode = ESTOP_HALTED;
    uint32_t before = 0, moved = 0;
    int standing = used != NULL ? halt_by_standing_entry(page, mode, scope, used, &before, &moved) : 0;
    if (standing > 0) {
        *was = before;
        *now = moved;
        return 1;
    }
    for (int index = 0; index < ESTOP_ENTRIES; index++) {
        struct estop_entry *entry = &page->entries[index];
        uint32_t expected = ESTOP_ENTRY_FREE;
        if (!atomic_compare_exchange_strong(&entry->mode, &expected, ESTOP_ENTRY_WRITING))
            continue;
        atomic_store(&entry->tag, tag);
        memset(entry->scope, 0, ESTOP_ENTRY_SCOPE);
        memcpy(entry->scope, scope, length);
        expected = ESTOP_ENTRY_WRITING;
        if (!atomic_compare_exchange_strong(&entry->mode, &expected, mode))
            return 0; /* the host took us for dead and buried the entry */
        *was = estop_page_halt(page, ESTOP_LIVE, now);
        /* One record for both moves of the word. */
        if (standing < 0 && *was == moved)
            *was = before;
        if (used != NULL)
            *used = tag;
        return 1;
    }
    return 0;
}

int estop_page_resume(estop_halt_page *page, uint32_t from, uint32_t to) {
    if (!atomic_compare_exchange_strong(&page->state, &from, to))
        return 0;
    atomic_store(&page->changed, estop_boottime());
    estop_page_wake(page);
    return 1;
}

/* MARK: waiting */

void estop_page_wake(estop_halt_page *page) {
    syscall(SYS_futex, &page->state, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void estop_page_sleep(estop_halt_page *page, uint32_t seen, uint64_t nanoseconds) {
    struct timespec limit = {(time_t)(nanoseconds / NANOSECOND), (long)(nanoseconds % NANOSECOND)};
    syscall(SYS_futex, &page->state, FUTEX_WAIT, seen, &limit, NULL, 0);
}

/* MARK: fields */

uint32_t estop_page_word(const estop_halt_page *page) { return atomic_load(&page->state); }
uint64_t estop_page_changed(const estop_halt_page *page) { return atomic_load(&page->changed); }
uint64_t estop_page_beat(const estop_halt_page *page) { return atomic_load(&page->beat); }
uint64_t estop_page_dead_man(const estop_halt_page *page) { return atomic_load(&page->dead_man); }
void estop_page_set_beat(estop_halt_page *page, uint64_t now) { atomic_store(&page->beat, now); }

void estop_page_set_dead_man(estop_halt_page *page, uint64_t limit) { atomic_store(&page->dead_man, limit); }

uint32_t estop_entry_mode(const estop_halt_page *page, int entry) { return atomic_load(&page->entries[entry].mode); }
uint32_t estop_entry_tag(const estop_halt_page *page, int entry) { return atomic_load(&page->entries[entry].tag); }

void estop_entry_scope(const estop_halt_page *page, int entry, char scope[121]) {
    memcpy(scope, page->entries[entry].scope, ESTOP_ENTRY_SCOPE);
    scope[ESTOP_ENTRY_SCOPE] = '\0';
}

void estop_entry_free(estop_halt_page *page, int entry, uint32_t mode, uint32_t tag) {
    if (atomic_load(&page->entries[entry].tag) == tag)
        atomic_compare_exchange_strong(&page->entries[entry].mode, &mode, ESTOP_ENTRY_FREE);
}

int estop_entry_bury(estop_halt_page *page, int entry) {
    uint32_t expected = ESTOP_ENTRY_WRITING;
    return atomic_compare_exchange_strong(&page->entries[entry].mode, &expected, ESTOP_ENTRY_DEAD);
}

/* MARK: making and repairing */

enum estop_problem estop_page_check(const estop_halt_page *page, estop_desk desk) {
    uint8_t boot[16];
    if (memcmp(page->magic, ESTOP_MAGIC, 8) != 0)
        return ESTOP_WRONG_MAGIC;
    if (page->version > ESTOP_LAYOUT_VERSION)
        return ESTOP_NEWER_LAYOUT;
    if (page->version != ESTOP_LAYOUT_VERSION)
        return ESTOP_OTHER_LAYOUT;
    if (estop_boot_id(boot) != 0 || memcmp(page->boot_id, boot, 16) != 0)
        return ESTOP_OTHER_BOOT;
    if (page->desk_device == 0 && page->desk_inode == 0)
        return ESTOP_NOBODYS;
    return page->desk_device == desk.device && page->desk_inode == desk.inode ? ESTOP_OK : ESTOP_OTHER_DESK;
}

int estop_page_initialise(int descriptor, uint32_t word, uint64_t beat, uint64_t dead_man, estop_desk desk) {
    static const struct estop_halt_page blank;
    struct estop_halt_page page = blank;
    memcpy(page.magic, ESTOP_MAGIC, 8);
    page.version = ESTOP_LAYOUT_VERSION;
    page.state = word;
    page.changed = estop_boottime();
    page.beat = beat;
    page.dead_man = dead_man;
    page.desk_device = desk.device;
    page.desk_inode = desk.inode;
    if (estop_boot_id(page.boot_id) != 0)
        return -1;
    for (size_t done = 0; done < sizeof page;) {
        ssize_t count = pwrite(descriptor, (const char *)&page + done, sizeof page - done, (off_t)done);
        if (count < 0 && errno != EINTR)
            return -1;
        if (count > 0)
            done += (size_t)count;
    }
    return 0;
}

void estop_page_repair(estop_halt_page *page, uint32_t word, uint64_t dead_man, estop_desk desk) {
    atomic_store(&page->state, word);
    atomic_store(&page->changed, estop_boottime());
    atomic_store(&page->dead_man, dead_man);
    for (int index = 0; index < ESTOP_ENTRIES; index++)
        atomic_store(&page->entries[index].mode, ESTOP_ENTRY_FREE);
    memset(page->entries, 0, sizeof page->entries);
    memset(page->reserved2, 0, sizeof page->reserved2);
    page->desk_device = desk.device;
    page->desk_inode = desk.inode;
    page->version = ESTOP_LAYOUT_VERSION;
    estop_boot_id(page->boot_id);
    /* Last: only now does the page count as one. */
    memcpy(page->magic, ESTOP_MAGIC, 8);
    estop_page_wake(page);
}
