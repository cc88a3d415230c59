/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the files of the supplicant's sockets know of each other.
 * Thread rule: the lock guards the table; who has a reference may use the descriptor without it.
 * Ownership rule: see each function.
 */
#ifndef TEELINK_REE_SUPPLICANT_SOCKETS_PRIVATE_H
#define TEELINK_REE_SUPPLICANT_SOCKETS_PRIVATE_H

#include <pthread.h>

#include "ree/supplicant/sockets.h"

struct addrinfo;

struct sock {
	unsigned int refs; /* the table's and users'; 0: the slot is free */
	int fd;
	bool doomed; /* goes with its last user */
	bool stream;
	uint32_t instance;
	uint32_t serial; /* of the slot's uses: part of the handle */
};

struct sockets {
	pthread_mutex_t lock;
	int stop_fd; /* readable: nobody waits any more */
	struct sock sock[SOCKETS_MAX];
};

/* NULL: there is no such socket. A reference, to be put. */
struct sock *sockets_get(struct sockets *ss, struct socket_id id);
void sockets_put(struct sockets *ss, struct sock *s);
/* Takes @fd over if it succeeds. */
uint32_t sockets_add(struct sockets *ss, uint32_t instance, int fd, bool stream, uint32_t *handle);
/* Until @fd has @events, or @deadline_ns (0: none), or somebody says stop. */
uint32_t sockets_await(const struct sockets *ss, int fd, short events, uint64_t deadline_ns,
		       int interrupt_fd);
uint32_t sockets_result(int err); /* of an errno */
/* Addresses of @name, which the caller frees. */
uint32_t sockets_resolve(const char *name, uint16_t port, int family, int type,
			 struct addrinfo **list);

#endif
