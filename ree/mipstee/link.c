/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/mipstee/mipstee_private.h"

static const struct mipstee_link_ops link_ops = {
	.chan_create = tipc_chan_create,
	.chan_connect_wait = tipc_chan_connect_wait,
	.chan_max_msg_size = tipc_chan_max_msg_size,
	.chan_get_txbuf = tipc_chan_get_txbuf,
	.chan_put_txbuf = tipc_chan_put_txbuf,
	.chan_queue_msg = tipc_chan_queue_msg,
	.chan_shutdown = tipc_chan_shutdown,
	.chan_destroy = tipc_chan_destroy,
	.wait = ree_vm_wait,
	.wake = ree_vm_wake,
	.shm = ree_vm_shm,
	.ds_create = ree_vm_ds_create,
	.ds_import = ree_vm_ds_import,
	.ds_destroy = ree_vm_ds_destroy,
	.find_mem = ree_vm_find_mem,
};

int mipstee_probe(struct tee_subsys *tee, struct tipc_dev *tipc, struct mipstee **mtp)
{
	return mipstee_probe_on(&link_ops, tee, tipc, tipc_dev_vm(tipc), mtp);
}
