// What a process does when it crashes: it says so in one sentence, leaves a backtrace in the state directory, and dies of
// the signal as it would have. Every thread of the process has a stack of its own for that, so that the overflow of a
// thread's own stack is reported too.
#pragma once

#include <stdint.h>

// Takes the crash signals (SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS) for a program of this name. Call it
// first of all, in the main thread.
void crash_install(const char *program);

// Where a backtrace goes: `crash-PID.txt` in this directory (from the root); and what the sentence on standard error ends
// with: what the crash means for trading and how to halt. Both are copied; too long a text is cut. Without a directory
// (NULL) no backtrace is kept.
void crash_place(const char *directory, const char *meaning);

// What the crash handler does, for a handler of these signals that has something to put right first. Async-signal-safe; does
// nothing without crash_install, and nothing the second time. The arguments are those of the handler.
void crash_report(int number, const void *info, const void *context);

// Ends this process (SIGTERM) as soon as its parent is gone. 0, or -1 where the parent is gone already.
int crash_follow_parent(int32_t parent);

// Gives the calling thread a stack for its signal handlers, until it ends, unless it has one. Threads that were started by
// pthread_create have one already.
void crash_cover_thread(void);

// Whether the calling thread has a stack for its signal handlers.
int crash_thread_is_covered(void);
