/* spawn.c: from fork to exec. Between the two only async-signal-safe calls. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CProcess.h"

int process_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

int process_counter(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int process_signals(const void *signals) { return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK); }

int process_next_signal(int signals, process_signal *signal) {
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != (ssize_t)sizeof info)
        return 0;
    *signal = (process_signal){(int32_t)info.ssi_signo, info.ssi_code, info.ssi_int};
    return 1;
}

int32_t process_fork(void) { return fork(); }

int process_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

static _Noreturn void become(const process_spawn *spawn, pid_t parent, int failure) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigemptyset(&standard.sa_mask);
    sigaction(SIGTERM, &standard, NULL);
    sigaction(SIGCHLD, &standard, NULL);
    sigaction(SIGPIPE, &standard, NULL);
    setpgid(0, 0);
    /* SIGTTOU is still blocked: a background process may then take the terminal. */
    if (spawn->terminal >= 0)
        tcsetpgrp(spawn->terminal, getpid());
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) /* it died before it could be told to */
        _exit(128 + SIGKILL);
    if (spawn->stopped)
        kill(getpid(), SIGSTOP);
    sigprocmask(SIG_SETMASK, &standard.sa_mask, NULL); /* empty */
    execvp(spawn->arguments[0], spawn->arguments);
    int32_t number = errno;
    ssize_t ignored = write(failure, &number, sizeof number);
    (void)ignored; /* the exit status says it too */
    _exit(number == ENOENT || number == ENOTDIR ? 127 : 126);
}

int32_t process_start(const process_spawn *spawn, int *failure) {
    int ends[2];
    if (process_pipe(ends) != 0)
        return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        become(spawn, parent, ends[1]);
    int kept = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        errno = kept;
        return -1;
    }
    setpgid(child, child); /* both do: whoever comes first */
    /* Whoever stopped it before it does so itself would find it stopped once more after the SIGCONT. */
    siginfo_t info;
    while (spawn->stopped && waitid(P_PID, (id_t)child, &info, WSTOPPED | WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    *failure = ends[0];
    return child;
}

int process_exit_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
int process_end_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
int process_stop_signal(int status) { return WIFSTOPPED(status) ? WSTOPSIG(status) : 0; }
int process_continued(int status) { return WIFCONTINUED(status) != 0; }
