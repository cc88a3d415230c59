/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Proxied memory: a VM's link RAM and the secure world's stand-in for it, in which everything lies at the
 * same guest-physical address. What a buffer or a vCPU page holds is copied from one to the other when it
 * changes hands, and nothing else: the secure world never maps what is the VM's.
 * Thread rule: one thread per struct relay; the other holders of both memories change them as they like.
 * Ownership rule: the caller owns the struct and both mappings.
 *
 * Towards the VM the relay is the device of its queues and the secure world of its vCPUs; towards the
 * secure world it is the driver of queues of its own, and the VM. Whatever a VM gets wrong is passed on
 * for the secure world to judge, as if it were joined with the VM directly.
 */
#ifndef TEELINK_HV_PROXY_RELAY_H
#define TEELINK_HV_PROXY_RELAY_H

#include "lib/virtqueue.h"
#include "wire/tipc.h"
#include "wire/vmctl.h"

/* A buffer of the VM's that the secure world has. */
struct relay_buf {
	struct vq_buf buf;
	uint8_t next_free;
};

enum relay_state {
	RELAY_OFF,
	RELAY_ON,
	RELAY_ELSEWHERE, /* set up in memory that the secure world has: only rung for */
};

struct relay_queue {
	enum relay_state state;
	bool broken; /* the VM's half is of no use any more */
	bool told; /* and the secure world knows */
	struct vq_device vm;
	struct vq_driver tee;
	struct relay_buf slot[TIPC_QUEUE_LEN];
	uint8_t free; /* first free slot, TIPC_QUEUE_LEN: none */
};

struct relay {
	uint8_t *shm_vm, *shm_tee; /* link RAM, VMCTL_RAM_SIZE bytes each */
	struct relay_queue queue[TIPC_NUM_QUEUES];
	uint32_t inside; /* bit n: the secure world has vCPU n */
	uint64_t messages, bytes; /* copied */
};

/* What is to be done after relay_service. */
struct relay_due {
	bool ring_vm, ring_tee;
	bool again; /* there is more: the turn of others comes first */
};

/* Both memories are as they are made: zeroes. */
void relay_init(struct relay *r, uint8_t *shm_vm, uint8_t *shm_tee);

/**
 * relay_queue_start() - the VM's driver has set up a queue
 * @num, @desc, @avail, @used: as the driver said
 *
 * A queue that isn't wholly in link RAM, or that no driver makes so, is the secure world's to judge.
 */
void relay_queue_start(struct relay *r, unsigned int index, uint16_t num, uint64_t desc,
		       uint64_t avail, uint64_t used, bool event_idx);
void relay_queue_stop(struct relay *r, unsigned int index);

/* Copies what has changed hands since the last time, a queue's length of each queue at most. */
struct relay_due relay_service(struct relay *r);

#endif
