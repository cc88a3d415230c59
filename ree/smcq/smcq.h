/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The SMC message queue as a link of the Trusty IPC driver's (seed "synchronization between normal and
 * secure world"; wire/smcq.h): messages of any length, each write followed by an SMC.
 * Thread rule: as struct tipc_link_ops.
 * Ownership rule: the link owns its buffer, a dataspace of the VM's, from open to close.
 */
#ifndef TEELINK_REE_SMCQ_SMCQ_H
#define TEELINK_REE_SMCQ_SMCQ_H

struct tipc_link_ops;

/* For tipc_dev_probe. */
extern const struct tipc_link_ops tipc_smcq_link;

#endif
