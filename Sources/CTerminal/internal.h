// What guard.c and screen.c share.
#pragma once

// From now on there is something to restore. painter_fd is the descriptor that frames are written to: when the terminal
// is restored it is turned into /dev/null, so that the rest of a frame cannot be written over the shell.
void guard_arm(int painter_fd, int has_alternate_screen, int has_title);
void guard_disarm(void);

// A new descriptor of the terminal, or -1; and whether it shares its flags with nobody else, and never blocks.
int guard_terminal(void);
int guard_owns_terminal(void);

// Raw mode: no flow control, no signals from keys, output as it is. 0, or -1 with errno.
int guard_raw_settings(void);

// The user's settings, to be given back while the process is stopped, and to be noted again afterwards.
void guard_user_settings(void);
void guard_note_user_settings(void);
