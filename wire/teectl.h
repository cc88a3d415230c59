/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Control protocol between the hypervisor and the secure world: SOCK_SEQPACKET, one message per packet.
 * The hypervisor is trusted here; the secure world isn't trusted by the hypervisor.
 * Thread rule: none, layouts only.
 * Ownership rule: descriptors in a message belong to the receiver.
 */
#ifndef TEELINK_WIRE_TEECTL_H
#define TEELINK_WIRE_TEECTL_H

#include "wire/port.h"

#define TEECTL_MAX_MSG 2048u
#define TEECTL_MAX_FDS 8u
#define TEECTL_MAX_GROUPS 256u

enum teectl_type {
	/* hypervisor -> secure world; each is answered with the same type, vm_id and token */
	TEECTL_VM_ADD = 1,
	TEECTL_VM_DEL = 2,  /* answered when nothing of the VM is left */
	TEECTL_DS_ADD = 3,  /* fds: read-write, read-only */
	TEECTL_DS_DEL = 4,
	TEECTL_DEV_CMD = 5, /* `cmd` of the VM's config page was written; answered when it is 0 */
	TEECTL_STATUS = 6,  /* answer carries a memfd with the secure world's JSON object */
	/* secure world -> hypervisor, unasked */
	TEECTL_READY = 32,      /* ports are published, VMs may be added */
	TEECTL_DEV_STATUS = 33, /* status or config of the VM's device changed (NEEDS_RESET…) */
	/*
	 * Asks for the machine's root key, which the hypervisor keeps; it answers with a teectl_root_key
	 * of this type, to which there is no answer. A descriptor with it: a file for what must outlive the
	 * secure world, and which the normal world's supplicant isn't given.
	 */
	TEECTL_ROOT_KEY = 34,
};

#define TEECTL_VM_SUPPLICANT 1u /* the machine's own supplicant: may connect to tee.supplicant */
#define TEECTL_VM_GUEST 2u      /* a guest kernel: its messages carry the client UUIDs */

struct teectl_hdr {
	uint32_t type;
	uint32_t vm_id;
	uint64_t token;
	int32_t status; /* answers: 0 or -errno */
	uint32_t reserved;
};

/* Descriptors of TEECTL_VM_ADD, in this order. */
enum teectl_vm_fd {
	TEECTL_FD_RAM = 0, /* in proxied mode not the VM's own, but what the hypervisor copies it to */
	TEECTL_FD_SHM = 1,
	TEECTL_FD_SHM_RO = 2,
	TEECTL_FD_CONFIG = 3, /* l4virtio config page, memfd of one page */
	/*
	 * VM -> secure world: event fd. Its flags and its count are the VM's as well: it is watched for
	 * edges, never read or written, since either could block. In proxied mode a stream socket's
	 * end, the hypervisor has the other one; bytes mean nothing.
	 */
	TEECTL_FD_KICK = 4,
	/* Secure world -> VM: a stream socket's end, the VM has the other one, or the hypervisor has. */
	TEECTL_FD_IRQ = 5,
	TEECTL_FD_NUM = 6,
};

struct teectl_vm_add {
	struct teectl_hdr hdr;
	uint32_t flags;
	uint32_t uid, gid;
	uint32_t pid;
	uint64_t ram_gpa, ram_size;
	uint64_t shm_gpa, shm_size;
	uint64_t vcpu_gpa; /* wire/vcpu.h */
	uint32_t num_vcpus; /* at most VCPU_MAX; 0: the VM issues no SMCs */
	uint32_t num_groups;
	uint32_t groups[TEECTL_MAX_GROUPS];
};

struct teectl_ds {
	struct teectl_hdr hdr;
	uint64_t id;
	uint64_t gpa, size;
};

#define TEECTL_ROOT_KEY_SIZE 32u

struct teectl_root_key {
	struct teectl_hdr hdr;
	uint8_t key[TEECTL_ROOT_KEY_SIZE]; /* zero when status isn't */
};

struct teectl_simple { /* VM_DEL, DEV_CMD, STATUS, READY, DEV_STATUS and bare answers */
	struct teectl_hdr hdr;
};

TL_STATIC_ASSERT(sizeof(struct teectl_hdr) == 24, "teectl_hdr");
TL_STATIC_ASSERT(sizeof(struct teectl_vm_add) == 24 + 16 + 32 + 16 + 4 * 256, "teectl_vm_add");
TL_STATIC_ASSERT(sizeof(struct teectl_ds) == 48, "teectl_ds");
TL_STATIC_ASSERT(sizeof(struct teectl_root_key) == 56, "teectl_root_key");

#endif
