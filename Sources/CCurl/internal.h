/* What the two ways of asking share. */
#ifndef ESTOP_CURL_INTERNAL_H
#define ESTOP_CURL_INTERNAL_H

#include <signal.h>
#include <stdint.h>

/* Milliseconds; curl counts them in a long. */
long estop_curl_milliseconds(uint64_t value);

/* What a thread's signals were before. */
typedef struct pipe_guard {
    sigset_t before;
    int masked;
} pipe_guard;

/* With CURLOPT_NOSIGNAL curl does not keep SIGPIPE away from TLS, which writes without MSG_NOSIGNAL. */
pipe_guard estop_pipe_block(void);
void estop_pipe_restore(const pipe_guard *guard);

#endif
