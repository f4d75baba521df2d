/* CProcess.h: what `estop run` needs of the kernel and Swift cannot say: fork, the steps between fork and exec, prctl,
   and the table of processes. Nothing here allocates after a fork, waits, or keeps state. */

#ifndef CPROCESS_H
#define CPROCESS_H

#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>

/* fork(2), which Swift hides. Only for a process that has one thread. */
pid_t process_fork(void);

/* pipe2(2), which Swift does not see: no exec inherits it, and it never blocks. 0, or -1 (errno). */
int process_pipe(int ends[2]);

/* How a program is started. */
typedef struct process_spawn {
    char *const *arguments;  /* NULL-terminated; the first is looked for in PATH */
    const sigset_t *signals; /* the signal mask that it begins with */
    int terminal;            /* a descriptor of the terminal whose foreground it becomes; -1: of none */
    int stopped;             /* 1: it stops itself (SIGSTOP) before its first instruction, until a SIGCONT */
} process_spawn;

/* Starts a program as the leader of a process group of its own. It dies (SIGKILL) with the thread that calls this, and
   begins with SIGCHLD and SIGPIPE at their defaults. Returns its pid, or -1 (errno).

   `*failure` is a pipe, not blocking: the errno of a failed exec (an int32_t), or the end of the file once exec took
   place. After a failed exec the child ends with 127 when there is no such program, else 126, as in a shell. */
pid_t process_start(const process_spawn *spawn, int *failure);

/* Makes the calling process the parent of every descendant whose own parent dies. 0, or -1 (errno). */
int process_adopt_orphans(void);

/* One process. */
typedef struct process_entry {
    int32_t pid, parent, group, session;
    char state; /* as in /proc/PID/stat: R S D T t Z X I */
} process_entry;

/* Reads the table of processes from /proc: at most `capacity` entries, in no order. Returns how many there are (more
   than `capacity` when they did not fit), or -1 (errno). */
int process_table(process_entry *entries, int capacity);

/* The parts of a status of waitpid: the exit status when it ended by itself, else -1 ... */
int process_exit_status(int status);
/* ... the signal that killed it, else 0 ... */
int process_end_signal(int status);
/* ... the signal that stopped it, else 0 ... */
int process_stop_signal(int status);
/* ... whether a SIGCONT let it go on. */
int process_continued(int status);

#endif
