/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Sockets that the supplicant has for trusted applications: each belongs to an instance, a number of
 * the secure world's, and is known by a handle that means nothing to other instances.
 * Thread rule: any thread; one that waits keeps no other one waiting.
 * Ownership rule: create gives the sockets to the caller; bytes and names are borrowed. They may lie
 * in memory that others write to: names are to be copies (sockets_take_name).
 */
#ifndef TEELINK_REE_SUPPLICANT_SOCKETS_H
#define TEELINK_REE_SUPPLICANT_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKETS_MAX 256u
#define SOCKETS_MAX_PER_INSTANCE 64u
#define SOCKETS_NAME_SIZE 256u /* with its NUL */

struct sockets;

/* A socket, as the secure world names it. */
struct socket_id {
	uint32_t instance, handle;
};

/* The other end. */
struct socket_peer {
	const char *name;
	uint16_t port;
	uint32_t protocol, ip_version; /* SOCKET_PROTOCOL_*, SOCKET_IP_* */
};

/* How long a function may wait; @interrupt_fd: until it is readable, too. -1: none */
struct socket_wait {
	uint32_t timeout_ms; /* SUPP_SOCKET_NO_TIMEOUT: no limit */
	int interrupt_fd;
};

/* Return: 0 or -errno. */
int sockets_create(struct sockets **ssp);
/* From now on nobody waits any more: TEEC_ERROR_CANCEL. */
void sockets_stop(struct sockets *ss);
/* Closes what is open; nobody uses them any more. NULL is fine. */
void sockets_destroy(struct sockets *ss);

/* A name that lies in @len bytes at @shm_name and ends there. Return: false for none. */
bool sockets_take_name(const uint8_t *shm_name, size_t len, char name[SOCKETS_NAME_SIZE]);

/*
 * All return a TEE_Result or SOCKET_ERROR_*: BAD_PARAMETERS for a socket that isn't the instance's.
 * What the protocol says of time-outs, ends and datagrams is in ta/include/tee_isocket.h.
 */

/* Waits as long as names and connections take, but for @interrupt_fd. */
uint32_t sockets_open(struct sockets *ss, uint32_t instance, const struct socket_peer *peer,
		      int interrupt_fd, uint32_t *handle);
uint32_t sockets_close(struct sockets *ss, struct socket_id id);
void sockets_close_all(struct sockets *ss, uint32_t instance);
/* *@len: bytes there; bytes sent, also of a failure. */
uint32_t sockets_send(struct sockets *ss, struct socket_id id, const void *buf, size_t *len,
		      struct socket_wait wait);
/* *@len: room; bytes received, or how long the datagram was; room 0: what could be received now. */
uint32_t sockets_recv(struct sockets *ss, struct socket_id id, void *buf, size_t *len,
		      struct socket_wait wait);
uint32_t sockets_ioctl(struct sockets *ss, struct socket_id id, uint32_t command, const void *buf,
		       size_t len);

#endif
