/* The few calls of libcurl that estop makes, without variadic functions. */
#ifndef ESTOP_CURL_H
#define ESTOP_CURL_H
/* Makes libcurl ready, once per process: 0 when it is. */
int estop_curl_begin(void);
#endif
