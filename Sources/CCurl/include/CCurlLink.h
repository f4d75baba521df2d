/* Requests over connections that are kept: a stream that is read as it comes, a POST that finds its connection open. One
   thread drives a link and everything on it. No type of curl crosses this, nor a variadic function. */
#ifndef ESTOP_CURL_LINK_H
#define ESTOP_CURL_LINK_H

#include <stddef.h>
#include <stdint.h>

/* How a transfer ended. */
enum {
    estop_link_complete = 0,    /* the answer came to its end */
    estop_link_failed = 1,      /* the network: `error` says it */
    estop_link_certificate = 2, /* the other end could not prove who it is */
    estop_link_timed_out = 3,   /* it took longer than it may */
    estop_link_not_found = 4,   /* there is no such name */
    estop_link_too_large = 5    /* more bytes came than allowed */
};

enum { estop_link_text = 256, estop_link_type = 64 };

/* Kept connections. */
typedef struct estop_link estop_link;
/* One request and what comes back. */
typedef struct estop_transfer estop_transfer;

/* What to send. Everything is copied. */
typedef struct estop_link_request {
    const char *url;          /* http or https */
    char *const *headers;     /* `Name: value`, NULL-terminated */
    const char *method;       /* GET, HEAD or POST */
    const void *body;         /* of a POST */
    size_t length;
    const char *ca_file;      /* whom to trust, in PEM; NULL: whom the system trusts */
    uint64_t connect_ms;      /* until the connection stands, TLS included */
    uint64_t total_ms;        /* for all of it; 0: it may go on for ever */
    size_t most;              /* bytes that may wait to be taken before it is given up */
    int fresh;                /* not over a kept connection, which may be dead */
} estop_link_request;

/* How a transfer stands. */
typedef struct estop_link_state {
    int32_t ended;  /* whether it has; what follows `status` is right only then */
    int32_t status; /* the HTTP status; 0: none came yet */
    int32_t end;    /* one of the above */
    int32_t connects; /* connections that had to be made for it */
    size_t waiting; /* bytes to be taken */
    char type[estop_link_type];  /* the answer's media type, NUL-terminated */
    char error[estop_link_text]; /* NUL-terminated */
} estop_link_state;

/* A link without connections; NULL: no memory. estop_curl_begin comes first. */
estop_link *estop_link_open(void);
/* Closes it; its transfers have to be ended before. */
void estop_link_close(estop_link *link);

/* Begins a request; NULL: it cannot be (no memory, no URL). Certificates are verified, redirects are not followed, and no
   proxy is asked, whatever the environment says. */
estop_transfer *estop_link_start(estop_link *link, const estop_link_request *request);

/* Goes on with everything on the link, and waits until something happened, `wake` is readable or so many milliseconds have
   passed. 1: `wake` is readable. Raises no signal. */
int estop_link_drive(estop_link *link, int wake, uint64_t milliseconds);

/* How a transfer stands now. */
void estop_transfer_look(const estop_transfer *transfer, estop_link_state *state);

/* Takes bytes that came, at most so many: how many they are. */
size_t estop_transfer_take(estop_transfer *transfer, void *bytes, size_t most);

/* Ends it. One that is under way loses its connection. */
void estop_transfer_end(estop_link *link, estop_transfer *transfer);

#endif
