/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The session manager: an application of the IPC kernel on port MIPSTEE_PORT.
 * Thread rule: under the world lock.
 * Ownership rule: the world owns the manager; sessions and registered memory belong to one VM.
 */
#ifndef TEELINK_TEE_SESSION_SESSION_H
#define TEELINK_TEE_SESSION_SESSION_H

#include <stdio.h>

struct tee_world;
struct tee_vm;
struct session_manager;

#define SESSION_MAX_PER_TA 64u
#define SESSION_MAX_SHM_PER_VM 1024u
#define SESSION_MAX_RUNS_PER_VM 65536u /* pieces of these */

int session_manager_create(struct tee_world *w, struct session_manager **smp);
void session_manager_destroy(struct session_manager *sm);
/* The VM is going: its channels are closed already; what is left of it is dropped. Calls in flight
 * end on their own and then find no one to answer to. */
void session_vm_gone(struct session_manager *sm, struct tee_vm *vm);
/* JSON array of sessions: vm, id, uuid of the TA, instance, busy. */
void session_status(struct session_manager *sm, FILE *out);
/* JSON array of the VM's registered memory objects: shm_ref, size, runs. */
void session_shm_status(struct tee_vm *vm, FILE *out);

#endif
