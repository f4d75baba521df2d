/* record.c: one line of kill_switch.log, composed without allocation. */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

uint32_t estop_crc32(uint32_t seed, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    uint32_t sum = ~seed;
    while (length-- > 0) {
        sum ^= *at++;
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? 0xedb88320u ^ (sum >> 1) : sum >> 1;
    }
    return ~sum;
}

void estop_new_id(char id[33]) {
    static _Atomic uint32_t counter;
    uint8_t bytes[16];
    if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) != (ssize_t)sizeof bytes) {
        uint64_t now = estop_boottime();
        uint32_t pid = (uint32_t)getpid(), count = atomic_fetch_add(&counter, 1);
        memcpy(bytes, &now, 8);
        memcpy(bytes + 8, &pid, 4);
        memcpy(bytes + 12, &count, 4);
    }
    for (int index = 0; index < 16; index++)
        snprintf(id + 2 * index, 3, "%02x", bytes[index]);
}

/* MARK: text */

struct text {
    char *bytes;
    size_t length, capacity;
};

static void put(struct text *out, const char *bytes, size_t length) {
    if (length > out->capacity - out->length)
        length = out->capacity - out->length;
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void put_string(struct text *out, const char *text) { put(out, text, strlen(text)); }

/* The length of the valid UTF-8 character at `at`; 0 when there is none. */
static size_t character(const uint8_t *at, size_t left) {
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3 : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t index = 1; index < length; index++)
        if ((at[index] & 0xc0) != 0x80)
            return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
        (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

/* The text as the inside of a JSON string: at most `raw` bytes of it and `space` bytes of output, cut between characters
   with a mark; bytes that are no UTF-8 become U+FFFD. */
static void put_escaped(struct text *out, const char *text, size_t raw, size_t space) {
    static const char mark[] = "\xe2\x80\xa6";
    const uint8_t *at = (const uint8_t *)(text != NULL ? text : "");
    size_t left = strlen((const char *)at), end = out->length + space;
    if (end > out->capacity)
        end = out->capacity;
    while (left > 0) {
        char piece[8];
        size_t size, length = character(at, left);
        if (length == 1 && (at[0] == '"' || at[0] == '\\')) {
            piece[0] = '\\';
            piece[1] = (char)at[0];
            size = 2;
        } else if (length == 1 && (at[0] < 0x20 || at[0] == 0x7f)) {
            size = (size_t)snprintf(piece, sizeof piece, "\\u%04x", at[0]);
        } else if (length == 0) {
            memcpy(piece, "\xef\xbf\xbd", 3);
            size = 3;
            length = 1;
        } else {
            memcpy(piece, at, length);
            size = length;
        }
        int last = length == left;
        if (length > raw || out->length + size + (last ? 0 : sizeof mark - 1) > end || (length == raw && !last)) {
            if (out->length + sizeof mark - 1 <= end)
                put(out, mark, sizeof mark - 1);
            return;
        }
        put(out, piece, size);
        raw -= length;
        at += length;
        left -= length;
    }
}

static void put_member(struct text *out, const char *key, const char *value, size_t raw) {
    put_string(out, ",\"");
    put_string(out, key);
    put_string(out, "\":\"");
    put_escaped(out, value, raw, raw * 2);
    put_string(out, "\"");
}

static const char *mode_name(uint32_t mode) {
    static const char *const names[] = {"unknown", "live", "paper", "reduce-only", "halted"};
    return names[mode <= ESTOP_HALTED ? mode : 0];
}

/* MARK: who and when */

/* A user's name from /etc/passwd alone: a directory service may hang, and a halt's record must not. */
static void user_name(unsigned uid, char *name, size_t size) {
    snprintf(name, size, "uid %u", uid);
    char bytes[8192], line[512];
    size_t length = 0;
    int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return;
    ssize_t count;
    while ((count = read(file, bytes, sizeof bytes)) > 0) {
        for (ssize_t index = 0; index < count; index++) {
            if (bytes[index] != '\n') {
                if (length < sizeof line - 1)
                    line[length++] = bytes[index];
                continue;
            }
            line[length] = '\0';
            length = 0;
            char *end = strchr(line, ':'), *id = end != NULL ? strchr(end + 1, ':') : NULL;
            if (id != NULL && strtoul(id + 1, NULL, 10) == uid) {
                *end = '\0';
                snprintf(name, size, "%.*s", (int)size - 1, line);
                close(file);
                return;
            }
        }
    }
    close(file);
}

/* The session's login user (which sudo and su do not change), else SUDO_UID, else this process's own. */
static unsigned login_uid(void) {
    char text[16] = {0};
    int file = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        unsigned long uid = length > 0 ? strtoul(text, NULL, 10) : UINT32_MAX;
        if (uid < UINT32_MAX)
            return (unsigned)uid;
    }
    const char *sudo = getenv("SUDO_UID");
    if (sudo != NULL && *sudo != '\0' && geteuid() == 0)
        return (unsigned)strtoul(sudo, NULL, 10);
    return getuid();
}

static pthread_once_t identity_once = PTHREAD_ONCE_INIT;
static char kept_op[96], kept_from[192];
static void identify(char *op, size_t op_size, char *from, size_t from_size);

static void keep_identity(void) { identify(kept_op, sizeof kept_op, kept_from, sizeof kept_from); }

void estop_identity(char *op, size_t op_size, char *from, size_t from_size) {
    pthread_once(&identity_once, keep_identity);
    snprintf(op, op_size, "%s", kept_op);
    snprintf(from, from_size, "%s", kept_from);
}

static void identify(char *op, size_t op_size, char *from, size_t from_size) {
    user_name(login_uid(), op, op_size);
    char terminal[64] = "";
    for (int descriptor = 0; descriptor < 3 && *terminal == '\0'; descriptor++)
        if (ttyname_r(descriptor, terminal, sizeof terminal) != 0)
            *terminal = '\0';
    const char *connection = getenv("SSH_CONNECTION");
    int address = connection != NULL ? (int)strcspn(connection, " ") : 0;
    snprintf(from, from_size, "%s%s%.*s", *terminal != '\0' ? terminal : "no terminal", address > 0 ? " " : "", address,
             connection != NULL ? connection : "");
}

/* MARK: the record */

size_t estop_record_compose(const estop_record *record, char line[ESTOP_RECORD_MAX]) {
    char tail_bytes[2600], op[96], from[192], number[96];
    struct text tail = {tail_bytes, 0, sizeof tail_bytes};
    struct text out = {line, 0, ESTOP_RECORD_MAX};
    struct utsname system;
    struct timespec now;
    struct tm parts;

    if (record->op == NULL || record->from == NULL)
        estop_identity(op, sizeof op, from, sizeof from);
    put_member(&tail, "source", record->source, 16);
    put_member(&tail, "operator", record->op != NULL ? record->op : op, 96);
    put_member(&tail, "from", record->from != NULL ? record->from : from, 160);
    put(&tail, number, (size_t)snprintf(number, sizeof number, ",\"pid\":%d", (int)getpid()));
    put_member(&tail, "host", uname(&system) == 0 ? system.nodename : "", 64);
    put(&tail, number, (size_t)snprintf(number, sizeof number, ",\"was\":%u,\"state\":%u", record->was, record->state));
    put_string(&tail, record->extra != NULL ? record->extra : "");

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    put_string(&out, "\n{\"v\":1,\"change\":\"");
    put_string(&out, record->change);
    put_string(&out, "\",\"id\":\"");
    put_string(&out, record->id);
    put(&out, number,
        (size_t)snprintf(number, sizeof number, "\",\"at\":\"%04u-%02u-%02uT%02u:%02u:%02u.%03uZ\",\"mode\":\"",
                         (unsigned)(parts.tm_year + 1900) % 10000, (unsigned)(parts.tm_mon + 1) % 100,
                         (unsigned)parts.tm_mday % 100, (unsigned)parts.tm_hour % 100, (unsigned)parts.tm_min % 100,
                         (unsigned)parts.tm_sec % 100, (unsigned)(now.tv_nsec / 1000000) % 1000));
    put_string(&out, mode_name(record->mode));
    put_string(&out, "\"");
    put_member(&out, "scope", record->scope == NULL || *record->scope == '\0' ? "global" : record->scope, 128);
    put_string(&out, ",\"reason\":\"");
    /* After the reason come its quote, the tail, `,"sum":"01234567"}` and the newline. */
    put_escaped(&out, record->reason, ESTOP_REASON_MAX, ESTOP_RECORD_MAX - out.length - 1 - tail.length - 19);
    put_string(&out, "\"");
    put(&out, tail.bytes, tail.length);
    uint32_t sum = estop_crc32(0, line + 1, out.length - 1);
    put(&out, number, (size_t)snprintf(number, sizeof number, ",\"sum\":\"%08x\"}\n", sum));
    return out.length;
}
