/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The IPC kernel: handles, ports, channels, messages, events (Trusty: trusty_ipc.h; LK: err.h).
 * Thread rule: under the world lock; ipc_wait and ipc_wait_any drop it while they sleep.
 * Ownership rule: a handle belongs to the task that made or accepted it; ipc_close gives it back.
 *
 * A task is an application of the secure world: a handle table and a UUID. The session manager, the
 * echo service and each VM's tipc device are tasks. Results are LK's error codes, as in Trusty: this
 * is the Trusty IPC API.
 */
#ifndef TEELINK_TEE_IPC_IPC_H
#define TEELINK_TEE_IPC_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/lk_err.h"

#define IPC_PORT_PATH_MAX 256u /* with the NUL */
#define IPC_CHAN_MAX_BUFS 32u
#define IPC_CHAN_MAX_BUF_SIZE 4096u
/* A port may take larger messages, but few of them: ipc_send_buf. */
#define IPC_CHAN_MAX_LARGE_SIZE (64u << 20)
#define IPC_CHAN_MAX_LARGE_BUFS 2u
#define IPC_MAX_LARGE_BYTES (512u << 20) /* in all queues together */
#define IPC_MAX_HANDLES 8192u /* per task; the table grows as it is needed */
#define IPC_MAX_PORTS 64u
#define IPC_MAX_CHANNELS 4096u
#define IPC_MAX_PENDING 32u /* connections that wait for accept, per port */
#define IPC_INFINITE_TIME UINT32_MAX

#define IPC_PORT_ALLOW_TA_CONNECT 1u
#define IPC_PORT_ALLOW_NS_CONNECT 2u
/* Only the VM that the hypervisor marked as the supplicant. */
#define IPC_PORT_SUPPLICANT_ONLY 0x100u
#define IPC_CONNECT_WAIT_FOR_PORT 1u
#define IPC_CONNECT_ASYNC 2u

#define IPC_HANDLE_POLL_READY 1u
#define IPC_HANDLE_POLL_ERROR 2u
#define IPC_HANDLE_POLL_HUP 4u
#define IPC_HANDLE_POLL_MSG 8u
#define IPC_HANDLE_POLL_SEND_UNBLOCKED 16u

enum ipc_set_op { IPC_HSET_ADD, IPC_HSET_DEL, IPC_HSET_MOD };

struct tee_world;
struct tee_vm;
struct ipc_kernel;
struct ipc_task;
typedef int32_t ipc_handle_t; /* > 0; negative is an LK error */

struct ipc_uevent {
	ipc_handle_t handle;
	uint32_t event;
	void *cookie;
};

struct ipc_msg_info {
	size_t len;
	uint32_t id;
	bool large; /* came by ipc_send_buf: ipc_take_buf may have it */
};

struct ipc_iov {
	void *base;
	size_t len;
};

/* Who is at the other end of an accepted channel. */
struct ipc_peer {
	uint8_t uuid[16];
	struct tee_vm *vm; /* a normal-world client's VM; NULL for one of the secure world */
};

int ipc_kernel_create(struct tee_world *w, struct ipc_kernel **kp);
void ipc_kernel_destroy(struct ipc_kernel *k);

/* @vm: the VM on whose behalf the task connects, or NULL. -ENOMEM as NULL. */
struct ipc_task *ipc_task_create(struct ipc_kernel *k, const uint8_t uuid[16], struct tee_vm *vm);
void ipc_task_destroy(struct ipc_task *t); /* closes every handle */
/**
 * ipc_task_set_notify() - how an application without a thread of its own learns of events
 *
 * @fn runs at the next world_ipc_dispatch, once however many events came, under the lock. This is how
 * the session manager lives without a thread hop: the thread that took the kick runs it.
 */
void ipc_task_set_notify(struct ipc_task *t, void (*fn)(void *data), void *data);
/* As if @t had an event: its notify function runs, after those of the tasks that wait already. */
void ipc_task_kick(struct ipc_task *t);
/* Runs the notify functions of tasks that have events. Called by a secure thread after each event. */
void ipc_dispatch(struct ipc_kernel *k);
/* Does any task wait for ipc_dispatch? Who is about to sleep in a notify function looks first. */
bool ipc_pending(const struct ipc_kernel *k);

ipc_handle_t ipc_port_create(struct ipc_task *t, const char *path, uint32_t num_bufs,
			     size_t buf_size, uint32_t flags);
ipc_handle_t ipc_connect(struct ipc_task *t, const char *path, uint32_t flags);
ipc_handle_t ipc_accept(struct ipc_task *t, ipc_handle_t port, struct ipc_peer *peer);
int ipc_close(struct ipc_task *t, ipc_handle_t h);
int ipc_set_cookie(struct ipc_task *t, ipc_handle_t h, void *cookie);
ipc_handle_t ipc_handle_set_create(struct ipc_task *t);
int ipc_handle_set_ctrl(struct ipc_task *t, ipc_handle_t set, enum ipc_set_op op,
			const struct ipc_uevent *ev);
/* NO_ERROR and *@ev, ERR_TIMED_OUT, …; @timeout_ms 0 looks without sleeping. */
int ipc_wait(struct ipc_task *t, ipc_handle_t h, struct ipc_uevent *ev, uint32_t timeout_ms);
int ipc_wait_any(struct ipc_task *t, struct ipc_uevent *ev, uint32_t timeout_ms);

int ipc_get_msg(struct ipc_task *t, ipc_handle_t h, struct ipc_msg_info *info);
/* Bytes copied, or an LK error; may be called again until ipc_put_msg. */
int ipc_read_msg(struct ipc_task *t, ipc_handle_t h, uint32_t id, size_t offset,
		 const struct ipc_iov *iov, unsigned int num_iov);
int ipc_put_msg(struct ipc_task *t, ipc_handle_t h, uint32_t id);
/*
 * Messages above IPC_CHAN_MAX_BUF_SIZE have to, and others may, move by their buffer, which is malloc's: no copy is made under the
 * lock. The buffer is taken over on success. As ipc_send_msg; ERR_NO_MEMORY beyond IPC_MAX_LARGE_BYTES.
 */
int ipc_send_buf(struct ipc_task *t, ipc_handle_t h, uint8_t *buf, size_t len);
/* The buffer of a large message that ipc_get_msg gave; in place of ipc_read_msg and ipc_put_msg. */
int ipc_take_buf(struct ipc_task *t, ipc_handle_t h, uint32_t id, uint8_t **bufp);
/* Bytes sent; ERR_NOT_ENOUGH_BUFFER when the peer's buffers are full: SEND_UNBLOCKED follows. */
int ipc_send_msg(struct ipc_task *t, ipc_handle_t h, const struct ipc_iov *iov, unsigned int num_iov);
/* Limits of the channel in the direction away from @h. */
int ipc_chan_limits(struct ipc_task *t, ipc_handle_t h, uint32_t *num_bufs, size_t *buf_size);

/* Application: answers every message with itself on port "com.android.ipc-unittest.srv.echo". */
struct ipc_echo;
int ipc_echo_create(struct ipc_kernel *k, struct ipc_echo **ep);
void ipc_echo_destroy(struct ipc_echo *e);

#endif
