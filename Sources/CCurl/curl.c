#include "CCurl.h"
#include <curl/curl.h>

int estop_curl_begin(void) { return (int)curl_global_init(CURL_GLOBAL_DEFAULT); }
