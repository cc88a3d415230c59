/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * vCPU pages: where a VM's registers are while it is in the secure world. One control page, then one page
 * for each vCPU, anywhere in the VM's memory; the hypervisor says where and how many.
 * Thread rule: none, layouts only.
 * Ownership rule: a register page is the VM's while `state` is VCPU_NORMAL and the secure world's while
 * it is VCPU_SECURE; each side hands it over with a release store.
 *
 * To enter, the VM fills the registers, stores VCPU_SECURE, sets its bit in `pending`, and if `kick` is
 * set then, rings its doorbell. The secure world asks for kicks only when nobody of it looks: it sets
 * `kick`, then looks at `pending` once more.
 * With `kick` it says on which core of the computer it was when it last touched `kick`: `core` is one more than
 * the core's number, 0 for "it doesn't matter". It is a hint: a VM that is a process of the same computer is in
 * the way if it looks for an answer on that core, and had better sleep. It counts in `gave_way` when it does.
 * To return, the secure world fills the registers and stores VCPU_NORMAL; if `waiting` is set then, it
 * rings the VM's interrupt. Who waits sets `waiting`, then looks at `state` once more.
 */
#ifndef TEELINK_WIRE_VCPU_H
#define TEELINK_WIRE_VCPU_H

#include "wire/port.h"

#define VCPU_PAGE_SIZE 4096u
#define VCPU_MAX 32u /* bits of `pending` */
#define VCPU_NUM_REGS 8u

enum vcpu_state { VCPU_NORMAL = 0, VCPU_SECURE = 1 };

/* Through which entry of its vector the secure world is entered. */
enum vcpu_entry {
	VCPU_ENTRY_SMC = 0, /* a0 decides between standard and fast */
	VCPU_ENTRY_CPU_ON = 1,
	VCPU_ENTRY_CPU_OFF = 2,
	VCPU_ENTRY_CPU_SUSPEND = 3,
	VCPU_ENTRY_CPU_RESUME = 4,
	VCPU_ENTRY_FIQ = 5, /* a secure interrupt came while the normal world ran */
	VCPU_ENTRY_SYSTEM_OFF = 6,
	VCPU_ENTRY_SYSTEM_RESET = 7,
	VCPU_ENTRY_NUM = 8,
};

/*
 * What interrupts the VM: bits of `irq`, set by the secure world, cleared by who takes them. QUEUE needn't be:
 * the message queue has memory of its own, which says what is there; the bit is for who passes interrupts on.
 */
#define VCPU_IRQ_NOTIF (1u << 0)
#define VCPU_IRQ_QUEUE (1u << 1)

struct vcpu_ctl {
	uint32_t pending; /* bit n: vCPU n has entered, or its `intr` was set */
	uint32_t gave_way; /* by the VM */
	uint32_t pad0[14];
	uint32_t kick;
	uint32_t core;
	uint32_t pad1[14];
	uint32_t irq;
	uint32_t pad2[15];
};

struct vcpu_regs {
	uint32_t state;
	uint32_t entry;
	uint32_t waiting;
	uint32_t intr; /* the VM has an interrupt for this vCPU: it comes back as soon as it can */
	uint32_t pad[12];
	uint64_t a[VCPU_NUM_REGS];
};

TL_STATIC_ASSERT(sizeof(struct vcpu_ctl) == 192, "vcpu_ctl");
TL_STATIC_ASSERT(offsetof(struct vcpu_regs, a) == 64, "vcpu_regs.a");
TL_STATIC_ASSERT(sizeof(struct vcpu_regs) == 128, "vcpu_regs");

/* Bytes that @n vCPUs take, the control page included. */
#define VCPU_AREA_SIZE(n) ((uint64_t)VCPU_PAGE_SIZE * ((n) + 1u))

#endif
