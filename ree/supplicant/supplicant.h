/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The supplicant: what the secure world can't do itself, done in the normal world. A machine's is a
 * VM of its own, marked by the hypervisor, and serves requests on the channels that it opens; a
 * kernel's reads them from a device (teepriv.h).
 * Thread rule: supplicant_run in one thread.
 * Ownership rule: supplicant_run takes the descriptor over and borrows the configuration.
 */
#ifndef TEELINK_REE_SUPPLICANT_SUPPLICANT_H
#define TEELINK_REE_SUPPLICANT_SUPPLICANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where a supplicant finds what it serves. */
struct supplicant_config {
	char *const *ta_dirs; /* folders of TA images, searched in order; NULL at the end */
	const char *fs_parent; /* the folder that secure storage lies in; NULL: there is none */
	const char *plugin_dir; /* NULL: none */
	bool user; /* in place of the machine's own */
	void (*ready)(void *data); /* called once there is what to serve; may be NULL */
	void *ready_data;
};

/**
 * supplicant_run() - serve a machine until it is gone
 * @vm_fd: socket to the hypervisor
 *
 * Return: 0 when the machine went, -errno when it couldn't be served; -EBUSY: a plugin doesn't come
 * back, its thread goes on and the process is to end.
 */
int supplicant_run(int vm_fd, const struct supplicant_config *cfg);

/* A TA image that is being sent. */
struct ta_file {
	int fd; /* -1: none */
	uint8_t uuid[16];
	uint64_t size;
};

void ta_file_init(struct ta_file *f);
void ta_file_close(struct ta_file *f);
/* <uuid>.ta in the first folder that has it. Return: 0, -ENOENT, other -errno. */
int ta_file_open(struct ta_file *f, char *const dirs[], const uint8_t uuid[16]);
/* Bytes read, 0 at the end, or -errno. */
ssize_t ta_file_read(const struct ta_file *f, uint64_t offset, void *buf, size_t len);

#endif
