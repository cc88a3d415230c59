/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A VM whose other side the test plays: virtio-mmio registers in memory, link RAM, and a Trusty IPC
 * device that answers connects and echoes. It takes the place of ree/vm and of its nodes.
 * Thread rule: everything that touches the device takes `lock`; a wait looks until nothing moves
 * any more and then times out at once, so a test never sleeps.
 * Ownership rule: fake_vm_new gives the VM to the test; at most one node.
 */
#ifndef TEELINK_TESTS_FAKE_VM_H
#define TEELINK_TESTS_FAKE_VM_H

#include <pthread.h>

#include "lib/virtqueue.h"
#include "ree/vm/node.h"
#include "ree/vm/vm.h"
#include "wire/tipc.h"

#define FAKE_RAM_SIZE 0x80000u
#define FAKE_RAM_GPA 0x40000000ull
#define FAKE_MAX_LOG 256u
#define FAKE_HELD 64u

struct fake_queue {
	uint32_t num_max, num, ready;
	uint64_t desc, avail, used;
	struct vq_device dev;
	bool live;
};

struct node {
	const char *name;
	const struct node_ops *ops;
	void *data;
};

struct ree_vm {
	struct ree_vm_mem ram;
	pthread_mutex_t lock; /* the device, recursive */
	pthread_mutex_t handle_lock;
	struct ree_vm_irq irq;
	bool irq_set, dead, threaded;

	/* Registers; tests change them before they probe. */
	uint32_t magic, version, device_id, status, generation;
	uint64_t offered, accepted;
	uint32_t dev_sel, drv_sel, queue_sel;
	bool refuse_features, restless_config, stuck_status;
	struct tipc_dev_config config;
	struct fake_queue q[TIPC_NUM_QUEUES];
	unsigned int accesses, fail_at; /* the fail_at-th access fails, 0: none */
	struct {
		uint32_t reg, value;
	} log[FAKE_MAX_LOG]; /* register writes in their order */
	unsigned int num_log;

	/* The device's behaviour and what it saw. */
	bool silent_online; /* no GO_ONLINE */
	bool hold_tx; /* takes messages and keeps their buffers */
	bool mute; /* answers nothing */
	unsigned int num_kicks, num_disc, num_conn, num_data;
	uint32_t next_addr;
	struct vq_buf held[FAKE_HELD];
	unsigned int num_held;
	struct tipc_msg_hdr last_hdr;
	struct tipc_disc_req_body last_disc;
	uint8_t last_data[TIPC_DEFAULT_MSG_BUF_SIZE];
	uint32_t max_msg_size;

	struct node node;
	bool node_present;

	void *peer; /* of a test that plays another side than this device */
};

struct ree_vm *fake_vm_new(void);
void fake_vm_free(struct ree_vm *vm);
/* Lets the device look at its queue. Return: whether it did anything. */
bool fake_device_run(struct ree_vm *vm);
/* Gives back the buffers that hold_tx kept. */
void fake_device_release(struct ree_vm *vm);
/*
 * A message with exactly these header fields; @used_len 0: as it should be. False: no buffer out.
 */
bool fake_send(struct ree_vm *vm, const struct tipc_msg_hdr *hdr, const void *data, size_t len,
	       uint32_t used_len);
bool fake_send_ctrl(struct ree_vm *vm, uint32_t src, uint32_t type, const void *body,
		    size_t body_len);
/* Runs the interrupt until nothing is left to do. */
void fake_irq(struct ree_vm *vm);
void fake_die(struct ree_vm *vm);

#endif
