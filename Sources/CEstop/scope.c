/* scope.c: which scopes there are, what covers what, and how modes combine. */

#include <string.h>

#include "internal.h"

static const char *const keys[] = {"venue", "account", "strategy", "symbol"};
#define KEYS 4

/* One `key=value` pair: its key's index, its value. 0 at the end of the text, -1 when it is malformed. */
static int next_pair(const char **at, int *key, const char **value, size_t *length) {
    const char *text = *at;
    if (*text == '\0')
        return 0;
    size_t size = strcspn(text, ",");
    const char *equals = memchr(text, '=', size);
    if (equals == NULL || equals + 1 == text + size)
        return -1;
    *key = -1;
    for (int index = 0; index < KEYS; index++)
        if (strlen(keys[index]) == (size_t)(equals - text) && memcmp(keys[index], text, (size_t)(equals - text)) == 0)
            *key = index;
    if (*key < 0)
        return -1;
    *value = equals + 1;
    *length = size - (size_t)(equals + 1 - text);
    if (text[size] == ',' && text[size + 1] == '\0')
        return -1;
    *at = text + size + (text[size] == ',');
    return 1;
}

static int is_global(const char *scope) { return scope == NULL || *scope == '\0' || strcmp(scope, "global") == 0; }

int estop_scope_valid(const char *scope, size_t capacity) {
    if (is_global(scope))
        return 1;
    if (strlen(scope) > capacity)
        return 0;
    int seen[KEYS] = {0}, key, found;
    const char *value;
    size_t length;
    while ((found = next_pair(&scope, &key, &value, &length)) > 0) {
        if (seen[key]++)
            return 0;
        for (size_t index = 0; index < length; index++)
            if ((unsigned char)value[index] < 0x20 || value[index] == 0x7f)
                return 0;
    }
    return found == 0;
}

/* What the gate says under a key: NULL when it does not say. */
static const char *stated(const char *gate, int wanted, size_t *length) {
    int key;
    const char *value;
    if (is_global(gate))
        return NULL;
    while (next_pair(&gate, &key, &value, length) > 0)
        if (key == wanted)
            return value;
    return NULL;
}

int estop_scope_covers(const char *scope, const char *gate) {
    /* A damaged scope covers everything: unknown means halted. */
    if (is_global(scope) || !estop_scope_valid(scope, SIZE_MAX))
        return 1;
    int key;
    const char *value;
    size_t length, size;
    while (next_pair(&scope, &key, &value, &length) > 0) {
        const char *mine = stated(gate, key, &size);
        if (mine != NULL && (size != length || memcmp(mine, value, length) != 0))
            return 0;
    }
    return 1;
}

uint32_t estop_combine(uint32_t a, uint32_t b) {
    if (a > ESTOP_HALTED)
        a = ESTOP_UNKNOWN;
    if (b > ESTOP_HALTED)
        b = ESTOP_UNKNOWN;
    if (a == b || b == ESTOP_LIVE)
        return a;
    if (a == ESTOP_LIVE)
        return b;
    if (a == ESTOP_UNKNOWN || b == ESTOP_UNKNOWN)
        return ESTOP_UNKNOWN;
    return ESTOP_HALTED;
}
