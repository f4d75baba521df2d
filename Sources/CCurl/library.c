/* library.c: finds libcurl and its functions. */

#define _GNU_SOURCE
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>

#include "CCurl.h"

curl_library curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int failure = -1;

static void load(void) {
    /* The interface that its name bears is the one that the header describes. It stays: its threads may. */
    void *file = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!file)
        return;
#define ESTOP_CURL_FIND(name) \
    if (!(*(void **)&curl.name = dlsym(file, "curl_" #name))) \
        return;
    ESTOP_CURL_FUNCTIONS(ESTOP_CURL_FIND)
#undef ESTOP_CURL_FIND
    failure = (int)curl.global_init(CURL_GLOBAL_DEFAULT);
}

int estop_curl_begin(void) {
    pthread_once(&once, load);
    return failure;
}
