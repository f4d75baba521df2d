// The terminal as plain numbers: a thin layer over ncursesw, and the guard that puts the terminal back on every way
// out. No type of curses crosses it. All functions but those of the guard belong to one thread, the painter's.
#pragma once

#include <stdint.h>

// ---- The guard -------------------------------------------------------------------------------------------------

// What term_drain() reports.
enum {
    TERM_RESIZED = 1,   // SIGWINCH
    TERM_CONTINUED = 2, // SIGCONT
    TERM_STOP = 4,      // SIGTSTP
    TERM_WOKEN = 8,     // term_wake()
};

// Saves the terminal's settings, installs the signal handlers, sets raw mode (so that K needs no Enter from the first
// moment on) and makes the self-pipe. Call it before term_open: curses takes the signals that it finds untaken. 0, or
// -1 with errno when in_fd is no terminal.
int term_guard(int in_fd, int out_fd);

// Gives the calling thread a name (NULL: leaves it), and a stack for its signal handlers, so that the overflow of its
// own stack is survived too.
void term_guard_thread(const char *name);

// Puts the terminal back as it was found. Async-signal-safe, does not block on a terminal that nobody reads, and does
// nothing the second time. The one routine for all exits.
void term_restore(void);

// Gives the signals back to whoever had them. The terminal must have been restored.
void term_unguard(void);

// The reading end of the self-pipe.
int term_wake_fd(void);

// Makes the self-pipe readable. Never blocks; any thread.
void term_wake(void);

// Empties the self-pipe and says what was in it, as TERM_ bits.
int term_drain(void);

// ---- The screen ------------------------------------------------------------------------------------------------

// Attributes of term_put, ours and not those of curses.
enum { TERM_BOLD = 1, TERM_DIM = 2, TERM_UNDERLINE = 4, TERM_REVERSE = 8 };

// Starts curses on the terminal of term_guard, with TERM or the first of a list of terminals that everything
// understands. 0, or -1.
int term_open(void);

// The terminal type in use, which need not be what TERM says.
const char *term_name(void);

// Whether the locale is UTF-8. Valid after term_open.
int term_is_utf8(void);

// Colours of the terminal; 0: none.
int term_colors(void);

// The window's size as the kernel has it; 80x24 where it has none.
void term_size(int *rows, int *columns);

// Tells curses the size.
void term_resize(int rows, int columns);

// Writes `count` cells from a place on. Each cell is three numbers: the character, a combining mark or 0, and the
// columns that it takes. Colours are -1 for the terminal's own.
void term_put(int row, int column, const uint32_t *cells, int count, int foreground, int background, int attributes);

// Puts the cursor somewhere, or hides it (row < 0).
void term_cursor(int row, int column);

// Brings the screen up to date: makes the bytes of a frame, for term_flush to write, and gives their number. Never waits.
int term_present(void);

// Asks, behind all that is still to be written, whether the terminal is there (DSR): it answers ESC [ 0 n once it has
// got so far.
void term_query(void);

// Gives the window a title with the next frame, where the terminal is known to take one. Nothing but printable ASCII may be in it.
void term_title(const char *text);

// Writes what the terminal takes now, and gives the number of bytes that it did not take. Never waits.
int term_flush(void);

// Waits until the self-pipe is readable, or the terminal takes more of what is left to be written.
void term_wait(int milliseconds);

// Makes the next term_present paint everything.
void term_redraw(void);

// Leaves the screen, stops the process group as Ctrl-Z does, and comes back when it is continued.
void term_stop_here(void);

// Takes the screen back after a SIGCONT that came without term_stop_here.
void term_continue(void);
