/* log.c: appending to kill_switch.log, by any number of processes at once, without a lock. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
    /* A host that compacts the log puts another file in its place: what went into the old one is written again. */
    struct stat written, named;
    if (error == 0 && (fstat(file, &written) != 0 || fstatat(directory, "kill_switch.log", &named, AT_SYMLINK_NOFOLLOW) != 0 ||
                       written.st_ino != named.st_ino || written.st_dev != named.st_dev))
        error = ESTALE;
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

/* MARK: lines that the log did not take */

int estop_open_run_directory(int directory) {
    estop_mapping mapping;
    char target[4096];
    /* Never the folder of another desk: its host would take our halt for one of its own. */
    if (estop_map(&mapping, directory, 0, 0) != ESTOP_OK)
        return -1;
    estop_unmap(&mapping);
    ssize_t length = readlinkat(directory, "halt.page", target, sizeof target - 1);
    if (length <= 0)
        return -1;
    target[length] = '\0';
    char *end = strrchr(target, '/');
    if (target[0] != '/' || end == NULL || end == target)
        return -1;
    *end = '\0';
    return open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* The name of the file that keeps a line. */
static const char *kept(const char *id, char name[64]) {
    snprintf(name, 64, "late-%.32s.record", id);
    return name;
}

int estop_keep_record(int directory, const char *id, const char *line, size_t length) {
    char name[64], temporary[80];
    int run = estop_open_run_directory(directory);
    if (run < 0)
        return 0;
    snprintf(temporary, sizeof temporary, "%s.tmp", kept(id, name));
    int file = openat(run, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0660);
    int done = 0;
    if (file >= 0) {
        done = write(file, line, length) == (ssize_t)length && renameat(run, temporary, run, name) == 0;
        if (!done)
            unlinkat(run, temporary, 0);
        close(file);
    }
    close(run);
    return done;
}

void estop_drop_record(int directory, const char *id) {
    char name[64];
    int run = estop_open_run_directory(directory);
    if (run < 0)
        return;
    unlinkat(run, kept(id, name), 0);
    close(run);
}
