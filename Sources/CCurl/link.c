/* link.c: requests over kept connections, by the multi interface. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CCurlLink.h"
#include "internal.h"
#include "library.h"

struct estop_link {
    CURLM *multi;
    int news; /* something came or ended since it was last told */
};

struct estop_transfer {
    estop_link *link;
    CURL *easy;
    struct curl_slist *headers;
    unsigned char *bytes;
    size_t begin, length, capacity, most;
    int ended, overflowed;
    CURLcode result;
    char text[CURL_ERROR_SIZE];
};

static size_t keep(char *bytes, size_t size, size_t count, void *context) {
    estop_transfer *transfer = context;
    size_t length = size * count;
    if (length > transfer->most || transfer->length > transfer->most - length) {
        transfer->overflowed = 1;
        return 0; /* less than it was given: curl ends the transfer */
    }
    if (transfer->begin > 0) {
        memmove(transfer->bytes, transfer->bytes + transfer->begin, transfer->length);
        transfer->begin = 0;
    }
    if (transfer->length + length > transfer->capacity) {
        size_t wanted = transfer->capacity == 0 ? 4096 : transfer->capacity;
        while (wanted < transfer->length + length)
            wanted *= 2;
        unsigned char *larger = realloc(transfer->bytes, wanted);
        if (!larger)
            return 0;
        transfer->bytes = larger;
        transfer->capacity = wanted;
    }
    memcpy(transfer->bytes + transfer->length, bytes, length);
    transfer->length += length;
    transfer->link->news = 1;
    return length;
}

estop_link *estop_link_open(void) {
    estop_link *link = calloc(1, sizeof *link);
    if (link && !(link->multi = curl.multi_init())) {
        free(link);
        return NULL;
    }
    if (link)
        curl.multi_setopt(link->multi, CURLMOPT_MAXCONNECTS, 4L);
    return link;
}

void estop_link_close(estop_link *link) {
    if (!link)
        return;
    pipe_guard guard = estop_pipe_block();
    curl.multi_cleanup(link->multi);
    estop_pipe_restore(&guard);
    free(link);
}

static CURLcode configure(estop_transfer *transfer, const estop_link_request *request) {
    CURL *easy = transfer->easy;
    CURLcode bad = CURLE_OK;
    /* The first failure counts: a limit that could not be set must not be missed in silence. */
#define SET(option, value) if (bad == CURLE_OK) bad = curl.easy_setopt(easy, option, value)
    SET(CURLOPT_ERRORBUFFER, transfer->text);
    SET(CURLOPT_PRIVATE, (void *)transfer);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROXY, ""); /* whatever the environment says */
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (request->ca_file)
        SET(CURLOPT_CAINFO, request->ca_file);
    /* One request a connection at a time: what is on the way holds up nothing else. */
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_CONNECTTIMEOUT_MS, estop_curl_milliseconds(request->connect_ms));
    SET(CURLOPT_TIMEOUT_MS, request->total_ms == 0 ? 0L : estop_curl_milliseconds(request->total_ms));
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name that is still being looked up is not waited for */
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    SET(CURLOPT_USERAGENT, "estop");
    if (strcmp(request->method, "POST") == 0) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length);
        SET(CURLOPT_COPYPOSTFIELDS, request->body ? request->body : "");
    } else if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    }
    SET(CURLOPT_WRITEFUNCTION, keep);
    SET(CURLOPT_WRITEDATA, transfer);
#undef SET
    return bad;
}

static void release(estop_transfer *transfer) {
    curl.easy_cleanup(transfer->easy);
    curl.slist_free_all(transfer->headers);
    free(transfer->bytes);
    free(transfer);
}

estop_transfer *estop_link_start(estop_link *link, const estop_link_request *request) {
    estop_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->link = link;
    transfer->most = request->most;
    transfer->result = CURLE_OK;
    transfer->easy = curl.easy_init();
    /* No `Expect: 100-continue`: a server that leaves it unanswered is waited for. */
    transfer->headers = curl.slist_append(NULL, "Expect:");
    for (char *const *header = request->headers; transfer->headers && header && *header; header++) {
        struct curl_slist *longer = curl.slist_append(transfer->headers, *header);
        if (!longer)
            curl.slist_free_all(transfer->headers);
        transfer->headers = longer;
    }
    if (!transfer->easy || !transfer->headers || configure(transfer, request) != CURLE_OK
        || curl.multi_add_handle(link->multi, transfer->easy) != CURLM_OK) {
        release(transfer);
        return NULL;
    }
    return transfer;
}

static void go_on(estop_link *link) {
    int running = 0, left = 0;
    curl.multi_perform(link->multi, &running);
    for (CURLMsg *message; (message = curl.multi_info_read(link->multi, &left)) != NULL;) {
        char *context = NULL;
        if (message->msg != CURLMSG_DONE
            || curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context) != CURLE_OK || !context)
            continue;
        estop_transfer *transfer = (estop_transfer *)(void *)context;
        transfer->ended = 1;
        transfer->result = message->data.result;
        link->news = 1;
    }
}

int estop_link_drive(estop_link *link, int wake, uint64_t milliseconds) {
    pipe_guard guard = estop_pipe_block();
    struct curl_waitfd extra = {.fd = wake, .events = CURL_WAIT_POLLIN, .revents = 0};
    go_on(link);
    int limit = link->news ? 0 : milliseconds > 60000 ? 60000 : (int)milliseconds;
    curl.multi_poll(link->multi, &extra, wake >= 0 ? 1 : 0, limit, NULL);
    go_on(link);
    link->news = 0;
    estop_pipe_restore(&guard);
    return extra.revents != 0;
}

static int32_t end_of(const estop_transfer *transfer) {
    if (transfer->overflowed)
        return estop_link_too_large;
    switch (transfer->result) {
    case CURLE_OK: return estop_link_complete;
    case CURLE_OPERATION_TIMEDOUT: return estop_link_timed_out;
    case CURLE_COULDNT_RESOLVE_HOST: return estop_link_not_found;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return estop_link_certificate;
    default: return estop_link_failed;
    }
}

void estop_transfer_look(const estop_transfer *transfer, estop_link_state *state) {
    memset(state, 0, sizeof *state);
    long status = 0, connects = 0;
    char *type = NULL;
    curl.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl.easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
    curl.easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    state->ended = transfer->ended;
    state->status = (int32_t)status;
    state->connects = (int32_t)connects;
    state->waiting = transfer->length;
    state->end = end_of(transfer);
    if (type)
        snprintf(state->type, sizeof state->type, "%s", type);
    if (transfer->ended && transfer->result != CURLE_OK)
        snprintf(
            state->error,
            sizeof state->error,
            "%s",
            transfer->text[0] ? transfer->text : curl.easy_strerror(transfer->result)
        );
}

size_t estop_transfer_take(estop_transfer *transfer, void *bytes, size_t most) {
    size_t taken = transfer->length < most ? transfer->length : most;
    if (taken > 0)
        memcpy(bytes, transfer->bytes + transfer->begin, taken);
    transfer->begin += taken;
    transfer->length -= taken;
    return taken;
}

void estop_transfer_end(estop_link *link, estop_transfer *transfer) {
    if (!transfer)
        return;
    pipe_guard guard = estop_pipe_block();
    curl.multi_remove_handle(link->multi, transfer->easy);
    release(transfer);
    estop_pipe_restore(&guard);
}
