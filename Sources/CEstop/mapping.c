/* mapping.c: finding halt.page, trusting it or saying why not, and surviving its truncation. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "internal.h"

const char *estop_problem_text(enum estop_problem problem) {
    switch (problem) {
    case ESTOP_OK: return "";
    case ESTOP_NO_DIRECTORY: return "the state directory cannot be opened";
    case ESTOP_NO_PAGE: return "there is no halt.page: no host has started here yet (start 'estop serve')";
    case ESTOP_DANGLING: return "halt.page leads to nothing: the machine rebooted or the page was removed (start 'estop serve'); "
                                "in a container: the folder that halt.page links to is not mounted here";
    case ESTOP_FOREIGN_LINK: return "halt.page leads to another desk's page: this state directory is a copy";
    case ESTOP_WRONG_OWNER: return "halt.page belongs to neither the desk's owner nor root";
    case ESTOP_NOT_A_FILE: return "halt.page is not a regular file";
    case ESTOP_SHORT: return "halt.page is too short";
    case ESTOP_WRONG_MAGIC: return "halt.page is not a page of estop";
    case ESTOP_NEWER_LAYOUT: return "halt.page has a newer layout than this libestop understands (1): update libestop";
    case ESTOP_OTHER_LAYOUT: return "halt.page has a layout that this libestop does not understand";
    case ESTOP_OTHER_BOOT: return "halt.page is of another boot of this machine (start 'estop serve')";
    case ESTOP_UNREADABLE: return "halt.page cannot be read";
    case ESTOP_ORPHANED: return "halt.page was replaced: this mapping is an orphan";
    case ESTOP_OTHER_DESK: return "halt.page belongs to another desk's state directory";
    case ESTOP_NOBODYS: return "halt.page was made by an earlier version of estop and does not say which desk it belongs to "
                               "(start 'estop serve': it repairs the page, and the desk is halted)";
    case ESTOP_NOT_MOUNTED: return "a host runs, but its pages are not here: this process has another /dev/shm (a container), or they were removed a moment ago. "
                                   "Mount the folder that halt.page links to at the same path, or share the host's /dev/shm (--ipc=host)";
    case ESTOP_MOVED: return "the path of the state directory leads elsewhere by now: the directory was moved, replaced or removed "
                             "while it was used. Put it back, or restart this process on the desk that is there now";
    case ESTOP_NETWORK: return "the state directory is on a network file system: estop needs a local one";
    }
    return "halt.page cannot be trusted";
}

/* MARK: identity of the machine and the directory */

int estop_boot_id(uint8_t id[16]) {
    static _Atomic int known;
    static uint8_t kept[16];
    if (atomic_load_explicit(&known, memory_order_acquire) == 2) {
        memcpy(id, kept, 16);
        return 0;
    }
    char text[64] = {0};
    int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    int digits = 0;
    uint8_t value[16] = {0};
    for (ssize_t index = 0; index < length && digits < 32; index++) {
        char c = text[index];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            continue;
        value[digits / 2] = (uint8_t)(value[digits / 2] << 4 | digit);
        digits++;
    }
    if (digits != 32)
        return -1;
    memcpy(id, value, 16);
    int expected = 0;
    if (atomic_compare_exchange_strong(&known, &expected, 1)) {
        memcpy(kept, value, 16);
        atomic_store_explicit(&known, 2, memory_order_release);
    }
    return 0;
}

int estop_is_network(int directory) {
    struct statfs fs;
    if (fstatfs(directory, &fs) != 0)
        return 1;
    switch ((uint32_t)fs.f_type) {
    case 0x6969u:     /* NFS */
    case 0x517bu:     /* SMB */
    case 0xff534d42u: /* CIFS */
    case 0xfe534d42u: /* SMB2 */
    case 0x01021997u: /* 9P */
    case 0x00c36400u: /* Ceph */
    case 0x0bd00bd0u: /* Lustre */
    case 0x47504653u: /* GPFS */
    case 0x73757245u: /* Coda */
    case 0x5346414fu: /* AFS */
    case 0x6b414653u: /* kAFS */
    case 0x61756673u: /* aufs */
    case 0x65735546u: /* FUSE: sshfs and the like; cannot say */
        return 1;
    default: return 0;
    }
}

int estop_is_tmpfs(const char *path) {
    struct statfs fs;
    return statfs(path, &fs) == 0 && fs.f_type == 0x01021994;
}

int estop_rename_new(int directory, const char *from, const char *to) {
    return renameat2(directory, from, directory, to, RENAME_NOREPLACE);
}

int estop_desk_of(int directory, estop_desk *desk) {
    struct stat status;
    if (fstat(directory, &status) != 0)
        return -1;
    *desk = (estop_desk){status.st_dev, status.st_ino};
    return 0;
}

enum estop_problem estop_path_leads(const char *path, estop_desk desk) {
    struct stat status;
    if (stat(path, &status) != 0)
        return ESTOP_MOVED; /* what cannot be looked up is not known to be this desk */
    return status.st_dev == desk.device && status.st_ino == desk.inode ? ESTOP_OK : ESTOP_MOVED;
}

/* The folder of a desk's own in a run directory: "estop-<uid>-<dev>-<inode>". 0, or -1. */
static int folder_name(const struct stat *desk, char *name, size_t size) {
    int length = snprintf(name, size, "estop-%u-%lx-%lx", (unsigned)desk->st_uid, (unsigned long)desk->st_dev,
                          (unsigned long)desk->st_ino);
    return length > 0 && (size_t)length < size ? 0 : -1;
}

/* Whether a host holds the lock of this state directory, in whatever container or namespace it runs. */
static int has_host(int directory) {
    int file = openat(directory, "host.lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return 0;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    int held = fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(file);
    return held;
}

int estop_default_state(char *path, size_t size) {
    const char *named = getenv("ESTOP_STATE"), *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int length;
    if (named != NULL && *named != '\0')
        length = snprintf(path, size, "%s", named);
    else if (access("Package.swift", F_OK) == 0 && access("state/README.md", F_OK) == 0)
        length = snprintf(path, size, "state");
    else if (base != NULL && *base == '/')
        length = snprintf(path, size, "%s/estop", base);
    else
        length = snprintf(path, size, "%s/.local/state/estop", home != NULL && *home != '\0' ? home : "/");
    return length > 0 && (size_t)length < size ? 0 : -1;
}

/* MARK: mapping */

/* A page's link in the desk's own directory must not lead to the folder of another desk, wherever that is. Whose a page is
   in a folder that does not bear a desk's name, the page itself says. */
enum estop_problem estop_check_link(int directory, const char *name, uid_t owner) {
    struct stat link, desk;
    char target[4096], mine[96];
    if (fstatat(directory, name, &link, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ESTOP_NO_PAGE : ESTOP_UNREADABLE;
    if (!S_ISLNK(link.st_mode))
        return ESTOP_OK;
    if (link.st_uid != owner && link.st_uid != 0)
        return ESTOP_WRONG_OWNER;
    ssize_t length = readlinkat(directory, name, target, sizeof target - 1);
    if (length < 0)
        return ESTOP_UNREADABLE;
    target[length] = '\0';
    if (fstat(directory, &desk) != 0 || folder_name(&desk, mine, sizeof mine) != 0)
        return ESTOP_UNREADABLE;
    char *end = strrchr(target, '/');
    if (end == NULL || end == target)
        return ESTOP_OK;
    *end = '\0';
    char *folder = strrchr(target, '/');
    folder = folder != NULL ? folder + 1 : target;
    unsigned user;
    unsigned long device, inode;
    int of_a_desk = sscanf(folder, "estop-%u-%lx-%lx", &user, &device, &inode) == 3;
    return of_a_desk && strcmp(folder, mine) != 0 ? ESTOP_FOREIGN_LINK : ESTOP_OK;
}

/* Why the link cannot be opened or followed, by errno. */
static enum estop_problem absent(int directory) {
    if (errno != ENOENT)
        return ESTOP_UNREADABLE;
    struct stat link;
    if (fstatat(directory, "halt.page", &link, AT_SYMLINK_NOFOLLOW) != 0)
        return ESTOP_NO_PAGE;
    return has_host(directory) ? ESTOP_NOT_MOUNTED : ESTOP_DANGLING;
}

enum estop_problem estop_map(estop_mapping *mapping, int directory, int writable, int any) {
    struct stat desk, file;
    mapping->page = NULL;
    mapping->writable = writable;
    if (fstat(directory, &desk) != 0)
        return ESTOP_NO_DIRECTORY;
    mapping->desk = (estop_desk){desk.st_dev, desk.st_ino};
    enum estop_problem problem = estop_check_link(directory, "halt.page", desk.st_uid);
    if (problem != ESTOP_OK)
        return problem;
    int descriptor =
        openat(directory, "halt.page", (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return absent(directory);
    problem = ESTOP_OK;
    if (fstat(descriptor, &file) != 0)
        problem = ESTOP_UNREADABLE;
    else if (!S_ISREG(file.st_mode))
        problem = ESTOP_NOT_A_FILE;
    else if (file.st_uid != desk.st_uid && file.st_uid != 0)
        problem = ESTOP_WRONG_OWNER;
    else if (file.st_size < ESTOP_HALT_PAGE_SIZE)
        problem = ESTOP_SHORT;
    if (problem == ESTOP_OK) {
        void *address = mmap(NULL, ESTOP_HALT_PAGE_SIZE, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
                             descriptor, 0);
        if (address == MAP_FAILED)
            problem = ESTOP_UNREADABLE;
        else if (estop_guard_add(address, ESTOP_HALT_PAGE_SIZE, NULL) != 0) {
            munmap(address, ESTOP_HALT_PAGE_SIZE);
            problem = ESTOP_UNREADABLE;
        } else {
            mapping->page = address;
            mapping->device = file.st_dev;
            mapping->inode = file.st_ino;
            problem = estop_page_check(mapping->page, mapping->desk);
            if (problem != ESTOP_OK && !any)
                estop_unmap(mapping);
        }
    }
    int kept = errno;
    close(descriptor);
    errno = kept;
    return problem;
}

void estop_unmap(estop_mapping *mapping) {
    if (mapping->page == NULL)
        return;
    estop_guard_remove(mapping->page);
    munmap(mapping->page, ESTOP_HALT_PAGE_SIZE);
    mapping->page = NULL;
}

enum estop_problem estop_still(const estop_mapping *mapping, int directory) {
    struct stat file;
    if (fstatat(directory, "halt.page", &file, 0) != 0)
        return absent(directory);
    if (file.st_dev != mapping->device || file.st_ino != mapping->inode)
        return ESTOP_ORPHANED;
    /* After a fault the mapping is zeros of our own, whatever the file is by now. */
    if (memcmp(mapping->page->magic, ESTOP_MAGIC, 8) != 0)
        return ESTOP_ORPHANED;
    if (mapping->page->desk_device != mapping->desk.device || mapping->page->desk_inode != mapping->desk.inode)
        return ESTOP_OTHER_DESK;
    return file.st_size < ESTOP_HALT_PAGE_SIZE ? ESTOP_SHORT : ESTOP_OK;
}

/* MARK: SIGBUS on a page becomes a page of zeros, which is unknown, which refuses */

#define GUARDED 1024
static struct {
    _Atomic uintptr_t address; /* 0: free; 1: being written */
    size_t length;
    _Atomic uint32_t *alarm;
} guarded[GUARDED];
static struct sigaction before;
static pthread_once_t guard_once = PTHREAD_ONCE_INIT;

static void on_bus(int signal, siginfo_t *info, void *context) {
    uintptr_t fault = (uintptr_t)info->si_addr;
    for (int index = 0; index < GUARDED; index++) {
        uintptr_t address = atomic_load(&guarded[index].address);
        if (address <= 1 || fault < address || fault >= address + guarded[index].length)
            continue;
        int kept = errno;
        void *zeros = mmap((void *)address, guarded[index].length, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        errno = kept;
        if (zeros == MAP_FAILED)
            continue;
        if (guarded[index].alarm != NULL)
            atomic_store(guarded[index].alarm, ESTOP_FAULTED);
        return;
    }
    if (before.sa_flags & SA_SIGINFO && before.sa_sigaction != NULL)
        before.sa_sigaction(signal, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN && before.sa_handler != NULL)
        before.sa_handler(signal);
    else
        sigaction(SIGBUS, &before, NULL); /* the instruction faults again, now for the default action */
}

static void install(void) {
    struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

int estop_guard_add(void *address, size_t length, _Atomic uint32_t *alarm) {
    pthread_once(&guard_once, install);
    for (int index = 0; index < GUARDED; index++) {
        uintptr_t expected = 0;
        if (!atomic_compare_exchange_strong(&guarded[index].address, &expected, 1))
            continue;
        guarded[index].length = length;
        guarded[index].alarm = alarm;
        atomic_store(&guarded[index].address, (uintptr_t)address);
        return 0;
    }
    errno = ENOMEM;
    return -1;
}

void estop_guard_remove(void *address) {
    for (int index = 0; index < GUARDED; index++)
        if (atomic_load(&guarded[index].address) == (uintptr_t)address)
            atomic_store(&guarded[index].address, 0);
}
