/* log_scan.c: finding the last resume in a long log without reading all of it. */

#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

int64_t estop_log_last_resume(int file, int64_t before) {
    static const char mark[] = "\n{\"v\":1,\"change\":\"resume\"";
    const int64_t window = 65536, overlap = (int64_t)sizeof mark - 2;
    char bytes[65536 + sizeof mark];
    for (int64_t end = before; end > 0;) {
        int64_t start = end > window ? end - window : 0, wanted = end + overlap - start;
        ssize_t count = pread(file, bytes, (size_t)wanted, (off_t)start);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return -1;
        int64_t found = -1;
        for (char *at = bytes; (at = memmem(at, (size_t)(bytes + count - at), mark, sizeof mark - 1)) != NULL; at++)
            if (start + (at - bytes) < before)
                found = start + (at - bytes);
        if (found >= 0)
            return found;
        end = start;
    }
    return -1;
}
