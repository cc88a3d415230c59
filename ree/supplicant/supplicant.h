/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The machine's supplicant: what the secure world can't do itself, done in the normal world. It is
 * a VM of its own, marked by the hypervisor, and serves requests on the channel that it opens to
 * SUPP_PORT.
 * Thread rule: supplicant_run in one thread.
 * Ownership rule: supplicant_run takes the descriptor over and borrows the folders' names.
 */
#ifndef TEELINK_REE_SUPPLICANT_SUPPLICANT_H
#define TEELINK_REE_SUPPLICANT_SUPPLICANT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * supplicant_run() - serve until the machine is gone
 * @vm_fd: socket to the hypervisor
 * @dirs: folders of TA images, searched in order; NULL at the end
 * @state_dir: the machine's state folder, which secure storage is in; NULL: there is none
 *
 * Return: 0 when the machine went, -errno when it couldn't be served.
 */
int supplicant_run(int vm_fd, char *const dirs[], const char *state_dir);

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
