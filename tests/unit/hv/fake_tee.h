/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A machine whose children are played by the test: the hypervisor runs in a thread of its own, the test
 * holds the secure world's and the supplicant's sockets and connects clients.
 * Thread rule: the test's thread; the spawn operations run in the hypervisor's.
 * Ownership rule: machine_end takes everything away.
 */
#ifndef TEELINK_TESTS_FAKE_TEE_H
#define TEELINK_TESTS_FAKE_TEE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "hv/hv.h"
#include "wire/l4virtio.h"
#include "wire/teectl.h"
#include "wire/vmctl.h"

#define FAKE_MAX_DEAD 32u

struct machine {
	char folder[64], socket[80];
	struct hv *hv;
	pthread_t thread;
	int result; /* of hv_run */
	bool cant_start;

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t changed;
	int tee;        /* the secure world's end of the control link, or -1 */
	int supplicant; /* the supplicant's VM socket, or -1 */
	unsigned int starts[HV_NUM_CHILDREN];
	unsigned int ready;
	int dead[FAKE_MAX_DEAD]; /* sockets of children that were killed */
	unsigned int num_dead;
};

/* What the secure world was told of a VM. */
struct tee_vm_fds {
	uint32_t id, flags, uid, pid;
	uint64_t token;
	int fds[TEECTL_FD_NUM];
};

union any_msg {
	struct vmctl_hdr vm;
	struct vmctl_attach_rsp attach;
	struct vmctl_mmio mmio;
	struct vmctl_ds ds;
	struct teectl_hdr tee;
	struct teectl_vm_add vm_add;
	struct teectl_ds tee_ds;
	uint8_t bytes[2048];
};

void machine_new(struct machine *m);
void machine_run(struct machine *m, bool trace);
/* Also with READY said. */
void machine_serve(struct machine *m);
void machine_end(struct machine *m);
/* A test @fn on a machine @m of its own, which serves. */
#define MACHINE_TEST(fn, m)                                                                        \
	cmocka_unit_test_prestate_setup_teardown(fn, machine_set_up, machine_tear_down, m)
int machine_set_up(void **state);
int machine_tear_down(void **state);
/* Waits for the n-th start of a child; returns the socket that it got. */
int machine_child(struct machine *m, enum hv_child which, unsigned int nth);
void tee_say(struct machine *m, uint32_t type, uint32_t vm_id, uint64_t token, int status);
/* Next message to the secure world; asserts its type. Descriptors into @fds, closed if NULL. */
void tee_expect(struct machine *m, uint32_t type, union any_msg *msg, int *fds);
/* Takes VM_ADD, fills in the config page, agrees. */
void tee_accept_vm(struct machine *m, struct tee_vm_fds *vm);
void tee_vm_close(struct tee_vm_fds *vm);

int client_connect(struct machine *m);
void client_send(int sock, const void *msg, size_t len, int fd);
/* Next message, at most 5 descriptors; -1 at the end of the connection. */
ssize_t client_recv(int sock, union any_msg *msg, int *fds, unsigned int *num_fds);
/* A request with only a header, or a longer one, and its answer's status. */
int client_simple(int sock, uint32_t type);
int client_call(int sock, void *msg, size_t len, int fd, union any_msg *rsp);
void client_send_attach(int sock);
/* ATTACH with the secure world agreeing; descriptors are closed. Returns the VM's id. */
uint32_t client_attach(struct machine *m, int sock, struct tee_vm_fds *vm);
/* Waits for the end of the connection, whatever comes before it; true if TEE_GONE was among that. */
bool client_wait_end(int sock);

#endif
