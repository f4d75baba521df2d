// The screen: ncursesw behind plain numbers. One thread calls all of it.
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "include/CTerminal.h"
#include "internal.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

static const char PASTE_ON[] = "\033[?2004h", PASTE_OFF[] = "\033[?2004l";

static SCREEN *screen;
static char name[64];
static int curses_fd = -1, colours, utf8, cursor_shown = -1;

static void say(const char *text, size_t length) {
    while (length > 0) {
        ssize_t wrote = write(curses_fd, text, length);
        if (wrote <= 0) {
            return;
        }
        text += wrote;
        length -= (size_t)wrote;
    }
}

static int has(const char *capability) {
    const char *value = tigetstr(capability);
    return value != NULL && value != (char *)-1;
}

static int start(const char *type, FILE *out, FILE *in) {
    if (type == NULL || *type == 0 || (screen = newterm(type, out, in)) == NULL) {
        return -1;
    }
    // "dumb" and its like start, and cannot place a character.
    if (!has("cup")) {
        delscreen(screen);
        screen = NULL;
        return -1;
    }
    snprintf(name, sizeof name, "%s", type);
    return 0;
}

int term_open(int in_fd, int out_fd) {
    setlocale(LC_CTYPE, "");
    utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    // curses writes to a descriptor of its own, which the guard can turn into /dev/null.
    curses_fd = dup(out_fd);
    FILE *out = curses_fd < 0 ? NULL : fdopen(curses_fd, "w");
    int reading = dup(in_fd);
    FILE *in = reading < 0 ? NULL : fdopen(reading, "r");
    if (out == NULL || in == NULL) {
        return -1;
    }
    const char *types[] = {getenv("TERM"), "xterm-256color", "xterm", "vt100", "ansi"};
    for (size_t i = 0; i < sizeof types / sizeof *types && start(types[i], out, in) != 0; i++) {
    }
    if (screen == NULL) {
        return -1;
    }
    guard_arm(curses_fd, has("smcup"));
    raw();
    noecho();
    nonl();
    // Keys are read elsewhere; without this curses stops painting half-way whenever one is waiting.
    typeahead(-1);
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    if (has_colors()) {
        start_color();
        use_default_colors();
        colours = COLORS;
    }
    say(PASTE_ON, sizeof PASTE_ON - 1);
    int rows, columns;
    term_size(&rows, &columns);
    // LINES and COLUMNS in the environment are not asked.
    term_resize(rows, columns);
    return 0;
}

const char *term_name(void) { return name; }

int term_is_utf8(void) { return utf8; }

int term_colors(void) { return colours; }

void term_size(int *rows, int *columns) {
    struct winsize size = {0};
    if (ioctl(curses_fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
        size.ws_row = 24;
        size.ws_col = 80;
    }
    *rows = size.ws_row;
    *columns = size.ws_col;
}

void term_resize(int rows, int columns) {
    resizeterm(rows, columns);
    erase();
    clearok(curscr, TRUE);
}

void term_put(int row, int column, const uint32_t *cells, int count, int foreground, int background, int attributes) {
    attr_t attrs = (attributes & TERM_BOLD ? A_BOLD : 0) | (attributes & TERM_DIM ? A_DIM : 0) |
                   (attributes & TERM_UNDERLINE ? A_UNDERLINE : 0) | (attributes & TERM_REVERSE ? A_REVERSE : 0);
    int pair = foreground < 0 && background < 0 ? 0 : alloc_pair(foreground, background);
    if (pair < 0) {
        pair = 0;
    }
    for (int i = 0; i < count; i++, cells += 3) {
        wchar_t text[3] = {(wchar_t)cells[0], (wchar_t)cells[1], 0};
        int width = (int)cells[2];
        // Where the C library sees another width than we do, columns would shift: a question mark does not.
        if (wcwidth(text[0]) != width) {
            text[0] = L'?';
            text[1] = 0;
        }
        cchar_t cell;
        if (setcchar(&cell, text, attrs, 0, &pair) == OK) {
            // The last cell of the screen is set although ERR is returned.
            mvadd_wch(row, column, &cell);
        }
        if (width == 2 && text[0] == L'?') {
            cchar_t blank;
            if (setcchar(&blank, L" ", attrs, 0, &pair) == OK) {
                mvadd_wch(row, column + 1, &blank);
            }
        }
        column += width;
    }
}

void term_cursor(int row, int column) {
    int shown = row >= 0;
    if (shown != cursor_shown) {
        curs_set(shown);
        cursor_shown = shown;
    }
    if (shown) {
        move(row, column);
    }
}

void term_present(void) {
    wnoutrefresh(stdscr);
    doupdate();
}

void term_redraw(void) { clearok(curscr, TRUE); }

static void come_back(void) {
    guard_note_user_settings();
    reset_prog_mode();
    guard_arm(curses_fd, has("smcup"));
    say(PASTE_ON, sizeof PASTE_ON - 1);
    cursor_shown = -1;
    int rows, columns;
    term_size(&rows, &columns);
    term_resize(rows, columns);
}

void term_stop_here(void) {
    say(PASTE_OFF, sizeof PASTE_OFF - 1);
    endwin();
    guard_disarm();
    guard_user_settings();
    struct sigaction ours, stop = {.sa_handler = SIG_DFL};
    sigaction(SIGTSTP, &stop, &ours);
    // The whole group, as the terminal would have done; then this thread, so that nothing runs on before the stop.
    // Continuing throws away what of it is still pending.
    kill(0, SIGTSTP);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    come_back();
}

void term_continue(void) {
    // Whoever stopped us may have left any settings: those noted at the start still are the user's.
    reset_prog_mode();
    guard_arm(curses_fd, has("smcup"));
    say(PASTE_ON, sizeof PASTE_ON - 1);
    cursor_shown = -1;
    int rows, columns;
    term_size(&rows, &columns);
    term_resize(rows, columns);
}
