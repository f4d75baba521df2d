/* curl.c: one POST, by the multi interface: its poll can wait for a descriptor of ours too, so that a host that ends
   does not wait for somebody's web server (the easy interface looks at its progress callback once a second). */

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "CCurl.h"
#include "internal.h"
#include "library.h"

long estop_curl_milliseconds(uint64_t value) { return value > 86400000 ? 86400000L : value == 0 ? 1L : (long)value; }

pipe_guard estop_pipe_block(void) {
    pipe_guard guard;
    sigset_t broken;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    guard.masked = pthread_sigmask(SIG_BLOCK, &broken, &guard.before) == 0;
    return guard;
}

void estop_pipe_restore(const pipe_guard *guard) {
    if (!guard->masked || sigismember(&guard->before, SIGPIPE))
        return;
    sigset_t broken;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    struct timespec none = {0, 0};
    sigtimedwait(&broken, NULL, &none);
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

typedef struct sink {
    estop_curl_response *response;
    size_t most, seen;
} sink;

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    sink *sink = context;
    size_t length = size * count;
    size_t room = estop_curl_body - sink->response->length;
    size_t kept = length < room ? length : room;
    memcpy(sink->response->body + sink->response->length, bytes, kept);
    sink->response->length += kept;
    sink->seen += length;
    return sink->seen > sink->most ? 0 : length; /* less than it was given: curl ends the transfer */
}

static int configure(CURL *easy, const estop_curl_request *request, struct curl_slist *headers, sink *sink, char *text) {
    CURLcode bad = CURLE_OK;
    /* The first failure counts: a limit that could not be set must not be missed in silence. */
#define SET(option, value) if (bad == CURLE_OK) bad = curl.easy_setopt(easy, option, value)
    SET(CURLOPT_ERRORBUFFER, text);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, estop_curl_milliseconds(request->connect_ms));
    SET(CURLOPT_TIMEOUT_MS, estop_curl_milliseconds(request->total_ms));
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name that is still being looked up is not waited for */
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_USERAGENT, "estop");
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length);
    SET(CURLOPT_POSTFIELDS, request->body ? request->body : "");
    SET(CURLOPT_WRITEFUNCTION, take);
    SET(CURLOPT_WRITEDATA, sink);
#undef SET
    return (int)bad;
}

/* Drives the transfer to its end; 1 when it was cancelled. */
static int drive(CURLM *multi, int cancel, CURLcode *result) {
    *result = CURLE_OUT_OF_MEMORY; /* until curl says otherwise */
    for (;;) {
        int running = 0;
        if (curl.multi_perform(multi, &running) != CURLM_OK)
            return 0;
        int left = 0;
        for (CURLMsg *message; (message = curl.multi_info_read(multi, &left)) != NULL;)
            if (message->msg == CURLMSG_DONE) {
                *result = message->data.result;
                return 0;
            }
        if (!running)
            return 0;
        struct curl_waitfd extra = {.fd = cancel, .events = CURL_WAIT_POLLIN, .revents = 0};
        if (curl.multi_poll(multi, &extra, cancel >= 0 ? 1 : 0, 1000, NULL) != CURLM_OK)
            return 0;
        if (cancel >= 0 && extra.revents != 0)
            return 1;
    }
}

void estop_curl_post(const estop_curl_request *request, estop_curl_response *response) {
    memset(response, 0, sizeof *response);
    response->end = estop_curl_failed;
    char text[CURL_ERROR_SIZE] = "";
    CURLcode result = CURLE_OUT_OF_MEMORY;
    sink sink = {.response = response, .most = request->most, .seen = 0};
    pipe_guard guard = estop_pipe_block();
    CURL *easy = curl.easy_init();
    CURLM *multi = curl.multi_init();
    /* No `Expect: 100-continue`: some services leave it unanswered, and curl then waits a second. */
    struct curl_slist *headers = curl.slist_append(NULL, "Expect:");
    for (char *const *header = request->headers; headers && header && *header; header++) {
        struct curl_slist *longer = curl.slist_append(headers, *header);
        if (!longer)
            curl.slist_free_all(headers);
        headers = longer;
    }
    if (easy && multi && headers && (result = (CURLcode)configure(easy, request, headers, &sink, text)) == CURLE_OK) {
        if (curl.multi_add_handle(multi, easy) == CURLM_OK) {
            int cancelled = drive(multi, request->cancel, &result);
            long status = 0;
            curl_off_t wait = 0;
            curl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            curl.easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
            response->status = (int32_t)status;
            response->retry_after_s = wait > 0 ? (uint64_t)wait : 0;
            response->end = cancelled                ? estop_curl_cancelled
                            : sink.seen > sink.most  ? estop_curl_too_large
                            : result == CURLE_OK     ? estop_curl_complete
                                                     : estop_curl_failed;
            curl.multi_remove_handle(multi, easy);
        } else
            result = CURLE_OUT_OF_MEMORY;
    }
    if (response->end == estop_curl_failed)
        snprintf(response->error, sizeof response->error, "%s", text[0] ? text : curl.easy_strerror(result));
    curl.easy_cleanup(easy);
    curl.multi_cleanup(multi);
    curl.slist_free_all(headers);
    estop_pipe_restore(&guard);
}
