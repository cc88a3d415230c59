/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a TA's process may do: descriptors, limits, system calls.
 * Thread rule: confine_enter in the child, the filter's functions in the launcher.
 * Ownership rule: a filter is the caller's until confine_filter_destroy.
 *
 * The filter is loaded before any byte of the image is mapped. The loader's openat, of the path
 * below CONFINE_IMAGE_DIR, is trapped and answered with CONFINE_FD_IMAGE, which stays open for
 * ever and may be mapped executable: its file is sealed. So are those of libraries, from
 * CONFINE_FD_LIBRARY on: read-only descriptors that are there from the start, of files that the
 * secure world alone fills and seals. An instance that takes no libraries has another filter, for
 * which those are descriptors like others. Everything that isn't allowed or answered kills the
 * process.
 */
#ifndef TEELINK_TEE_LAUNCH_CONFINE_H
#define TEELINK_TEE_LAUNCH_CONFINE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#define CONFINE_FD_IMAGE 3
#define CONFINE_FD_CTL 4
#define CONFINE_FD_LIBRARY 8 /* to 15: the filter's rules count on that */
#define CONFINE_MAX_FDS 64u /* a power of two: the filter's rule for close counts on it */
#define CONFINE_IMAGE_DIR "/ta/"

struct confine_filter {
	struct sock_fprog prog;
};

/* @libraries: for an instance that takes some. Return: 0 or -errno. */
int confine_filter_create(struct confine_filter *f, bool libraries);
void confine_filter_destroy(struct confine_filter *f);

/*
 * What depends on the build: a sanitizer's shadow memory doesn't fit the usual limits, and its
 * runtime looks around. Neither opens anything, but builds with sanitizers are for tests.
 */
struct confine_extra {
	int nr;
	int error; /* 0: allowed */
};
extern const struct confine_extra confine_extras[];
extern const unsigned int confine_num_extras;
int confine_limits(uint32_t memory_mib);

/*
 * Limits (@memory_mib of private memory), no new privileges, trap handler, filter. Return: 0, or -errno: then the process must end.
 */
int confine_enter(const struct confine_filter *f, uint32_t memory_mib);

#endif
