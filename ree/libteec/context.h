/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The device that a context talks to now. After the secure world has gone, the next session or the next
 * shared memory of the context gets a new one; what there was keeps its old descriptor, which stays open,
 * and dead, until the context is finalized.
 * Thread rule: any thread.
 * Ownership rule: the context owns its descriptors; those handed out here are borrowed.
 */
#ifndef TEELINK_REE_LIBTEEC_CONTEXT_H
#define TEELINK_REE_LIBTEEC_CONTEXT_H

#include "ree/libteec/api.h"

/**
 * teec_context_at() - the context as it is for what is to be made with it
 * @at: filled in: @ctx with a device that lives, if there is one
 *
 * Return: 0; -EIO when there is no machine any more, other -errno of attaching to it.
 */
int teec_context_at(TEEC_Context *ctx, TEEC_Context *at);
/* The context as @session knew it when it was opened. */
TEEC_Context teec_context_of(const TEEC_Session *session);

#endif
