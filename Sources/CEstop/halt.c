/* halt.c: halting. Step (1) is estop_page_halt in page.c: one compare-and-swap.

   (1) the page, (2) the wake, (3) the record on disk; then the page is read again, and while it permits what was halted
   all is done again as a new record. Nothing here is undone or delayed by a later step's failure. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

#define LATE NANOSECOND /* half of the time after which a host records a halt in its writer's place */
#define LATE_TRIES 3    /* a disk that always takes longer must not keep the caller for ever */

static _Thread_local char error_text[512];

const char *estop_error(void) { return error_text; }

void estop_set_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error_text, sizeof error_text, format, arguments);
    va_end(arguments);
}

static int is_global(const char *scope) { return scope == NULL || *scope == '\0' || strcmp(scope, "global") == 0; }

/* The scope that the halt got: its own entry, everything where it got none, and what was asked for while there is no
   page (a host that makes one publishes it). */
static const char *taken(const char *scope, const estop_halt_report *report) {
    return report->page == 1 || !estop_scope_valid(scope, ESTOP_ENTRY_SCOPE) ? "global" : scope;
}

void estop_switch_halt_page(estop_mapping *mapping, int directory, uint32_t mode, const char *scope,
                            estop_pulled *pulled) {
    *pulled = (estop_pulled){.report = {.at = estop_boottime()}};
    estop_halt_report *report = &pulled->report;
    if (mapping == NULL || mapping->page == NULL || !mapping->writable) {
        estop_new_id(report->id);
        return;
    }
    if (is_global(scope)) {
        report->was = estop_page_halt(mapping->page, mode, &report->state);
        report->page = 1;
        estop_new_id(report->id);
    } else {
        estop_new_id(report->id);
        uint32_t tag = estop_crc32(0, report->id, strlen(report->id));
        report->page = 2;
        if (!estop_scope_valid(scope, ESTOP_ENTRY_SCOPE) ||
            !estop_page_halt_scope(mapping->page, mode, scope, tag, &pulled->tag, &report->was, &report->state)) {
            report->was = estop_page_halt(mapping->page, mode, &report->state);
            report->page = 1;
        }
    }
    /* We may hold an orphan: everybody who holds it too is halted now, and the page in its place follows. */
    enum estop_problem problem = estop_still(mapping, directory);
    if (problem == ESTOP_OK)
        return;
    estop_mapping current;
    if (problem == ESTOP_ORPHANED && estop_map(&current, directory, 1, 0) == ESTOP_OK) {
        estop_unmap(mapping);
        *mapping = current;
        estop_switch_halt_page(mapping, directory, mode, scope, pulled);
    } else {
        report->was = report->state = 0;
        report->page = 0;
    }
}

/* Whether the page still permits something that this halt forbids. */
static int permits_what_was_halted(const estop_halt_page *page, uint32_t mode, const char *scope, uint32_t tag) {
    uint32_t now = estop_page_word(page) & 7u;
    if (estop_combine(now, mode) == now || now == ESTOP_UNKNOWN || now == ESTOP_HALTED)
        return 0;
    if (is_global(scope))
        return 1;
    for (int index = 0; index < ESTOP_ENTRIES; index++)
        if (estop_entry_tag(page, index) == tag && estop_entry_mode(page, index) == mode)
            return 0;
    return 1;
}

/* What the record says besides: the entry of an earlier halt that enforces this one too, and how many halts it stands for. */
static const char *members(const estop_pulled *pulled, char out[64]) {
    int length = 0;
    out[0] = '\0';
    if (pulled->report.page == 2 && pulled->tag != estop_crc32(0, pulled->report.id, strlen(pulled->report.id)))
        length = snprintf(out, 64, ",\"tag\":%u", pulled->tag);
    if (pulled->count > 1)
        snprintf(out + length, 64 - (size_t)length, ",\"count\":%u", pulled->count);
    return out;
}

size_t estop_switch_compose(const estop_pulled *pulled, uint32_t mode, const char *scope, const char *reason,
                            const char *source, const char *op, const char *from, char line[ESTOP_RECORD_MAX]) {
    char long_reason[ESTOP_REASON_MAX + 64], more[64];
    const estop_halt_report *report = &pulled->report;
    const char *covered = taken(scope, report);
    if (is_global(covered) && !is_global(scope)) {
        snprintf(long_reason, sizeof long_reason, "%.900s (asked for %.120s; halted globally)", reason, scope);
        reason = long_reason;
    }
    estop_record record = {.change = "halt", .id = report->id, .mode = mode, .scope = covered, .reason = reason,
                           .source = source, .op = op, .from = from, .was = report->was, .state = report->state,
                           .extra = members(pulled, more)};
    return estop_record_compose(&record, line);
}

void estop_switch_halt_record(estop_mapping *mapping, int directory, uint32_t mode, const char *scope,
                              const char *reason, const char *source, const char *op, const char *from, int again,
                              estop_pulled *pulled) {
    char line[ESTOP_RECORD_MAX];
    estop_halt_report *report = &pulled->report;
    for (int times = 0;; times++) {
        const char *covered = taken(scope, report);
        size_t length = estop_switch_compose(pulled, mode, scope, reason, source, op, from, line);
        int error = estop_log_append(directory, line, length, 3, NULL);
        report->durable = error == 0;
        report->error = error;
        /* Where the host finds it, be this process gone by then: a reason is not lost because the disk was full. */
        if (error != 0)
            estop_keep_record(directory, report->id, line, length);
        else if (again)
            estop_drop_record(directory, report->id);
        if (report->page == 0 || mapping == NULL || mapping->page == NULL)
            return;
        /* A record that came late may have been given another in its place, and that one may be folded by a resume that is
           under way: the word moves once more, and the resume is refused. Only one that came: as long as it cannot be
           written, moving the word for it would only ask for another record that cannot be written either. */
        int late = !again && report->durable && estop_boottime() - report->at > LATE && times < LATE_TRIES;
        if (!late && !permits_what_was_halted(mapping->page, mode, covered, pulled->tag) &&
            estop_still(mapping, directory) != ESTOP_ORPHANED)
            return;
        estop_switch_halt_page(mapping, directory, mode, scope, pulled);
    }
}

int estop_switch_halt(estop_mapping *mapping, int directory, uint32_t mode, const char *scope, const char *reason,
                      const char *source, const char *op, const char *from, estop_halt_report *report) {
    estop_pulled pulled;
    estop_switch_halt_page(mapping, directory, mode, scope, &pulled);
    estop_switch_halt_record(mapping, directory, mode, scope, reason, source, op, from, 0, &pulled);
    *report = pulled.report;
    return report->page ? 0 : -1;
}

/* MARK: for a process that may not write the page */

int estop_leave_stop_file(int directory, const char *reason) {
    int file = openat(directory, "EMERGENCY_STOP", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0664);
    if (file < 0)
        return errno == EEXIST ? 2 : 0;
    ssize_t ignored = write(file, reason, strlen(reason));
    (void)ignored; /* the file's existence halts; its text is for people */
    close(file);
    return 1;
}

/* Reason and scope as JSON, for the host's activate path. */
static size_t request(char *out, size_t size, const char *scope, const char *reason) {
    char body[ESTOP_RECORD_MAX];
    size_t length = 0;
    const char *parts[] = {"{\"reason\":\"", reason, "\",\"scope\":\"", is_global(scope) ? "global" : scope,
                           "\",\"source\":\"library\"}"};
    for (int part = 0; part < 5; part++)
        for (const char *at = parts[part]; *at != '\0' && at < parts[part] + ESTOP_REASON_MAX; at++) {
            if (part % 2 == 1 && (*at == '"' || *at == '\\'))
                body[length++] = '\\';
            body[length++] = part % 2 == 1 && (unsigned char)*at < 0x20 ? ' ' : *at;
        }
    int header = snprintf(out, size,
                          "POST /api/emergency/kill-switch/activate HTTP/1.1\r\nHost: localhost\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                          length);
    memcpy(out + header, body, length);
    return (size_t)header + length;
}

static int ask(const struct sockaddr *address, socklen_t size, const char *scope, const char *reason) {
    int peer = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer < 0)
        return 0;
    struct timeval limit = {2, 0};
    setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char bytes[ESTOP_RECORD_MAX + 512], answer[64] = {0};
    size_t length = request(bytes, sizeof bytes, scope, reason), have = 0;
    int said_yes = 0;
    if (connect(peer, address, size) == 0 && send(peer, bytes, length, MSG_NOSIGNAL) == (ssize_t)length) {
        ssize_t count;
        while (have < sizeof answer - 1 && (count = recv(peer, answer + have, sizeof answer - 1 - have, 0)) > 0)
            have += (size_t)count;
        said_yes = strncmp(answer, "HTTP/1.1 2", 10) == 0;
    }
    close(peer);
    return said_yes;
}

int estop_ask_host(int directory, const char *scope, const char *reason) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    /* By way of /proc, since a state directory's path may be longer than a socket's address. */
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/estop.sock", directory);
    return ask((const struct sockaddr *)&address, sizeof address, scope, reason);
}

int estop_ask_loopback(uint16_t port, const char *scope, const char *reason) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ask((const struct sockaddr *)&address, sizeof address, scope, reason);
}

/* MARK: for bots */

int estop_halt(const char *state, const char *scope, const char *reason, estop_halt_report *report) {
    estop_halt_report mine;
    char path[4096];
    if (report == NULL)
        report = &mine;
    *report = (estop_halt_report){0};
    if (reason == NULL || *reason == '\0')
        reason = "Emergency halt";
    if (state == NULL) {
        if (estop_default_state(path, sizeof path) != 0) {
            estop_set_error("the path of the state directory is too long: NOT HALTED");
            return -1;
        }
        state = path;
    }
    int directory = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        report->error = errno;
        estop_set_error("the state directory %.200s cannot be opened (%s): NOT HALTED", state, strerror(errno));
        return -1;
    }
    estop_mapping mapping;
    enum estop_problem problem = estop_map(&mapping, directory, 1, 0);
    estop_switch_halt(&mapping, directory, ESTOP_HALTED, scope, reason, "library", NULL, NULL, report);
    if (!report->page) {
        report->stop_file = estop_leave_stop_file(directory, reason);
        if (report->stop_file != 1)
            report->socket = estop_ask_host(directory, scope, reason);
    }
    estop_unmap(&mapping);
    close(directory);
    if (report->page || report->stop_file || report->socket) {
        report->page = report->page != 0;
        return 0;
    }
    estop_set_error("%s, the stop file cannot be left and no host answers: NOT HALTED",
                    problem != ESTOP_OK ? estop_problem_text(problem) : "halt.page cannot be written");
    return -1;
}
