/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/optee/optee_private.h"

static const struct optee_link_ops link_ops = {
	.set_notif = ree_vm_set_notif,
	.poll_irq = ree_vm_poll_irq,
	.wait = ree_vm_wait,
	.wake = ree_vm_wake,
	.shm = ree_vm_shm,
	.ds_create = ree_vm_ds_create,
	.ds_import = ree_vm_ds_import,
	.ds_destroy = ree_vm_ds_destroy,
	.find_mem = ree_vm_find_mem,
};

int optee_probe(struct tee_subsys *tee, struct ree_vm *vm, struct optee **op)
{
	return optee_probe_on(&link_ops, tee, vm, ree_vm_conduit(vm), op);
}
