/* layout.h: the two shared pages, byte by byte (little-endian, layout version 1).

   halt.page is written by the kill switch alone; gates map it read-only.  gates.page holds 256 slots, one to a gate.
   Nothing in a slot can permit what halt.page refuses. */

#ifndef ESTOP_LAYOUT_H
#define ESTOP_LAYOUT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define ESTOP_MAGIC "ESTOPPG1"
#define ESTOP_HALT_PAGE_SIZE 4096
#define ESTOP_ENTRIES 24
#define ESTOP_ENTRY_SCOPE 120
#define ESTOP_SLOTS 256
#define ESTOP_SLOT_SIZE 256
#define ESTOP_GATES_PAGE_SIZE (ESTOP_SLOTS * ESTOP_SLOT_SIZE)
#define ESTOP_NAME 64
#define ESTOP_SCOPE 128
#define ESTOP_LAST_GENERATION (UINT32_MAX >> 3)

/* What an entry's first word says, beside a mode. */
#define ESTOP_ENTRY_FREE 0    /* matches nothing */
#define ESTOP_ENTRY_WRITING 5 /* being written: matches everything */
#define ESTOP_ENTRY_DEAD 7    /* its writer died: matches nothing, not used again on this page */

/* A scoped restriction. */
struct estop_entry {
    _Atomic uint32_t mode;
    _Atomic uint32_t tag;
    char scope[ESTOP_ENTRY_SCOPE];
};

struct estop_halt_page {
    char magic[8];
    uint32_t version;
    uint32_t reserved0;
    _Atomic uint32_t state; /* generation << 3 | mode; the futex word */
    uint32_t reserved1;
    _Atomic uint64_t changed;  /* CLOCK_BOOTTIME ns of the last change of state */
    _Atomic uint64_t beat;     /* CLOCK_BOOTTIME ns of the host's last beat */
    _Atomic uint64_t dead_man; /* ns; 0: no limit */
    uint8_t boot_id[16];
    uint64_t desk_device; /* of the state directory that the page belongs to */
    uint64_t desk_inode;
    uint8_t reserved2[944];
    struct estop_entry entries[ESTOP_ENTRIES];
};

/* A gate's slot; owned by whoever holds an open-file-description lock on its first byte. */
struct estop_slot {
    uint32_t pid;
    uint32_t reserved0;
    uint64_t start_time;
    _Atomic uint32_t state;
    uint32_t reserved1;
    _Atomic uint64_t host_beat;
    _Atomic uint64_t beat;
    _Atomic uint64_t checks;
    _Atomic uint64_t refusals;
    uint64_t interval;
    char name[ESTOP_NAME];
    char scope[ESTOP_SCOPE];
};

#define ESTOP_AT(type, field, offset) \
    _Static_assert(offsetof(struct type, field) == (offset), #type "." #field " must stand at " #offset)

ESTOP_AT(estop_halt_page, magic, 0);
ESTOP_AT(estop_halt_page, version, 8);
ESTOP_AT(estop_halt_page, state, 16);
ESTOP_AT(estop_halt_page, changed, 24);
ESTOP_AT(estop_halt_page, beat, 32);
ESTOP_AT(estop_halt_page, dead_man, 40);
ESTOP_AT(estop_halt_page, boot_id, 48);
ESTOP_AT(estop_halt_page, desk_device, 64);
ESTOP_AT(estop_halt_page, desk_inode, 72);
ESTOP_AT(estop_halt_page, entries, 1024);
_Static_assert(sizeof(struct estop_halt_page) == ESTOP_HALT_PAGE_SIZE, "halt.page is 4,096 bytes");
ESTOP_AT(estop_entry, mode, 0);
ESTOP_AT(estop_entry, tag, 4);
ESTOP_AT(estop_entry, scope, 8);
_Static_assert(sizeof(struct estop_entry) == 128, "an entry is 128 bytes");
ESTOP_AT(estop_slot, pid, 0);
ESTOP_AT(estop_slot, start_time, 8);
ESTOP_AT(estop_slot, state, 16);
ESTOP_AT(estop_slot, host_beat, 24);
ESTOP_AT(estop_slot, beat, 32);
ESTOP_AT(estop_slot, checks, 40);
ESTOP_AT(estop_slot, refusals, 48);
ESTOP_AT(estop_slot, interval, 56);
ESTOP_AT(estop_slot, name, 64);
ESTOP_AT(estop_slot, scope, 128);
_Static_assert(sizeof(struct estop_slot) == ESTOP_SLOT_SIZE, "a slot is 256 bytes");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2, "the pages need lock-free atomics");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the pages are little-endian");

#endif
