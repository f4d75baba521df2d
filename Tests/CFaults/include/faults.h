/* faults.h: a library to preload (LD_PRELOAD) into a command of estop, that makes one system call fail or the process die
   at it. It speaks to the command through the environment only:

   ESTOP_FAULT=kill-before:N   SIGKILL instead of the Nth call
   ESTOP_FAULT=kill-after:N    SIGKILL right after the Nth call
   ESTOP_FAULT=short:N         the Nth call, if it is a write, writes half of its bytes
   ESTOP_FAULT=fail-ERRNO:N    the Nth call fails with that errno
   ESTOP_FAULT=hold:TEXT       the first write that holds the text is made, and returns once ESTOP_FAULT_DONE is removed
   ESTOP_FAULT_DONE=FILE       is created when the fault was injected

   Counted are the calls that change something: write, pwrite, fsync, fdatasync, link, rename, symlink, open with O_CREAT,
   ftruncate, fchmod, unlink, mkdir, and futex (which follows each change of the page). */

#ifndef FAULTS_H
#define FAULTS_H

/* How many calls were counted so far. */
int estop_faults_counted(void);

/* Sends a signal to one thread of another process: 0, or -1 (errno). */
int estop_faults_signal_thread(int process, int thread, int number);

#endif
