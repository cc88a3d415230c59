/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Inside the IPC kernel: objects, tasks and how an event finds who waits for it.
 * Thread rule: under the world lock.
 * Ownership rule: an object with a handle belongs to its task; the server end of a connection that
 * nobody accepted yet belongs to its port.
 *
 * Events are levels (READY of a channel and SEND_UNBLOCKED are taken by the wait that reports them). An
 * object whose events may be non-zero stands on a ready list: its set's if it is a member of one, its
 * task's otherwise; a set with a ready member stands on its task's. A wait takes the head, polls it,
 * and drops it or moves it to the tail, so that no wait looks at objects without news.
 */
#ifndef TEELINK_TEE_IPC_KERNEL_H
#define TEELINK_TEE_IPC_KERNEL_H

#include "lib/list.h"
#include "tee/ipc/ipc.h"
#include "tee/world.h"

enum ipc_type { IPC_TYPE_PORT, IPC_TYPE_CHAN, IPC_TYPE_SET };

struct ipc_set;

struct ipc_obj {
	enum ipc_type type;
	struct ipc_task *task; /* NULL: no handle yet */
	ipc_handle_t id;
	void *cookie;
	struct ipc_set *set; /* NULL: in no set */
	uint32_t set_mask;
	void *set_cookie;
	struct list set_node;
	struct list ready;
};

struct ipc_set {
	struct ipc_obj obj;
	struct list members;
	struct list ready;
};

struct ipc_port {
	struct ipc_obj obj;
	struct list node; /* kernel's ports */
	char path[IPC_PORT_PATH_MAX];
	uint32_t flags;
	uint32_t num_bufs;
	size_t buf_size;
	struct list pending; /* server ends, oldest first */
	unsigned int num_pending;
};

enum ipc_msg_state { IPC_MSG_FREE, IPC_MSG_FILLED, IPC_MSG_READ };

struct ipc_msg {
	struct list node;
	enum ipc_msg_state state;
	uint32_t id;
	size_t len;
	uint8_t *buf; /* made at first use and kept as long as the channel, unless it is large */
	bool large; /* the sender gave the buffer */
};

struct ipc_queue {
	struct ipc_kernel *kernel;
	uint32_t num;
	size_t buf_size;
	struct list free; /* last used first: few buffers are ever touched */
	struct list filled;
	struct ipc_msg msg[];
};

enum ipc_chan_state {
	IPC_CHAN_WAITING_FOR_PORT, /* client end without a peer */
	IPC_CHAN_CONNECTING,       /* client end, not accepted yet */
	IPC_CHAN_ACCEPTING,        /* server end on its port's pending list, without a handle */
	IPC_CHAN_CONNECTED,
	IPC_CHAN_DISCONNECTING,    /* the peer is gone; what it sent can still be read */
};

struct ipc_chan {
	struct ipc_obj obj;
	struct ipc_kernel *kernel;
	enum ipc_chan_state state;
	struct ipc_chan *peer;
	struct ipc_queue *queue; /* what the peer sent */
	struct ipc_port *port;   /* ACCEPTING only */
	char *path;              /* WAITING_FOR_PORT only */
	struct list node;        /* port's pending or kernel's waiting */
	bool accepted;           /* READY not reported yet */
	bool send_blocked;       /* a send found the peer's buffers full */
	bool send_unblocked;     /* SEND_UNBLOCKED not reported yet */
};

struct ipc_slot {
	struct ipc_obj *obj; /* NULL: free */
	uint32_t generation;
	uint32_t next_free;
};

struct ipc_task {
	struct ipc_kernel *kernel;
	uint8_t uuid[16];
	struct tee_vm *vm;
	struct ipc_slot *slots;
	uint32_t num_slots, num_handles, first_free;
	struct list ready;
	struct world_event event;
	unsigned int waiters;
	void (*notify)(void *data);
	void *notify_data;
	struct list pending_node; /* kernel's pending */
};

struct ipc_kernel {
	struct tee_world *world;
	struct list ports;
	unsigned int num_ports;
	struct list waiting; /* client ends that wait for a port */
	unsigned int num_chans; /* ends */
	size_t large_bytes; /* of messages above IPC_CHAN_MAX_BUF_SIZE */
	struct list pending; /* tasks whose notify function is due */
};

/* handle.c */
void ipc_obj_init(struct ipc_obj *obj, enum ipc_type type);
ipc_handle_t ipc_obj_install(struct ipc_task *t, struct ipc_obj *obj);
void ipc_obj_remove(struct ipc_obj *obj);
struct ipc_obj *ipc_obj_find(struct ipc_task *t, ipc_handle_t h);
uint32_t ipc_obj_poll(const struct ipc_obj *obj);
void ipc_obj_finalize(struct ipc_obj *obj, uint32_t events);
void ipc_obj_notify(struct ipc_obj *obj);

/* port.c */
uint32_t ipc_port_poll(const struct ipc_port *port);
void ipc_port_close(struct ipc_kernel *k, struct ipc_port *port);
struct ipc_port *ipc_port_find(struct ipc_kernel *k, const char *path);

/* channel.c */
struct ipc_chan *ipc_chan_find(struct ipc_task *t, ipc_handle_t h);
uint32_t ipc_chan_poll(const struct ipc_chan *chan);
void ipc_chan_finalize(struct ipc_chan *chan, uint32_t events);
void ipc_chan_close(struct ipc_chan *chan);
void ipc_chan_hangup(struct ipc_chan *chan);
void ipc_chan_free(struct ipc_chan *chan);
int ipc_chan_attach(struct ipc_port *port, struct ipc_chan *client);

/* message.c */
struct ipc_queue *ipc_queue_create(struct ipc_kernel *k, uint32_t num, size_t buf_size);
void ipc_queue_destroy(struct ipc_queue *q);

/* set.c */
bool ipc_set_take(struct ipc_set *set, struct ipc_uevent *ev);
void ipc_set_leave(struct ipc_obj *obj);
void ipc_set_close(struct ipc_set *set);

/* task.c */
void ipc_task_wake(struct ipc_task *t);

#endif
