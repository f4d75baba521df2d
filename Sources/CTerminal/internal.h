// What guard.c and screen.c share.
#pragma once

#include <termios.h>

// From now on there is something to restore. curses_fd is the descriptor that curses writes to: when the terminal is
// restored it is turned into /dev/null, so that a painter in the middle of a frame cannot write over the shell.
void guard_arm(int curses_fd, int has_alternate_screen);
void guard_disarm(void);

// The user's settings, to be given back while the process is stopped, and to be noted again afterwards.
void guard_user_settings(void);
void guard_note_user_settings(void);
