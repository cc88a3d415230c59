/* What the trusted application and its clients agree on. */
#ifndef @NAME@_TA_H
#define @NAME@_TA_H

/* @uuid@ */
#define @NAME@_TA_UUID \
	@uuid_init@

/* [inout] value.a: a number, and its square */
#define @NAME@_CMD_SQUARE 0

#endif
