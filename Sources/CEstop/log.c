/* log.c: appending to kill_switch.log, by any number of processes at once, without a lock. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Opens the log for one append; the process that creates it makes the directory's entry durable too. */
static int open_log(int directory, int *created) {
    const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
    *created = 0;
    int file = openat(directory, "kill_switch.log", flags);
    if (file >= 0 || errno != ENOENT)
        return file;
    file = openat(directory, "kill_switch.log", flags | O_CREAT, 0660);
    *created = file >= 0;
    if (*created)
        fchmod(file, 0660); /* the desk's group records too, whatever the first writer's umask */
    return file;
}

static int append_once(int directory, const char *line, size_t length, uint64_t *log_length) {
    int created, error = 0;
    int file = open_log(directory, &created);
    if (file < 0)
        return errno;
    ssize_t count;
    do
        count = write(file, line, length);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        error = errno;
    else if ((size_t)count != length)
        error = ENOSPC; /* a short write: the disk is full, or the file may grow no more */
    else if (fdatasync(file) != 0 || (created && fsync(directory) != 0))
        error = errno;
    if (error == 0 && log_length != NULL) {
        struct stat status;
        *log_length = fstat(file, &status) == 0 ? (uint64_t)status.st_size : 0;
    }
    close(file);
    return error;
}

int estop_log_append(int directory, const char *line, size_t length, int attempts, uint64_t *log_length) {
    int error = EINVAL;
    while (attempts-- > 0 && (error = append_once(directory, line, length, log_length)) != 0)
        ;
    return error;
}
