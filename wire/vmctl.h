/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Control protocol between a VM (or the teelink tool) and the hypervisor: SOCK_SEQPACKET, one message
 * per packet, descriptors as SCM_RIGHTS. A VM sends requests; the hypervisor answers each with the same
 * seq, possibly late and out of order, and sends events with seq 0.
 * Thread rule: none, layouts only.
 * Ownership rule: descriptors in a message belong to the receiver.
 *
 * Credentials are never in a message: the hypervisor reads them from the socket (SO_PEERCRED).
 */
#ifndef TEELINK_WIRE_VMCTL_H
#define TEELINK_WIRE_VMCTL_H

#include "wire/port.h"

#define VMCTL_VERSION 1u
#define VMCTL_MAX_MSG 256u
#define VMCTL_MAX_FDS 8u

enum vmctl_type {
	VMCTL_ATTACH = 1,     /* become a VM */
	VMCTL_MMIO_READ = 2,  /* trapped read of a device register */
	VMCTL_MMIO_WRITE = 3, /* trapped write; answered when it has taken effect */
	VMCTL_DS_CREATE = 4,  /* new dataspace; answer carries its read-write descriptor */
	VMCTL_DS_IMPORT = 5,  /* one descriptor comes along: a memfd with the SHRINK seal */
	VMCTL_DS_DESTROY = 6,
	VMCTL_DESCRIBE = 7,  /* what a device of the VM is called and can do: for status */
	VMCTL_STATUS = 16,   /* tool: answer carries a memfd with JSON text */
	VMCTL_SHUTDOWN = 17, /* tool: same uid as the machine only; machine goes down */
	VMCTL_TRACE = 18,    /* tool: answer carries the trace ring's memfd, or -ENOENT */
	VMCTL_EVENT_CONFIG = 64,   /* status or config of the device changed: look at it */
	VMCTL_EVENT_TEE_GONE = 65, /* the secure world ended: everything on this VM is dead */
};

struct vmctl_hdr {
	uint32_t type;
	uint32_t seq;
	int32_t status; /* answers: 0 or -errno */
	uint32_t reserved;
};

struct vmctl_attach_req {
	struct vmctl_hdr hdr;
	uint32_t version;
	uint32_t flags;
};

/* Of a request: be the machine's supplicant. Its owner's alone, of a machine that has none of its own. */
#define VMCTL_ATTACH_SUPPLICANT 1u

/* Descriptors of the answer, in this order. The trace ring comes only with VMCTL_ATTACH_TRACE. */
enum vmctl_attach_fd {
	VMCTL_FD_RAM = 0,  /* link RAM, memfd */
	VMCTL_FD_SHM = 1,  /* static TEE shared memory, memfd */
	VMCTL_FD_KICK = 2, /* event fd, VM -> secure world, all queues */
	VMCTL_FD_IRQ = 3,  /* stream socket, secure world -> VM, all queues; bytes mean nothing */
	VMCTL_FD_TRACE = 4,
};

#define VMCTL_ATTACH_TRACE 1u /* of an answer */

struct vmctl_attach_rsp {
	struct vmctl_hdr hdr;
	uint32_t vm_id;
	uint32_t flags;
	uint64_t ram_gpa, ram_size;
	uint64_t shm_gpa, shm_size;
	uint64_t vcpu_gpa; /* wire/vcpu.h: their pages, in link RAM above what drivers use */
	uint32_t num_vcpus; /* 0: no SMCs */
	uint32_t reserved;
};

struct vmctl_mmio {
	struct vmctl_hdr hdr;
	uint32_t offset; /* from the start of the device's register window */
	uint32_t size;   /* 1, 2 or 4; registers below 0x100 take 4 only */
	uint32_t value;
	uint32_t reserved;
};

struct vmctl_ds {
	struct vmctl_hdr hdr;
	uint64_t id;   /* answer of CREATE/IMPORT; request of DESTROY */
	uint64_t gpa;  /* answer: where the dataspace begins in guest-physical space */
	uint64_t size; /* request: bytes; answer: rounded up to pages */
};

#define VMCTL_DEVICE_NAME 32u
#define VMCTL_MAX_DEVICES 4u /* described per VM; one of the same name replaces the old */

/* The attributes that Linux shows in /sys/class/tee: the VM's own word, shown as such. */
struct vmctl_describe {
	struct vmctl_hdr hdr;
	char name[VMCTL_DEVICE_NAME];   /* "tee0": printable, NUL-terminated */
	char driver[VMCTL_DEVICE_NAME]; /* "mipstee" */
	uint32_t impl_id, impl_caps, gen_caps;
	uint32_t reserved;
};

struct vmctl_simple { /* STATUS, SHUTDOWN, TRACE and events */
	struct vmctl_hdr hdr;
};

/* Where things lie in the guest-physical space of a process VM. */
#define VMCTL_RAM_GPA 0x40000000ull
#define VMCTL_RAM_SIZE 0x80000ull /* 512 KiB: two rings, 2 x 32 message buffers, vCPU pages */
#define VMCTL_NUM_VCPUS 16u
#define VMCTL_VCPU_OFFSET 0x60000ull /* in link RAM: what is below is the drivers' */
#define VMCTL_VCPU_GPA (VMCTL_RAM_GPA + VMCTL_VCPU_OFFSET)
#define VMCTL_SHM_GPA 0x80000000ull
#define VMCTL_SHM_SIZE 0x200000ull /* 2 MiB, as OP-TEE's usual static pool */
#define VMCTL_DS_GPA 0x100000000ull
#define VMCTL_DS_MAX_SIZE 0x100000000ull /* one dataspace: 4 GiB */
#define VMCTL_DS_MAX 1024u               /* dataspaces per VM */

TL_STATIC_ASSERT(sizeof(struct vmctl_hdr) == 16, "vmctl_hdr");
TL_STATIC_ASSERT(sizeof(struct vmctl_attach_rsp) == 72, "vmctl_attach_rsp");
TL_STATIC_ASSERT(sizeof(struct vmctl_mmio) == 32, "vmctl_mmio");
TL_STATIC_ASSERT(sizeof(struct vmctl_ds) == 40, "vmctl_ds");
TL_STATIC_ASSERT(sizeof(struct vmctl_describe) == 96, "vmctl_describe");

#endif
