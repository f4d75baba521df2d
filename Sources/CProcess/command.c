/* command.c: a command with something to read and a pipe for what it says. Between fork and exec only async-signal-safe
   calls: the process that forks has many threads. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CProcess.h"

/* The input as a file in memory: no pipe that could be full, no SIGPIPE from one that nobody reads. */
static int filled(const process_command *command) {
    int file = memfd_create("estop-input", MFD_CLOEXEC);
    if (file < 0)
        return -1;
    const char *bytes = command->input;
    for (uint64_t done = 0; done < command->length;) {
        ssize_t count = pwrite(file, bytes + done, command->length - done, (off_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            close(file);
            return -1;
        }
        done += (uint64_t)count;
    }
    return file;
}

/* A descriptor that no dup2 below can overwrite before it is used. */
static int above_standard(int descriptor) { return descriptor > 2 ? descriptor : fcntl(descriptor, F_DUPFD, 3); }

static int has_name_of(char *const *variables, const char *entry) {
    const char *end = strchr(entry, '=');
    size_t length = end ? (size_t)(end - entry) + 1 : strlen(entry);
    for (; *variables; variables++)
        if (strncmp(*variables, entry, length) == 0)
            return 1;
    return 0;
}

/* The process's own variables and the command's; NULL: no memory. Only the list is the caller's. */
static char **merged(char *const *added) {
    size_t count = 1;
    for (char **entry = environ; entry && *entry; entry++)
        count++;
    for (char *const *entry = added; *entry; entry++)
        count++;
    char **all = calloc(count, sizeof *all);
    size_t at = 0;
    for (char **entry = environ; all && entry && *entry; entry++)
        if (!has_name_of(added, *entry))
            all[at++] = *entry;
    for (char *const *entry = added; all && *entry; entry++)
        all[at++] = *entry;
    return all;
}

static _Noreturn void become(const process_command *command, char *const *variables, pid_t parent, int input, int output) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigemptyset(&standard.sa_mask);
    sigaction(SIGTERM, &standard, NULL);
    sigaction(SIGCHLD, &standard, NULL);
    sigaction(SIGPIPE, &standard, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(128 + SIGKILL);
    input = above_standard(input);
    output = above_standard(output);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        _exit(126);
    /* A descriptor that somebody forgot to mark may hold a lock of the desk. Fails on old kernels only. */
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
    sigprocmask(SIG_SETMASK, &standard.sa_mask, NULL); /* empty */
    execvpe(command->arguments[0], command->arguments, variables);
    int missing = errno == ENOENT || errno == ENOTDIR;
    const char *why = missing ? "no such program\n" : errno == EACCES ? "it may not be executed\n" : "it cannot be executed\n";
    ssize_t ignored = write(2, why, strlen(why));
    (void)ignored; /* the exit status says it too */
    _exit(missing ? 127 : 126);
}

int32_t process_start_command(const process_command *command, int *output, int *end) {
    int ends[2] = {-1, -1};
    int input = filled(command);
    char **variables = merged(command->environment);
    if (input < 0 || !variables || pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        int kept = errno;
        close(input);
        close(ends[0]);
        close(ends[1]);
        free(variables);
        errno = kept;
        return -1;
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        become(command, variables, parent, input, ends[1]);
    int kept = errno;
    free(variables);
    close(input);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        errno = kept;
        return -1;
    }
    setpgid(child, child); /* both do: whoever comes first */
    *end = (int)syscall(SYS_pidfd_open, child, 0u);
    if (*end < 0) { /* nobody could wait for it */
        kept = errno;
        process_forget(child);
        close(ends[0]);
        errno = kept;
        return -1;
    }
    *output = ends[0];
    return child;
}

int process_has_ended(int32_t pid, int *status) {
    siginfo_t info = {0};
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        if (errno != EINTR)
            return -1;
    if (info.si_pid == 0)
        return 0;
    *status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
    return 1;
}

void process_forget(int32_t pid) {
    /* Not yet taken off the table: its number cannot be somebody else's group. */
    kill(-pid, SIGKILL);
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
}
