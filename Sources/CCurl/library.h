/* libcurl, loaded when it is first needed: most runs of a program tell nobody anything, and it brings forty other
   libraries along. */
#ifndef ESTOP_CURL_LIBRARY_H
#define ESTOP_CURL_LIBRARY_H

/* The typed wrappers of these are macros, in front of the functions that are meant here. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define ESTOP_CURL_FUNCTIONS(each) \
    each(easy_cleanup) \
    each(easy_getinfo) \
    each(easy_init) \
    each(easy_setopt) \
    each(easy_strerror) \
    each(global_init) \
    each(multi_add_handle) \
    each(multi_cleanup) \
    each(multi_info_read) \
    each(multi_init) \
    each(multi_perform) \
    each(multi_poll) \
    each(multi_remove_handle) \
    each(multi_setopt) \
    each(slist_append) \
    each(slist_free_all)

#define ESTOP_CURL_MEMBER(name) __typeof__(&curl_##name) name;
typedef struct curl_library {
    ESTOP_CURL_FUNCTIONS(ESTOP_CURL_MEMBER)
} curl_library;
#undef ESTOP_CURL_MEMBER

/* Its functions, once estop_curl_begin has said 0; before that, none may be called. */
extern curl_library curl;

#endif
