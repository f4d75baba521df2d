// The screen: ncursesw behind plain numbers. One thread calls all of it.
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "include/CTerminal.h"
#include "internal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

static const char PASTE_ON[] = "\033[?2004h", PASTE_OFF[] = "\033[?2004l", QUERY[] = "\033[5n";
static const char TITLE_PUSH[] = "\033[22;2t", TITLE_POP[] = "\033[23;2t";

// Terminals that take a title as OSC 2; on others its text would be printed.
static const char *const titled[] = {"xterm", "tmux",  "screen", "alacritty", "foot",    "rxvt",    "kitty",
                                     "st-",   "konsole", "gnome", "vte",     "wezterm", "ghostty", "contour"};

static SCREEN *screen;
static FILE *files[2];
static char name[64], title[128];
static int colours, utf8, cursor_shown = -1, takes_title, smcup_pushes;

// curses writes into a file in memory, the paper, and never waits; what it wrote is moved behind what the terminal has
// not taken yet.
static int paper = -1, terminal = -1;
static char *waiting;
static size_t first, length, room;
static size_t made; // since the last frame

static void queue(const char *text, size_t count) {
    if (first > 0) {
        memmove(waiting, waiting + first, length);
        first = 0;
    }
    if (length + count > room) {
        size_t larger = (length + count) * 2;
        char *moved = realloc(waiting, larger);
        if (moved == NULL) {
            return;
        }
        waiting = moved;
        room = larger;
    }
    memcpy(waiting + length, text, count);
    length += count;
    made += count;
}

// Takes what curses wrote.
static void collect(void) {
    char bytes[4096];
    off_t end = lseek(paper, 0, SEEK_CUR);
    for (off_t at = 0; at < end;) {
        size_t left = (size_t)(end - at);
        ssize_t count = pread(paper, bytes, left < sizeof bytes ? left : sizeof bytes, at);
        if (count <= 0) {
            break;
        }
        queue(bytes, (size_t)count);
        at += count;
    }
    // Written over next time: giving the memory back and taking it again would cost more than the frame.
    if (end > 0) {
        lseek(paper, 0, SEEK_SET);
    }
}

static void say(const char *text) {
    collect();
    queue(text, strlen(text));
}

static const char *capability(const char *which) {
    const char *value = tigetstr(which);
    return value == (char *)-1 ? NULL : value;
}

static int has(const char *which) { return capability(which) != NULL; }

static int start(const char *type) {
    if (type == NULL || *type == 0 || (screen = newterm(type, files[1], files[0])) == NULL) {
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

// A terminal's screen left by a session before this one, in the same process.
static void discard(void) {
    if (screen != NULL) {
        delscreen(screen);
        screen = NULL;
    }
    for (int i = 0; i < 2; i++) {
        if (files[i] != NULL) {
            fclose(files[i]);
            files[i] = NULL;
        }
    }
    if (paper >= 0) {
        close(paper);
    }
    if (terminal >= 0) {
        close(terminal);
    }
    paper = terminal = cursor_shown = -1;
    title[0] = 0;
    first = length = made = 0;
    colours = takes_title = smcup_pushes = 0;
}

static int make_paper(void) {
    paper = memfd_create("screen", MFD_CLOEXEC);
    for (int i = 0; i < 2 && paper >= 0; i++) {
        int copy = fcntl(paper, F_DUPFD_CLOEXEC, 0);
        if (copy < 0 || (files[i] = fdopen(copy, i == 0 ? "r" : "w")) == NULL) {
            return -1;
        }
    }
    return paper < 0 ? -1 : 0;
}

static void settle_title(void) {
    for (size_t i = 0; i < sizeof titled / sizeof *titled; i++) {
        takes_title |= strncmp(name, titled[i], strlen(titled[i])) == 0;
    }
    const char *smcup = capability("smcup");
    smcup_pushes = takes_title && smcup != NULL && strstr(smcup, "\033[22;") != NULL;
}

// What the terminal needs besides what curses tells it.
static void take_over(void) {
    guard_arm(terminal, has("smcup"), takes_title);
    say(PASTE_ON);
    if (takes_title && !smcup_pushes) {
        say(TITLE_PUSH);
    }
    cursor_shown = -1;
    int rows, columns;
    term_size(&rows, &columns);
    // LINES and COLUMNS in the environment are not asked.
    term_resize(rows, columns);
}

int term_open(void) {
    setlocale(LC_CTYPE, "");
    utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    discard();
    if ((terminal = guard_terminal()) < 0 || make_paper() != 0) {
        return -1;
    }
    const char *types[] = {getenv("TERM"), "xterm-256color", "xterm", "vt100", "ansi"};
    for (size_t i = 0; i < sizeof types / sizeof *types && start(types[i]) != 0; i++) {
    }
    if (screen == NULL) {
        return -1;
    }
    settle_title();
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
    take_over();
    return 0;
}

const char *term_name(void) { return name; }

int term_is_utf8(void) { return utf8; }

int term_colors(void) { return colours; }

void term_size(int *rows, int *columns) {
    struct winsize size = {0};
    if (ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
        size.ws_row = 24;
        size.ws_col = 80;
    }
    *rows = size.ws_row;
    *columns = size.ws_col;
}

void term_resize(int rows, int columns) {
    // Into the last column of the last row curses may insert from the one before it: it has to have one.
    resizeterm(rows, columns < 2 ? 2 : columns);
    // curses began by making the region that scrolls as high as it believed the terminal to be. Behind that: what it
    // still holds back is written now. Taking the screen back it knows better, and the cursor, which this moves, still
    // is the shell's.
    const char *region = capability("csr");
    if (region != NULL && !isendwin()) {
        delay_output(0);
        say(tiparm(region, 0, rows - 1));
    }
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

int term_present(void) {
    wnoutrefresh(stdscr);
    doupdate();
    collect();
    // Behind what curses wrote, which may have begun with putting the title before ours aside.
    if (title[0] != 0) {
        say("\033]2;");
        say(title);
        say("\033\\");
        title[0] = 0;
    }
    int count = (int)made;
    made = 0;
    return count;
}

void term_query(void) {
    say(QUERY);
    // No part of a frame.
    made -= sizeof QUERY - 1;
}

void term_title(const char *text) {
    if (takes_title) {
        snprintf(title, sizeof title, "%s", text);
    }
}

int term_flush(void) {
    // Where the descriptor is shared with others it may block: then only as much as a terminal that is ready takes.
    size_t most = guard_owns_terminal() ? SIZE_MAX : 256;
    while (length > 0) {
        struct pollfd polled = {.fd = terminal, .events = POLLOUT};
        if (!guard_owns_terminal() && poll(&polled, 1, 0) <= 0) {
            break;
        }
        ssize_t wrote = write(terminal, waiting + first, length < most ? length : most);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0 && errno == EAGAIN) {
            break;
        }
        if (wrote < 0) {
            // Gone: whoever reads it will notice.
            first = length = 0;
            break;
        }
        first += (size_t)wrote;
        length -= (size_t)wrote;
    }
    return (int)length;
}

void term_wait(int milliseconds) {
    struct pollfd polled[] = {{.fd = term_wake_fd(), .events = POLLIN},
                              {.fd = length > 0 ? terminal : -1, .events = POLLOUT}};
    poll(polled, 2, milliseconds);
}

void term_redraw(void) { clearok(curscr, TRUE); }

static void leave(void) {
    say(PASTE_OFF);
    if (takes_title && !smcup_pushes) {
        say(TITLE_POP);
    }
    endwin();
    collect();
}

void term_stop_here(void) {
    leave();
    // A terminal that takes nothing is not waited for long: the shell wants it.
    for (int tries = 0; term_flush() > 0 && tries < 20; tries++) {
        struct pollfd polled = {.fd = terminal, .events = POLLOUT};
        poll(&polled, 1, 10);
    }
    guard_disarm();
    guard_user_settings();
    // The rest of the group, as the terminal would have done; then this thread, which stops before raise returns. One
    // signal to the group would come to any thread, and stop the process a second time after it was continued.
    struct sigaction ours, here = {.sa_handler = SIG_IGN};
    sigaction(SIGTSTP, &here, &ours);
    kill(0, SIGTSTP);
    here.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &here, NULL);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    guard_note_user_settings();
    guard_raw_settings();
    take_over();
}

void term_continue(void) {
    // Whoever stopped us may have left any settings: those noted at the start still are the user's.
    guard_raw_settings();
    // curses takes the screen back only after it has left it.
    leave();
    take_over();
}
