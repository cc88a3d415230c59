/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The hypervisor, played by a thread, between a real secure world and a real in-process VM of the
 * same process: one VM, registers turned into the config page of the device, no session manager
 * behind it.
 * Thread rule: start and stop from one thread; the VM is used from any.
 * Ownership rule: link_hv_start gives a machine with its VM attached; link_hv_stop takes it all.
 */
#ifndef TEELINK_TESTS_LINK_HV_H
#define TEELINK_TESTS_LINK_HV_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "ree/vm/vm.h"
#include "wire/l4virtio.h"
#include "wire/teectl.h"

struct tee_world;

struct link_hv {
	struct tee_world *world;
	struct ree_vm *vm;
	pthread_t world_thread, hv_thread;
	int tee_sock, launch_sock, vm_sock;
	uint64_t token;
	uint8_t *shm_page; /* config page */
	uint32_t dev_sel, drv_sel, queue_sel;
	unsigned int traps; /* atomic: register accesses */
};

void link_hv_start(struct link_hv *hv, unsigned int poll_us);
void link_hv_stop(struct link_hv *hv);
/* Tells the VM that its secure world is gone. */
void link_hv_lose_tee(struct link_hv *hv);
/* The device's side of the VM sees the status again: as a hypervisor that reports a change. */
uint32_t link_hv_status(struct link_hv *hv);

#endif
