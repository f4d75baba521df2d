/* internal.h: what the files of libestop share. */

#ifndef ESTOP_INTERNAL_H
#define ESTOP_INTERNAL_H

#include "include/estop.h"
#include "include/estop_switch.h"
#include "layout.h"

#define NANOSECOND 1000000000ull
#define ESTOP_FUTURE_LIMIT NANOSECOND /* a beat further ahead than this is stale too */
#define ESTOP_LOOK_INTERVAL 250000000ull

/* Remembers a mapping, so that a SIGBUS inside it becomes a page of zeros. `alarm`, if not NULL, is then set to
   ESTOP_FAULTED, for whoever would not notice zeros. 0, or -1 when the table is full. */
int estop_guard_add(void *address, size_t length, _Atomic uint32_t *alarm);
#define ESTOP_FAULTED UINT32_MAX
/* Whether a link of that name in the state directory leads where this desk's pages live, and is the owner's or root's. */
enum estop_problem estop_check_link(int directory, const char *name, uid_t owner);
void estop_guard_remove(void *address);

/* Descriptors that a forked child closes, so that it does not keep its parent's slot. 0, or -1 when the table is full. */
int estop_fork_add(int descriptor);
void estop_fork_remove(int descriptor);

/* The sentence that estop_error returns. */
void estop_set_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
