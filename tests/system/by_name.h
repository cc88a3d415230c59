/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A client of /dev/tee0 that knows of nothing but <linux/tee.h> and the C library's system calls.
 * Thread rule: any thread.
 * Ownership rule: descriptors are the caller's.
 */
#ifndef TEELINK_TESTS_SYSTEM_BY_NAME_H
#define TEELINK_TESTS_SYSTEM_BY_NAME_H

#include <stdint.h>

#include <linux/tee.h>

/* The session's id, of the TA called probe; fails the test when there is none. */
uint32_t tee_open_session(int fd);
void tee_close_session(int fd, uint32_t session);

/* Four parameters there and back. Return: 0 and *@result, or -errno. */
int tee_invoke(int fd, uint32_t session, uint32_t func, struct tee_ioctl_param params[4],
	       uint32_t *result);
/* Whether PROBE_VALUES answers as it must. */
int tee_works(int fd, uint32_t session);
/* Opens /dev/tee0 and a session, calls, closes. Return: whether all went well; asserts nothing. */
int tee_round(void);

/* Shared memory of @size bytes. Return: descriptor or -errno. */
int tee_shm_alloc(int fd, uint64_t size, int32_t *id);

#endif
