/* CProcess.h: what `estop run` and `estop doctor` need of the kernel and Swift cannot say: fork, the steps between fork
   and exec, prctl, the table of processes, questions about the machine. Nothing here allocates after a fork, waits, or
   keeps state. */

#ifndef CPROCESS_H
#define CPROCESS_H

#include <stdint.h>

/* No other header of the system: Swift would take its types for ours, and every file that uses them would have to import
   this module. So a `const void *` below is a `const sigset_t *`. */

/* fork(2), which Swift hides. Only for a process that has one thread. */
int32_t process_fork(void);

/* pipe2(2), which Swift does not see: no exec inherits it, and it never blocks. 0, or -1 (errno). */
int process_pipe(int ends[2]);

/* eventfd(2): a counter that poll can wait for; closed by exec. A descriptor, or -1 (errno). */
int process_counter(void);

/* A signal that arrived. */
typedef struct process_signal {
    int32_t number;
    int32_t code;  /* si_code: who sent it */
    int32_t value; /* sent along by sigqueue(3) */
} process_signal;

/* signalfd(2) for blocked signals: closed by exec, never blocks. A descriptor, or -1 (errno). */
int process_signals(const void *signals);
/* Takes the next one: 1, or 0 when there is none. */
int process_next_signal(int signals, process_signal *signal);

/* How a program is started. */
typedef struct process_spawn {
    char *const *arguments; /* NULL-terminated; the first is looked for in PATH */
    int terminal;           /* a descriptor of the terminal whose foreground it becomes; -1: of none */
    int stopped;            /* 1: it has stopped itself (SIGSTOP) before its first instruction, until a SIGCONT */
} process_spawn;

/* Starts a program as the leader of a process group of its own. It dies (SIGKILL) with the thread that calls this, and
   begins with no signal blocked (a blocked SIGTERM is somebody's accident, and halting needs it) and SIGTERM, SIGCHLD and
   SIGPIPE at their defaults. Returns its pid, or -1 (errno).

   `*failure` is a pipe, not blocking: the errno of a failed exec (an int32_t), or the end of the file once exec took
   place. After a failed exec the child ends with 127 when there is no such program, else 126, as in a shell. */
int32_t process_start(const process_spawn *spawn, int *failure);

/* A command that is given something to read, and whose words are listened to. */
typedef struct process_command {
    char *const *arguments;   /* NULL-terminated; the first is looked for in PATH */
    char *const *environment; /* NULL-terminated, `NAME=VALUE`: added to the process's own, in the place of the same name */
    const void *input;        /* what it finds on its standard input; never waited for, whether it reads or not */
    uint64_t length;
} process_command;

/* Starts a command as the leader of a process group of its own, from a process with any number of threads. It dies
   (SIGKILL) with the thread that calls this, inherits no descriptor but its own three and no blocked signal. Returns its
   pid, or -1 (errno). After a failed exec it ends with 127 when there is no such program, else 126, and a word why.

   `*output` gives what it writes on its standard output and error, and never blocks; `*end` becomes readable when it has
   ended and can be waited for. Both belong to the caller, and are closed by exec. */
int32_t process_start_command(const process_command *command, int *output, int *end);
/* Whether it has ended: 1, with its status as of waitpid, and it is still there for `process_forget`; 0: not yet; -1:
   nobody knows (somebody else took its status). */
int process_has_ended(int32_t pid, int *status);
/* Kills (SIGKILL) what is left of its process group, and takes its status off the table: waits for its end. */
void process_forget(int32_t pid);

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

/* Whether a process to which SIGSTOP was sent runs no instruction of its own any more, or is gone: 1 or 0.

   Looks at every thread: one that has exited may leave others behind. Uninterruptible sleep counts as stopped, because the
   pending stop catches the thread before it returns from the kernel: a process that waits for its vfork child, which the
   same stop caught before its exec, never gets further than that. */
int process_is_still(int32_t pid);

/* The parts of a status of waitpid: the exit status when it ended by itself, else -1 ... */
int process_exit_status(int status);
/* ... the signal that killed it, else 0 ... */
int process_end_signal(int status);
/* ... the signal that stopped it, else 0 ... */
int process_stop_signal(int status);
/* ... whether a SIGCONT let it go on. */
int process_continued(int status);

/* Questions of `estop doctor`. Each is 0 for yes, else the errno of the call that failed; none leaves a trace. */

/* Can another inotify instance be had? */
int process_has_inotify(void);
/* Are there open-file-description locks (F_OFD_SETLK)? */
int process_has_file_locks(void);
/* Is memory marked MADV_WIPEONFORK accepted? */
int process_has_wipe_on_fork(void);
/* Can a page that is shared and mapped read-only be waited for (FUTEX_WAIT)? */
int process_has_shared_futex(void);

/* Whether the clock is synchronised (adjtimex): 1, 0, or -1 (errno) when it cannot be asked. */
int process_clock_is_synchronised(void);
/* The magic number of a path's file system (statfs), or 0. */
uint64_t process_file_system(const char *path);

/* Bytes of this process's heap that are in use. */
uint64_t process_heap_bytes(void);

#endif
