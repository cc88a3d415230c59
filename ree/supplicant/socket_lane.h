/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What comes on one of the lanes of a machine's sockets (wire/supp_socket.h).
 * Thread rule: serve in one thread; peek in any.
 * Ownership rule: init and release pair up; sockets and memory are borrowed.
 */
#ifndef TEELINK_REE_SUPPLICANT_SOCKET_LANE_H
#define TEELINK_REE_SUPPLICANT_SOCKET_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/supp_socket.h"

struct sockets;

struct socket_lane {
	struct sockets *sockets;
	uint32_t epoch;
	uint8_t *shm_bytes; /* SUPP_SOCKET_LANE_BYTES of them; NULL: the VM has none */
	int interrupt_fd;
	uint32_t cancelled; /* atomic: the tag that was last cancelled */
};

/* Return: 0 or -errno. */
int socket_lane_init(struct socket_lane *lane, struct sockets *ss, uint32_t epoch,
		     uint8_t *shm_bytes);
void socket_lane_release(struct socket_lane *lane);
/* A message, as it comes. Return: was it one that cancels? Then nobody answers it. */
bool socket_lane_peek(struct socket_lane *lane, const void *msg, size_t len);
/* Answers a request of any @len bytes. */
void socket_lane_serve(struct socket_lane *lane, const void *msg, size_t len,
		       struct supp_socket_rsp *rsp);

#endif
