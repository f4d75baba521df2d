/* What estop asks of libcurl: POST some bytes and say what became of them; and, in CCurlLink.h, requests over connections
   that are kept. No type of curl crosses it, nor a variadic function. */
#ifndef ESTOP_CURL_H
#define ESTOP_CURL_H

#include <stddef.h>
#include <stdint.h>

#include "CCurlLink.h"

/* How much of a response's body is kept, and how large a text of an error can be. */
enum { estop_curl_body = 512, estop_curl_text = 256 };

/* Why a POST did not end by itself. */
enum {
    estop_curl_complete = 0,  /* the response came to its end */
    estop_curl_failed = 1,    /* the network, TLS, the URL: `error` says it */
    estop_curl_cancelled = 2, /* `cancel` became readable */
    estop_curl_too_large = 3  /* the response had more bytes than allowed; `status` and `body` are what came */
};

/* What to send. Every pointer is only read, and only during the call. */
typedef struct estop_curl_request {
    const char *url;            /* http or https */
    char *const *headers;       /* `Name: value`, NULL-terminated */
    const void *body;
    size_t length;
    uint64_t connect_ms; /* until the connection stands, TLS included */
    uint64_t total_ms;   /* for all of it */
    size_t most;         /* bytes of the response's body that are read, before it is given up */
    int cancel;          /* a descriptor: the call ends as soon as it is readable; -1: none */
} estop_curl_request;

/* What became of it. */
typedef struct estop_curl_response {
    int32_t end;                /* one of the above */
    int32_t status;             /* the HTTP status; 0: none came */
    uint64_t retry_after_s;     /* the response's Retry-After in seconds from now; 0: none */
    size_t length;              /* bytes of `body` */
    char body[estop_curl_body]; /* the first ones, as they came */
    char error[estop_curl_text]; /* NUL-terminated; names hosts, never the path of the URL */
} estop_curl_response;

/* Makes libcurl ready, once per process, before any thread posts: 0 when it is. */
int estop_curl_begin(void);

/* POSTs, and waits for the end within the limits. Redirects are not followed (the status says so), certificates are
   verified, no signal is raised or handled, no cookie or connection is kept. Any thread; each call is by itself. */
void estop_curl_post(const estop_curl_request *request, estop_curl_response *response);

#endif
