/* estop_switch.h: what the kill switch itself needs: writing the page, the record of a halt, the page's identity.

   Not for bots (estop.h is). Everything here works on file descriptors and mapped pages that the caller owns, and
   allocates nothing. */

#ifndef ESTOP_SWITCH_H
#define ESTOP_SWITCH_H

#include <stdint.h>
#include <sys/types.h>

#include "estop.h"

#ifdef __cplusplus
extern "C" {
#endif

/* halt.page, mapped. Opaque: layout.h has the offsets. */
typedef struct estop_halt_page estop_halt_page;

/* Why a page cannot be trusted; the gate's and the switch's common vocabulary (estop_problem_text). */
enum estop_problem {
    ESTOP_OK = 0,
    ESTOP_NO_DIRECTORY, /* the state directory cannot be opened */
    ESTOP_NO_PAGE,      /* no halt.page */
    ESTOP_DANGLING,     /* a link to nothing: a reboot, or somebody removed the page */
    ESTOP_FOREIGN_LINK, /* a link to another desk's page */
    ESTOP_WRONG_OWNER,  /* neither the desk's owner nor root made it */
    ESTOP_NOT_A_FILE,
    ESTOP_SHORT,
    ESTOP_WRONG_MAGIC,
    ESTOP_NEWER_LAYOUT,
    ESTOP_OTHER_LAYOUT,
    ESTOP_OTHER_BOOT,
    ESTOP_UNREADABLE, /* open or mmap failed: see errno */
    ESTOP_ORPHANED,   /* the path leads to another page by now */
    ESTOP_NETWORK,     /* the state directory is on a network file system */
    ESTOP_OTHER_DESK,  /* the page says that it belongs to another state directory */
    ESTOP_NOBODYS,     /* a page of an earlier build, which does not say whose it is */
    ESTOP_NOT_MOUNTED, /* a host runs, and its pages are not where this process looks: another /dev/shm */
    ESTOP_MOVED        /* the path of the state directory leads to another directory by now, or to none */
};

/* A sentence for a person. */
const char *estop_problem_text(enum estop_problem problem);

/* Which state directory a page belongs to. */
typedef struct estop_desk {
    uint64_t device, inode;
} estop_desk;

/* A mapped halt.page and its identity. */
typedef struct estop_mapping {
    estop_halt_page *page; /* NULL: not mapped */
    dev_t device;
    ino_t inode;
    int writable;
    estop_desk desk; /* whose page it has to be */
} estop_mapping;

/* Opens and maps halt.page of the state directory, checking owner, link, size, magic, version and boot. A page that
   fails the last three is not mapped unless `any` is set (then it is mapped and the problem still reported). */
enum estop_problem estop_map(estop_mapping *mapping, int directory, int writable, int any);
void estop_unmap(estop_mapping *mapping);
/* The desk of an open state directory. 0, or -1 (errno). */
int estop_desk_of(int directory, estop_desk *desk);
/* Whether a path, looked up anew, still leads to this desk's directory: ESTOP_OK or ESTOP_MOVED. */
enum estop_problem estop_path_leads(const char *path, estop_desk desk);
/* Whether the path still leads to the mapped page: ESTOP_OK, ESTOP_ORPHANED, or what stands in its place. */
enum estop_problem estop_still(const estop_mapping *mapping, int directory);

/* The page's fields. */
uint32_t estop_page_word(const estop_halt_page *page);
uint64_t estop_page_changed(const estop_halt_page *page);
uint64_t estop_page_beat(const estop_halt_page *page);
uint64_t estop_page_dead_man(const estop_halt_page *page);
uint32_t estop_entry_mode(const estop_halt_page *page, int entry);
uint32_t estop_entry_tag(const estop_halt_page *page, int entry);
/* Copies the scope's bytes, NUL-terminated. */
void estop_entry_scope(const estop_halt_page *page, int entry, char scope[121]);

/* The first effect of a halt: one compare-and-swap of the word (the next odd generation, the combined mode), then a wake
   of everybody who waits. No allocation, lock or I/O. Returns the word before; `now` gets the word after. */
uint32_t estop_page_halt(estop_halt_page *page, uint32_t mode, uint32_t *now);
/* A halt of one scope: its entry is taken, written and published, then the generation rises with the mode unchanged. Where
   `used` is not NULL and a published entry says just this already, no other is taken, and `used` gets the tag that enforces it.
   0 when there is no free entry, the scope is too long, or the entry could not be published: halt globally then. */
int estop_page_halt_scope(estop_halt_page *page, uint32_t mode, const char *scope, uint32_t tag, uint32_t *used,
                          uint32_t *was, uint32_t *now);
/* A resume's compare-and-swap, the only store that may make a page permit: 1 when it took place. */
int estop_page_resume(estop_halt_page *page, uint32_t from, uint32_t to);
/* Frees the entry if it still is `mode` with this tag. */
void estop_entry_free(estop_halt_page *page, int entry, uint32_t mode, uint32_t tag);
/* 5 -> 7, by the host, for a writer that died. 1 when it did. */
int estop_entry_bury(estop_halt_page *page, int entry);
/* The dead-man limit, by a host whose configuration says another. */
void estop_page_set_dead_man(estop_halt_page *page, uint64_t limit);
/* The host's beat. */
void estop_page_set_beat(estop_halt_page *page, uint64_t now);
/* Wakes everybody who waits for the word. */
void estop_page_wake(estop_halt_page *page);
/* Sleeps until the word differs from `seen`, at most `nanoseconds`. */
void estop_page_sleep(estop_halt_page *page, uint32_t seen, uint64_t nanoseconds);

/* Writes a whole new page to `descriptor` (a fresh file): the word, a beat (0: none), the dead-man limit, this boot, and
   whose it is. */
int estop_page_initialise(int descriptor, uint32_t word, uint64_t beat, uint64_t dead_man, estop_desk desk);
/* Repairs a mapped page in place: first halted with this word, then the header and the entries. */
void estop_page_repair(estop_halt_page *page, uint32_t word, uint64_t dead_man, estop_desk desk);
/* Whether the mapped page's magic, version and boot are right, and whether it is this desk's. */
enum estop_problem estop_page_check(const estop_halt_page *page, estop_desk desk);

/* CLOCK_BOOTTIME in nanoseconds: the pages' only clock. */
uint64_t estop_boottime(void);
/* This boot's id, 16 bytes. 0, or -1. */
int estop_boot_id(uint8_t id[16]);
/* 32 hexadecimal digits from the kernel's random numbers. */
void estop_new_id(char id[33]);
/* CRC-32 as in zlib. */
uint32_t estop_crc32(uint32_t seed, const void *bytes, size_t length);
/* Whether the directory is on a network file system, or on one that cannot say. */
int estop_is_network(int directory);
/* Whether a path is on tmpfs. */
int estop_is_tmpfs(const char *path);
/* Renames within a directory, never over anything. 0, or -1 (errno). */
int estop_rename_new(int directory, const char *from, const char *to);
/* The state directory that NULL means to estop_open. 0, or -1. */
int estop_default_state(char *path, size_t size);

/* The record of a halt or a note, and the words in it. Texts may be NULL and may hold any bytes. */
typedef struct estop_record {
    const char *change; /* "halt", "note" or "resume" */
    const char *id;
    uint32_t mode;
    const char *scope;
    const char *reason;
    const char *source;
    const char *op;   /* NULL: who runs this process (login name, behind sudo too) */
    const char *from; /* NULL: this process's terminal and address */
    uint32_t was, state;
    const char *extra; /* further members, `,"clears":123`, already JSON; or NULL */
} estop_record;

#define ESTOP_RECORD_MAX 4096
#define ESTOP_REASON_MAX 1024

/* Composes the line, with its sum and the newlines around it. Returns its length, at most 4,096. */
size_t estop_record_compose(const estop_record *record, char line[ESTOP_RECORD_MAX]);
/* Appends a composed line to kill_switch.log by one write to a fresh descriptor and fdatasync; again, whole, after a
   short write or a failed sync, `attempts` times in all. 0, or the errno of the last attempt. `length`, if not NULL,
   gets the log's length after it. */
int estop_log_append(int directory, const char *line, size_t length, int attempts, uint64_t *log_length);

/* Where in the log the last line before `before` begins that looks like a resume's record: the offset of the newline in front
   of it; -1: there is none. */
int64_t estop_log_last_resume(int file, int64_t before);

/* Who runs this process and from where, for records. */
void estop_identity(char *op, size_t op_size, char *from, size_t from_size);

/* What a halt did to the page, until its record is written. */
typedef struct estop_pulled {
    estop_halt_report report;
    uint32_t tag;   /* the entry that enforces it; 0: it has none */
    uint32_t count; /* how many halts its record stands for; 0 and 1: one */
} estop_pulled;

/* A halt, steps (1) to (3): page, wake, record on disk; done again as a new record while the page permits what was
   halted. Record's op and from may be NULL. The mapping may be NULL or unmapped: the record is still written.
   Fills the report; returns 0 when the page took it. */
int estop_switch_halt(estop_mapping *mapping, int directory, uint32_t mode, const char *scope, const char *reason,
                      const char *source, const char *op, const char *from, estop_halt_report *report);
/* The same in two halves, for callers whose record another thread writes: the page alone ... */
void estop_switch_halt_page(estop_mapping *mapping, int directory, uint32_t mode, const char *scope,
                            estop_pulled *pulled);
/* ... and the record (and, while the page permits what was halted, all of it again; once more too when the record came so
   late that another may have been written in its place). `again`: it was tried before, and whoever tries it again looks
   in the log whether another took its place. */
void estop_switch_halt_record(estop_mapping *mapping, int directory, uint32_t mode, const char *scope,
                              const char *reason, const char *source, const char *op, const char *from, int again,
                              estop_pulled *pulled);
/* The record's line alone. Returns its length. */
size_t estop_switch_compose(const estop_pulled *pulled, uint32_t mode, const char *scope, const char *reason,
                            const char *source, const char *op, const char *from, char line[ESTOP_RECORD_MAX]);
/* Keeps a line that the log did not take beside the pages, in memory, where the host finds it and appends it: 1 when it is
   there. Until the machine is switched off. */
int estop_keep_record(int directory, const char *id, const char *line, size_t length);
/* Removes a kept line that is in the log by now. */
void estop_drop_record(int directory, const char *id);
/* The directory of this desk's pages, opened; -1 where there is none, or it is another desk's. */
int estop_open_run_directory(int directory);
/* Leaves the stop file with the reason as its text: 1 when it did, 2 when one was there (with another reason), else 0. */
int estop_leave_stop_file(int directory, const char *reason);
/* Asks the host over estop.sock to halt: 1 when it said yes. */
int estop_ask_host(int directory, const char *scope, const char *reason);
/* Asks whoever listens at 127.0.0.1:port to halt, by the HTTP API: 1 when it said yes. Which desk that is, nobody can tell. */
int estop_ask_loopback(uint16_t port, const char *scope, const char *reason);

/* Whether a restriction of scope `scope` covers a gate of scope `gate`: every key of `scope` has the same value in
   `gate`, or is not stated there. Both as `key=value` pairs joined by commas; `global` and "" cover everything. */
int estop_scope_covers(const char *scope, const char *gate);
/* Whether a text is a well-formed scope of at most `capacity` bytes. */
int estop_scope_valid(const char *scope, size_t capacity);
/* Two restrictions at once. */
uint32_t estop_combine(uint32_t a, uint32_t b);

/* The switch reads and writes gates.page with pread and pwrite only. Whether each slot's lock is held by anybody: 1 or 0
   for each. 0, or -1 (errno). */
int estop_slots_locked(int gates, uint8_t locked[256]);
/* Clears a slot that nobody holds. */
void estop_slot_clear(int gates, int slot);

#ifdef __cplusplus
}
#endif

#endif
