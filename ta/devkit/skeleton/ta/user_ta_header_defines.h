/* How the trusted application describes itself. */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include <@name@_ta.h>

#define TA_UUID @NAME@_TA_UUID

/* 0: each session has an instance of its own; see user_ta_header.h for others. */
#define TA_FLAGS 0
#define TA_STACK_SIZE (64 * 1024)
#define TA_DATA_SIZE (64 * 1024)

#define TA_VERSION "1.0"
#define TA_DESCRIPTION "@name@"

#endif
