/* gate.c: the gate. The hot path is `check`: it loads the word, compares it with the one whose verdict is known, notes
   what it saw in its slot, and answers. Everything else happens only when the word has changed or is not to be trusted. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

struct estop_gate {
    const struct estop_halt_page *page; /* mapped, or `nowhere` */
    struct estop_slot *slot;            /* mapped, or `scratch` */
    const uint32_t *here;               /* 1; reads 0 in a forked child */
    uint64_t dead_man;
    _Atomic uint32_t evaluated; /* the word whose verdict is known; NOT_EVALUATED: none, or a fault on the slot */
    int verdict[2];             /* permits; permits reducing */
    const char *reason[2];      /* why not */
    const char *why;            /* of the last check */
    enum estop_mode mode;

    estop_mapping mapping;
    enum estop_problem problem;
    uint64_t look_again; /* when a detached gate next looks for its page */
    uint32_t word;       /* the page's, at the last look; 0: no page */
    int stopped;         /* a stop file was seen at `stopped_at` */
    uint32_t stopped_at;
    int directory, gates, reader;
    char *path;      /* the state directory's, from the root: looked up anew at each look */
    estop_desk desk; /* what it led to when the gate was opened */
    dev_t gates_device;
    ino_t gates_inode;
    void *slot_page; /* gates.page, mapped */
    int asked;       /* a check was made in a slot before this one, or an acknowledgement was withdrawn */
    uint64_t interval;
    enum estop_mode environment;
    struct estop_slot scratch;
    char name[ESTOP_NAME + 1], scope[ESTOP_SCOPE + 1];
};

#define NOT_EVALUATED ESTOP_FAULTED
static const struct estop_halt_page nowhere;
static const char why_halted[] = "trading is halted";
static const char why_scope[] = "trading is halted for this bot's scope";
static const char why_paper[] = "paper trading only, and this bot's scope does not say venue=paper";
static const char why_reduce[] = "reduce-only: only orders that shrink a position are permitted";
static const char why_unknown[] = "the page says unknown";
static const char why_environment[] = "TRADING_MODE in this bot's environment forbids it";
static const char why_stop_file[] = "the stop file EMERGENCY_STOP is there";
static const char why_dead_man[] = "the host has not beaten within the dead-man limit (is 'estop serve' running?)";
static const char why_fork[] = "this gate was inherited by a forked child: open a new one";
static const char why_full[] = "all 256 slots of gates.page are taken";
static const char why_gates[] = "gates.page cannot be opened for writing";

/* MARK: the verdict */

static int stop_file_is_there(const estop_gate *gate) {
    struct stat status;
    return fstatat(gate->directory, "EMERGENCY_STOP", &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static int says_paper(const char *scope) {
    for (const char *at = scope; at != NULL && *at != '\0'; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, "venue=paper", 11) == 0 && (at[11] == ',' || at[11] == '\0'))
            return 1;
    }
    return 0;
}

static void refuse(estop_gate *gate, const char *why) {
    gate->verdict[0] = gate->verdict[1] = 0;
    gate->reason[0] = gate->reason[1] = gate->why = why;
    gate->mode = ESTOP_UNKNOWN;
}

/* The mode that the page's word and its entries make for this gate. */
static enum estop_mode mode_of(const estop_gate *gate, uint32_t word, const char **why) {
    uint32_t mode = estop_combine(word & 7u, ESTOP_LIVE);
    *why = mode == ESTOP_UNKNOWN ? why_unknown : why_halted;
    for (int index = 0; index < ESTOP_ENTRIES; index++) {
        uint32_t entry = estop_entry_mode(gate->page, index);
        char scope[ESTOP_ENTRY_SCOPE + 1];
        if (entry == ESTOP_ENTRY_FREE || entry == ESTOP_ENTRY_DEAD)
            continue;
        estop_entry_scope(gate->page, index, scope);
        if (entry <= ESTOP_HALTED && !estop_scope_covers(scope, gate->scope))
            continue;
        uint32_t both = estop_combine(mode, entry > ESTOP_HALTED ? ESTOP_HALTED : entry);
        if (both != mode)
            *why = why_scope;
        mode = both;
    }
    return (enum estop_mode)mode;
}

/* The verdict for a word: page and entries, environment, stop file. The word is read again until it stands still. */
static void evaluate(estop_gate *gate) {
    uint32_t word;
    const char *why;
    enum estop_mode mode;
    do {
        word = estop_page_word(gate->page);
        mode = mode_of(gate, word, &why);
    } while (estop_page_word(gate->page) != word);
    uint32_t own = estop_combine(mode, gate->environment);
    if (own != (uint32_t)mode)
        why = why_environment;
    mode = (enum estop_mode)own;
    /* Removing a stop file lifts nothing: what was seen holds until the word changes. */
    if (stop_file_is_there(gate)) {
        gate->stopped = 1;
        gate->stopped_at = word;
    }
    if (gate->stopped && gate->stopped_at == word) {
        mode = ESTOP_HALTED;
        why = why_stop_file;
    }
    gate->mode = mode;
    gate->verdict[0] = mode == ESTOP_LIVE || (mode == ESTOP_PAPER && says_paper(gate->scope));
    gate->verdict[1] = gate->verdict[0] || mode == ESTOP_REDUCE_ONLY;
    gate->reason[0] = mode == ESTOP_PAPER ? why_paper : mode == ESTOP_REDUCE_ONLY ? why_reduce : why;
    gate->reason[1] = mode == ESTOP_PAPER ? why_paper : why;
    gate->why = gate->verdict[0] ? "" : gate->reason[0];
    gate->dead_man = estop_page_dead_man(gate->page);
    gate->word = word;
    gate->evaluated = word;
}

/* MARK: attaching to the pages */

static void detach(estop_gate *gate) {
    gate->page = &nowhere;
    gate->evaluated = NOT_EVALUATED;
    gate->word = 0;
    estop_unmap(&gate->mapping);
    if (gate->slot_page != NULL) {
        gate->asked |= atomic_load_explicit(&gate->slot->checks, memory_order_relaxed) != 0;
        memset(gate->slot, 0, sizeof *gate->slot); /* given back: this is nobody's death */
        estop_guard_remove(gate->slot_page);
        munmap(gate->slot_page, ESTOP_GATES_PAGE_SIZE);
        gate->slot_page = NULL;
    }
    gate->slot = &gate->scratch;
    if (gate->gates >= 0) {
        estop_fork_remove(gate->gates);
        close(gate->gates); /* and with it the slot's lock */
        gate->gates = -1;
    }
}

/* The start time of this process in clock ticks: field 22 of /proc/self/stat. */
static uint64_t start_time(void) {
    char bytes[1024];
    int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t length = read(file, bytes, sizeof bytes - 1);
    close(file);
    if (length <= 0)
        return 0;
    bytes[length] = '\0';
    char *at = strrchr(bytes, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}

static int try_slot(estop_gate *gate, int index, int only_unused) {
    uint32_t pid = 0;
    off_t at = (off_t)index * ESTOP_SLOT_SIZE;
    if (only_unused && (pread(gate->gates, &pid, sizeof pid, at) != (ssize_t)sizeof pid || pid != 0))
        return 0;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    return fcntl(gate->gates, F_OFD_SETLK, &lock) == 0;
}

/* Claims a slot: one never used, else one whose owner is dead. NULL, or why not. */
static const char *claim(estop_gate *gate) {
    struct stat desk, status;
    /* A page that somebody else linked here could be any file of this bot's user: it would be written to. */
    if (fstat(gate->directory, &desk) != 0 || estop_check_link(gate->directory, "gates.page", desk.st_uid) != ESTOP_OK)
        return why_gates;
    gate->gates = openat(gate->directory, "gates.page", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (gate->gates < 0 || fstat(gate->gates, &status) != 0 || !S_ISREG(status.st_mode) ||
        (status.st_uid != desk.st_uid && status.st_uid != 0) || status.st_size < ESTOP_GATES_PAGE_SIZE ||
        estop_fork_add(gate->gates) != 0)
        return why_gates;
    gate->gates_device = status.st_dev;
    gate->gates_inode = status.st_ino;
    int index = -1;
    for (int pass = 1; pass >= 0 && index < 0; pass--)
        for (int slot = 0; slot < ESTOP_SLOTS && index < 0; slot++)
            if (try_slot(gate, slot, pass))
                index = slot;
    if (index < 0)
        return why_full;
    void *address = mmap(NULL, ESTOP_GATES_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, gate->gates, 0);
    if (address == MAP_FAILED)
        return why_gates;
    if (estop_guard_add(address, ESTOP_GATES_PAGE_SIZE, &gate->evaluated) != 0) {
        munmap(address, ESTOP_GATES_PAGE_SIZE);
        return why_gates;
    }
    struct estop_slot *slot = (struct estop_slot *)address + index;
    /* A reader takes what it finds: first nothing, then everything, and the pid last. */
    slot->pid = 0;
    atomic_thread_fence(memory_order_seq_cst);
    atomic_store(&slot->state, 0);
    atomic_store(&slot->host_beat, 0);
    atomic_store(&slot->beat, gate->interval != 0 ? estop_boottime() : 0);
    atomic_store(&slot->checks, 0);
    atomic_store(&slot->refusals, 0);
    slot->interval = gate->interval;
    slot->start_time = start_time();
    memset(slot->name, 0, sizeof slot->name);
    memcpy(slot->name, gate->name, strlen(gate->name));
    memset(slot->scope, 0, sizeof slot->scope);
    memcpy(slot->scope, gate->scope, strlen(gate->scope));
    atomic_thread_fence(memory_order_seq_cst);
    slot->pid = (uint32_t)getpid();
    gate->slot_page = address;
    gate->slot = slot;
    return NULL;
}

/* Finds the page and a slot. A gate that finds none refuses and says why. */
static void attach(estop_gate *gate) {
    detach(gate);
    gate->look_again = estop_boottime() + ESTOP_LOOK_INTERVAL;
    gate->problem = estop_path_leads(gate->path, gate->desk);
    if (gate->problem == ESTOP_OK)
        gate->problem =
            estop_is_network(gate->directory) ? ESTOP_NETWORK : estop_map(&gate->mapping, gate->directory, 0, 0);
    if (gate->problem != ESTOP_OK) {
        refuse(gate, estop_problem_text(gate->problem));
        return;
    }
    const char *why = gate->reader ? NULL : claim(gate);
    if (why != NULL) {
        detach(gate);
        refuse(gate, why);
        return;
    }
    gate->page = gate->mapping.page;
    evaluate(gate);
    /* Under which word it was opened, until its first check: one that does not permit never permitted this gate. One that
       asked before, and only lost its page, may have been permitted: it acknowledges by asking again. */
    if (!gate->asked)
        atomic_store_explicit(&gate->slot->state, gate->word, memory_order_release);
}

/* Whether gates.page still is the file that this gate acknowledges in, whole. */
static int slot_is_ours(const estop_gate *gate) {
    struct stat status;
    return fstatat(gate->directory, "gates.page", &status, 0) == 0 && status.st_dev == gate->gates_device &&
           status.st_ino == gate->gates_inode && status.st_size >= ESTOP_GATES_PAGE_SIZE;
}

/* Does the state directory's path still lead to this desk, are the pages still its own, and is no stop file there? On each beat, each wait and each change of the word. */
static void look(estop_gate *gate) {
    if (gate->page == &nowhere) {
        if (estop_boottime() >= gate->look_again)
            attach(gate);
        return;
    }
    enum estop_problem problem = estop_path_leads(gate->path, gate->desk);
    if (problem == ESTOP_OK)
        problem = estop_still(&gate->mapping, gate->directory);
    if (problem == ESTOP_OK && !gate->reader && !slot_is_ours(gate))
        problem = ESTOP_ORPHANED;
    if (problem == ESTOP_OK) {
        evaluate(gate);
        return;
    }
    detach(gate);
    gate->look_again = estop_boottime() + ESTOP_LOOK_INTERVAL;
    refuse(gate, estop_problem_text(problem));
    if (problem == ESTOP_ORPHANED)
        attach(gate);
}

/* MARK: asking */

static __attribute__((noinline)) int check_changed(estop_gate *gate) {
    if (*gate->here == 0) {
        gate->why = why_fork;
        return 0;
    }
    look(gate);
    return 1;
}

static inline int check(estop_gate *gate, int reducing) {
    uint32_t word = atomic_load_explicit(&gate->page->state, memory_order_acquire);
    if (__builtin_expect(word != atomic_load_explicit(&gate->evaluated, memory_order_relaxed) || *gate->here == 0, 0)) {
        if (!check_changed(gate))
            return 0;
        word = gate->word;
    }
    /* The beat before the clock: the other way round a beat in between would look like one from the future. */
    uint64_t beat = atomic_load_explicit(&gate->page->beat, memory_order_acquire);
    struct estop_slot *slot = gate->slot;
    atomic_store_explicit(&slot->host_beat, beat, memory_order_relaxed);
    atomic_store_explicit(&slot->checks, atomic_load_explicit(&slot->checks, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    int permitted = gate->verdict[reducing];
    gate->why = permitted ? "" : gate->reason[reducing];
    if (permitted && gate->dead_man != 0) {
        uint64_t now = estop_boottime();
        if (beat > now ? beat - now > ESTOP_FUTURE_LIMIT : now - beat > gate->dead_man) {
            permitted = 0;
            gate->why = why_dead_man;
        }
    }
    /* A fault on the slot just now: nobody would see this gate's acknowledgement. */
    if (permitted && atomic_load_explicit(&gate->evaluated, memory_order_relaxed) != word) {
        permitted = 0;
        gate->why = why_gates;
    }
    if (!permitted)
        atomic_store_explicit(&slot->refusals, atomic_load_explicit(&slot->refusals, memory_order_relaxed) + 1,
                              memory_order_relaxed);
    /* Last: the acknowledgement says that this check has been made. */
    atomic_store_explicit(&slot->state, word, memory_order_release);
    return permitted;
}

int estop_permits(estop_gate *gate) { return check(gate, 0); }
int estop_permits_reducing(estop_gate *gate) { return check(gate, 1); }

uint32_t estop_state(estop_gate *gate) {
    if (*gate->here == 0)
        return 0;
    if (estop_page_word(gate->page) != gate->evaluated)
        look(gate);
    return gate->word;
}

enum estop_mode estop_effective(estop_gate *gate) {
    if (estop_state(gate) == 0 || *gate->here == 0)
        return ESTOP_UNKNOWN;
    uint64_t beat = estop_page_beat(gate->page), now = estop_boottime();
    if (gate->dead_man != 0 && (beat > now ? beat - now > ESTOP_FUTURE_LIMIT : now - beat > gate->dead_man))
        return ESTOP_UNKNOWN;
    return gate->mode;
}

const char *estop_why(const estop_gate *gate) { return *gate->here == 0 ? why_fork : gate->why; }

int estop_beat(estop_gate *gate) {
    if (*gate->here == 0) {
        errno = ECHILD;
        return -1;
    }
    look(gate);
    if (gate->slot_page == NULL) {
        errno = ENOENT;
        return -1;
    }
    atomic_store(&gate->slot->beat, estop_boottime());
    return 0;
}

void estop_withdraw(estop_gate *gate) {
    if (*gate->here == 0)
        return;
    gate->asked = 1;
    atomic_store_explicit(&gate->slot->state, 0, memory_order_release);
}

uint32_t estop_wait(estop_gate *gate, uint32_t seen, int timeout) {
    uint64_t end = timeout < 0 ? UINT64_MAX : estop_boottime() + (uint64_t)timeout * 1000000ull;
    for (;;) {
        if (*gate->here == 0)
            return 0;
        look(gate);
        uint32_t word = gate->word;
        uint64_t now = estop_boottime();
        if (word != seen || now >= end)
            return word;
        uint64_t nap = end - now < ESTOP_LOOK_INTERVAL ? end - now : ESTOP_LOOK_INTERVAL;
        estop_page_sleep((estop_halt_page *)gate->page, word, nap);
        /* A word that permits nothing needs no second look: whatever stands in the page's place, this gate refuses. */
        uint32_t woken = estop_page_word(gate->page);
        if (gate->page != &nowhere && *gate->here != 0 && woken != seen && ESTOP_MODE(woken) == ESTOP_HALTED)
            return woken;
    }
}

/* MARK: opening and closing */

static enum estop_mode environment_mode(void) {
    const char *value = getenv("TRADING_MODE");
    if (value == NULL || strcmp(value, "live") == 0)
        return ESTOP_LIVE;
    return strcmp(value, "paper") == 0 ? ESTOP_PAPER : ESTOP_HALTED;
}

/* A path from the root, whatever directory this process goes to later. NULL: errno. */
static char *absolute(const char *path) {
    if (*path == '/')
        return strdup(path);
    char *current = getcwd(NULL, 0), *whole = NULL;
    if (current != NULL && asprintf(&whole, "%s/%s", current, path) < 0)
        whole = NULL;
    free(current);
    return whole;
}

static int open_gate(estop_gate **result, const char *state, const char *name, const char *scope, uint64_t interval,
                     int reader) {
    char path[4096];
    *result = NULL;
    if (name == NULL || *name == '\0' || strlen(name) > ESTOP_NAME) {
        estop_set_error("a gate needs a name of 1 to %d bytes", ESTOP_NAME);
        errno = EINVAL;
        return -1;
    }
    if (scope == NULL || strcmp(scope, "global") == 0)
        scope = "";
    if (!estop_scope_valid(scope, ESTOP_SCOPE)) {
        estop_set_error("'%.128s' is no scope: write pairs like venue=paper,strategy=grid (venue, account, strategy, "
                        "symbol), at most %d bytes", scope, ESTOP_SCOPE);
        errno = EINVAL;
        return -1;
    }
    if (state == NULL) {
        if (estop_default_state(path, sizeof path) != 0) {
            estop_set_error("the path of the state directory is too long");
            errno = ENAMETOOLONG;
            return -1;
        }
        state = path;
    }
    char *from_root = absolute(state);
    if (from_root == NULL) {
        estop_set_error("the state directory %.300s cannot be named from the root: %s", state, strerror(errno));
        return -1;
    }
    uint32_t *here = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    estop_gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL || here == MAP_FAILED) {
        free(gate);
        free(from_root);
        if (here != MAP_FAILED)
            munmap(here, 4096);
        estop_set_error("out of memory");
        errno = ENOMEM;
        return -1;
    }
    madvise(here, 4096, MADV_WIPEONFORK); /* also sees forks that no handler sees */
    *here = 1;
    gate->here = here;
    gate->page = &nowhere;
    gate->slot = &gate->scratch;
    gate->gates = -1;
    gate->reader = reader;
    gate->interval = interval;
    gate->environment = environment_mode();
    strcpy(gate->name, name);
    strcpy(gate->scope, scope);
    gate->path = from_root;
    gate->directory = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (gate->directory < 0 || estop_desk_of(gate->directory, &gate->desk) != 0) {
        estop_set_error("the state directory %.300s cannot be opened: %s", state, strerror(errno));
        int kept = errno;
        estop_close(gate);
        errno = kept;
        return -1;
    }
    attach(gate);
    if (gate->problem == ESTOP_NETWORK || gate->why == why_full) {
        estop_set_error("%s", gate->why);
        int kept = gate->problem == ESTOP_NETWORK ? EREMOTE : EAGAIN;
        estop_close(gate);
        errno = kept;
        return -1;
    }
    *result = gate;
    return 0;
}

int estop_open(estop_gate **gate, const char *state, const char *name, const char *scope, uint64_t interval) {
    return open_gate(gate, state, name, scope, interval, 0);
}

int estop_open_reader(estop_gate **gate, const char *state, const char *scope) {
    return open_gate(gate, state, "reader", scope, 0, 1);
}

void estop_close(estop_gate *gate) {
    if (gate == NULL)
        return;
    if (*gate->here != 0) {
        detach(gate);
    }
    if (gate->directory >= 0)
        close(gate->directory);
    munmap((void *)(uintptr_t)gate->here, 4096);
    free(gate->path);
    free(gate);
}

const char *estop_version(void) { return "1.0.0"; }
