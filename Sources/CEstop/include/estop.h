/* estop.h: the gate that a trading bot asks before each order.

   A gate maps two small shared pages that the estop kill switch owns (see layout.h for every offset).
   Asking costs a few nanoseconds and never blocks, allocates or calls the kernel while trading is permitted
   and nothing has changed.  Everything that is not certain refuses: no page, a page of another boot, a wrong
   magic number or layout version, a host that stopped beating, a page that was truncated under the gate.

       estop_gate *gate;
       if (estop_open(&gate, NULL, "grid-btc", "venue=paper,strategy=grid", 0) != 0)
           errx(1, "%s", estop_error());
       for (;;) {
           if (estop_permits(gate))
               send_order();
           else
               fprintf(stderr, "refused: %s\n", estop_why(gate));
       }

   Threads: one gate per thread that sends orders; a gate is not to be shared between threads.
   Forks: a child's inherited gate refuses for ever; open a new one in the child.
   Signals: the first open installs a SIGBUS handler that turns a fault on a page into a refusal and passes
   every other SIGBUS on to the handler that was there before.

   Link with -lestop. */

#ifndef ESTOP_H
#define ESTOP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The layout of the pages that this library understands. A newer page is refused, and estop_why says so. */
#define ESTOP_LAYOUT_VERSION 1

/* What trading is permitted, as it stands in the low three bits of the state word. */
enum estop_mode {
    ESTOP_UNKNOWN = 0,     /* refuses: nothing can be said about the desk */
    ESTOP_LIVE = 1,        /* permits every gate */
    ESTOP_PAPER = 2,       /* permits only gates whose scope says venue=paper */
    ESTOP_REDUCE_ONLY = 3, /* permits only what shrinks a position (estop_permits_reducing) */
    ESTOP_HALTED = 4       /* permits nothing */
};

/* The mode and the generation of a state word. */
#define ESTOP_MODE(word) ((enum estop_mode)((word) & 7u))
#define ESTOP_GENERATION(word) ((word) >> 3)

/* A gate. Opaque. */
typedef struct estop_gate estop_gate;

/* estop_open: open a gate as a bot.

   state     the desk's state directory; NULL takes ESTOP_STATE, then ./state inside a checkout of estop, then
             $XDG_STATE_HOME/estop, then ~/.local/state/estop.
   name      what people see; 1 to 64 bytes of UTF-8.
   scope     "venue=paper,strategy=grid": what the bot trades, pairs of venue, account, strategy and symbol joined by
             commas, at most 128 bytes; "" or NULL for a bot that does not say (every scoped halt then covers it).
   interval  nanoseconds within which the bot promises to call estop_beat; 0 for no promise.

   Returns 0 and a gate, even while there is no page yet: such a gate refuses, says why, and finds the page when it
   appears.  Returns -1 and no gate (errno; estop_error for a person) when an argument is wrong (EINVAL), all 256 slots
   are taken (EAGAIN), the state directory is on a network file system (EREMOTE) or memory is short (ENOMEM).
   The only call, with estop_open_reader, that allocates memory. */
int estop_open(estop_gate **gate, const char *state, const char *name, const char *scope, uint64_t interval);

/* estop_open_reader: open a gate that only reads, for a scope (or NULL): it claims no slot, is not listed and acknowledges
   nothing. */
int estop_open_reader(estop_gate **gate, const char *state, const char *scope);

/* estop_permits: may this bot send an order now?  1 yes, 0 no.  Also acknowledges: the gate's slot records the state
   word that was seen.  Nothing else does: a bot that has nothing to send still calls it now and then (in its loop, or
   when estop_wait returns), or a halt waits for it.  TRADING_MODE=halt|paper in the bot's environment restricts its own gate. */
int estop_permits(estop_gate *gate);

/* estop_permits_reducing: may this bot send an order that shrinks an absolute position without flipping its sign?
   1 wherever estop_permits is 1, and in reduce-only; the caller vouches for the order.  Acknowledges too. */
int estop_permits_reducing(estop_gate *gate);

/* estop_state: the state word that the page holds, 0 (unknown) when the page cannot be trusted. Does not acknowledge. */
uint32_t estop_state(estop_gate *gate);

/* estop_effective: the mode that holds for this gate now: page, scoped halts, environment, stop file and dead-man limit
   together. Does not acknowledge. */
enum estop_mode estop_effective(estop_gate *gate);

/* estop_why: why the gate last refused, for a person: "halted", "the host has not beaten for 5 s", ...  "" when it
   permits. A string that lives as long as the library; never NULL. */
const char *estop_why(const estop_gate *gate);

/* estop_beat: record that the bot is alive, and look once more whether the page is still the desk's page.
   0, or -1 when the gate has no slot (errno). */
int estop_beat(estop_gate *gate);

/* estop_withdraw: take the acknowledgement back, for whoever acknowledges on behalf of something that moves again. The
   next check acknowledges anew. */
void estop_withdraw(estop_gate *gate);

/* estop_wait: sleep until the state word differs from `seen`, at most `timeout` milliseconds (-1: for ever), and return
   the word.  Woken by the change itself (futex), and looks by itself at least every 250 ms. */
uint32_t estop_wait(estop_gate *gate, uint32_t seen, int timeout);

/* What a halt achieved. */
typedef struct estop_halt_report {
    uint32_t was;      /* the page's word before; 0 when the page could not be written */
    uint32_t state;    /* the page's word after; 0 when the page could not be written */
    int page;          /* 1: every gate of the desk is halted by now */
    int durable;       /* 1: the record is on disk */
    int stop_file;     /* 1: the stop file was left, for the host to act on */
    int socket;        /* 1: the host took the halt over estop.sock */
    int error;         /* errno of the step that failed first, or 0 */
    char id[33];       /* the latch that this halt added */
    uint64_t at;       /* CLOCK_BOOTTIME ns of the page's store */
} estop_halt_report;

/* estop_halt: halt all trading (scope NULL or "global"), or one scope ("venue=kraken"), with a reason.

   Order: the page, in one atomic store; waiting gates are woken; the record, on disk.  When the page cannot be written
   (another user's desk) the stop file is left, and then the host is asked over estop.sock.
   0 when the halt has been taken by the page, the stop file or the host; look at the report for what is durable.
   -1 when nobody took it: trading may be going on.  `report` may be NULL.  Does not need a gate. */
int estop_halt(const char *state, const char *scope, const char *reason, estop_halt_report *report);

/* estop_close: give the slot back and unmap. NULL is ignored. */
void estop_close(estop_gate *gate);

/* estop_error: the last error of this thread's open or halt, in a sentence for a person. Never NULL. */
const char *estop_error(void);

/* estop_version: the library's version, "1.0.0". */
const char *estop_version(void);

#ifdef __cplusplus
}
#endif

#endif
