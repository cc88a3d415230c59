/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A hypervisor, and VMs with a hand-driven virtio driver, for tests of a real world whose other parts
 * (IPC kernel, session manager, TAs, tipc device) are fakes: what a VM sends comes back to it.
 * Thread rule: the test's thread only.
 * Ownership rule: fake_hv_stop ends the world and frees everything; a VM is its creator's.
 */
#ifndef TEELINK_TESTS_FAKE_HV_H
#define TEELINK_TESTS_FAKE_HV_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/virtqueue.h"
#include "tee/world.h"
#include "wire/l4virtio.h"
#include "wire/teectl.h"

#define FAKE_RAM_GPA 0x40000000ull
#define FAKE_RAM_SIZE 0x80000ull
#define FAKE_SHM_GPA 0x80000000ull
#define FAKE_SHM_SIZE 0x10000ull
/* Inside link RAM: each queue's rings, then buffers of 4096 bytes. */
#define FAKE_RING(q) (0x1000u * (q))
#define FAKE_BUF(q, i) (0x4000u + 0x1000u * (32u * (q) + (i)))

struct fake_hv {
	int sock;
	int launch; /* our end of the launcher's socket */
	uint64_t token;
	unsigned int dev_status; /* TEECTL_DEV_STATUS seen */
	struct tee_world *world;
	pthread_t thread;
};

struct fake_vm {
	struct fake_hv *hv;
	uint32_t id;
	uint8_t *ram;
	volatile struct l4virtio_config *config;
	volatile struct l4virtio_queue *queue;
	int kick, irq;
	struct vq_driver vq[2];
	unsigned int posted;
};

void fake_hv_start(struct fake_hv *hv, unsigned int poll_us);
void fake_hv_stop(struct fake_hv *hv);
/* One message and its answer's status. @rsp_fd: a descriptor that came along, or NULL. */
int fake_hv_request(struct fake_hv *hv, void *msg, size_t len, const int *fds, unsigned int num_fds,
		    int *rsp_fd);
/* The status in the answer to the request with @token; others before it are skipped. */
int fake_hv_await(struct fake_hv *hv, uint64_t token, struct teectl_hdr *hdr, int *rsp_fd);
/* Sends without waiting; the answer is skipped by a later request. Its token is hv->token. */
void fake_hv_send(struct fake_hv *hv, void *msg, size_t len, const int *fds, unsigned int num_fds);

/* Adds a VM; asserts that it works. */
void fake_vm_add(struct fake_hv *hv, uint32_t id, struct fake_vm *vm);
int fake_vm_del(struct fake_vm *vm);
void fake_vm_free(struct fake_vm *vm); /* our side only */
/* Writes `cmd` and waits until the device has acted. Return: the device's status afterwards. */
uint32_t fake_vm_cmd(struct fake_vm *vm, uint32_t cmd);
/* Probes up to FEATURES_OK, sets up both queues, DRIVER_OK. Return: the device's status. */
uint32_t fake_vm_online(struct fake_vm *vm);
/* Fills a queue's entry in the page with sound values. */
void fake_vm_queue_entry(struct fake_vm *vm, unsigned int index);
/* Sends @text in buffer @i; kicks if the device asked to be. */
void fake_vm_send(struct fake_vm *vm, unsigned int i, const char *text);
/* Waits for the next message. */
void fake_vm_receive(struct fake_vm *vm, char *text, size_t size);

#endif
