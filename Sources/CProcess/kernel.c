/* kernel.c: what `estop doctor` and `estop bench` ask of the kernel and the C library; on anonymous memory only, so that nothing is left behind. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <malloc.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "CProcess.h"

static int closed(int descriptor, int error) {
    if (descriptor >= 0)
        close(descriptor);
    return error;
}

int process_has_inotify(void) {
    int descriptor = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return closed(descriptor, descriptor < 0 ? errno : 0);
}

int process_has_file_locks(void) {
    int file = memfd_create("estop-doctor", MFD_CLOEXEC);
    if (file < 0)
        return errno;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    return closed(file, fcntl(file, F_OFD_SETLK, &lock) != 0 ? errno : 0);
}

int process_has_wipe_on_fork(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return errno;
    int error = madvise(page, 4096, MADV_WIPEONFORK) != 0 ? errno : 0;
    munmap(page, 4096);
    return error;
}

int process_has_shared_futex(void) {
    int file = memfd_create("estop-doctor", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, 4096) != 0)
        return closed(file, errno);
    uint32_t *word = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (word == MAP_FAILED)
        return closed(file, errno);
    /* It holds 0, so waiting while it is 1 does not wait: EAGAIN is what a kernel says that can. */
    long result = syscall(SYS_futex, word, FUTEX_WAIT, 1u, NULL, NULL, 0u);
    int error = result != 0 && errno == EAGAIN ? 0 : result == 0 ? ENOSYS : errno;
    munmap(word, 4096);
    return closed(file, error);
}

int process_clock_is_synchronised(void) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    if (state < 0)
        return -1;
    return state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

uint64_t process_file_system(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (uint64_t)status.f_type : 0;
}

uint64_t process_heap_bytes(void) {
    struct mallinfo2 heap = mallinfo2();
    /* What was mapped for itself is not among the arenas'. */
    return heap.uordblks + heap.hblkhd;
}
