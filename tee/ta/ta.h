/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * TA instances: images, the processes that run them, calls into them.
 * Thread rule: under the world lock; functions marked "blocks" drop it while they wait.
 * Ownership rule: images and instances are the caller's until put or destroyed.
 */
#ifndef TEELINK_TEE_TA_TA_H
#define TEELINK_TEE_TA_TA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/ta_head.h"

struct tee_world;
struct dataspace;
struct vm_mem;
struct ta_manager;
struct ta_image;
struct ta_instance;

/* Memory objects of this size and more are mapped into the TA, smaller ones are copied. */
#define TA_MAP_THRESHOLD 65536u
#define TA_MAP_MAX_RUNS 64u /* pieces of an object that is mapped; others are copied */
#define TA_NUM_PARAMS 4u

int ta_manager_create(struct tee_world *w, struct ta_manager **tmp);
void ta_manager_destroy(struct ta_manager *tm);

/**
 * ta_image_load() - ask the supplicant for <uuid>.ta and check it. Blocks.
 *
 * Return: 0; -ENOENT (supplicant has no such image), -EKEYREJECTED (not signed by whom we trust, too
 * large, or older than what was seen: the log says what), -ENOEXEC (not a well-formed ELF shared
 * object for this machine with a .ta_head for this UUID), -ECONNRESET (no supplicant, or it went),
 * -ETIMEDOUT, -ENOMEM.
 */
int ta_image_load(struct tee_world *w, const uint8_t uuid[16], struct ta_image **imgp);
void ta_image_put(struct ta_image *img);
uint32_t ta_image_flags(const struct ta_image *img); /* TA_FLAG_* */

/**
 * ta_instance_create() - a process for @img, with the image loaded in it. Blocks.
 *
 * Return: 0; -EAGAIN (the limit ta_instances is reached), -EOWNERDEAD (it died in a constructor), -ENOEXEC
 * (the loader doesn't take the image), ta_image_load's errors for a library that it needs, -ETIMEDOUT (loading takes for ever), -ECONNRESET (the
 * launcher is gone), -ENOMEM and others.
 */
int ta_instance_create(struct tee_world *w, struct ta_image *img, struct ta_instance **instp);
/* Who it works for, as its creator says; servers of system calls ask. */
void ta_instance_set_owner(struct ta_instance *inst, void *owner);
void *ta_instance_owner(const struct ta_instance *inst);
const uint8_t *ta_instance_uuid(const struct ta_instance *inst); /* 16 octets, the image's */
/* Has ta_instance_cancel been called for the call that runs? */
bool ta_instance_cancelled(const struct ta_instance *inst);
/* Ends the process if it lives. No call may be in flight. NULL is fine. */
void ta_instance_destroy(struct ta_instance *inst);
bool ta_instance_dead(const struct ta_instance *inst);
uint32_t ta_instance_pid(const struct ta_instance *inst); /* 0 in solo mode or when dead */

enum ta_entry {
	TA_ENTRY_CREATE,
	TA_ENTRY_DESTROY,
	TA_ENTRY_OPEN_SESSION,
	TA_ENTRY_CLOSE_SESSION,
	TA_ENTRY_INVOKE,
};

/* One parameter; @type is TEE_PARAM_TYPE_* (0 none, 1-3 value, 5-7 memref). */
struct ta_param {
	uint32_t type;
	bool shared; /* a memref of a calling TA: the normal world has this buffer too */
	union {
		struct {
			uint32_t a, b;
		} value;
		struct {
			struct vm_mem *mem; /* NULL: a NULL buffer; a borrowed reference */
			uint64_t offset;
			uint64_t size; /* in: offset + size lies within mem; out: what the TA set */
		} memref;
	} u;
};

/**
 * struct ta_call - one entry into a TA
 * @session: the session manager's id, key of the TA's session context
 * @client_uuid, @login: TEE_PROPSET_CURRENT_CLIENT's identity
 * @cmd: INVOKE's command
 * @cancelled: the TA is cancelled from the start
 * @param: copied or mapped in as it is; on return values and sizes are the TA's, bytes of output
 *         memrefs are written back up to min(new size, old size)
 * @result, @origin: TEE_Result and TEE_ORIGIN_* (TRUSTED_APP 4; TEE 3 on panic, death)
 */
struct ta_call {
	enum ta_entry entry;
	uint32_t session;
	uint32_t cmd;
	uint32_t login;
	uint8_t client_uuid[16];
	bool cancelled;
	struct ta_param param[TA_NUM_PARAMS];
	uint32_t result;
	uint32_t origin;
};

/**
 * ta_instance_call() - enter the TA and wait for its answer. Blocks.
 *
 * One call at a time per instance: the caller sees to that. The system calls that the TA makes
 * meanwhile are served here (tee/ta/syscall.h). The TA's bytes are checked: a size larger than TEE
 * allows, a type it changed or an impossible answer counts as a lie and ends the TA.
 * Return: 0 (@call->result is the TA's), -EOWNERDEAD (the TA died, panicked or lied: result is
 * TEE_ERROR_TARGET_DEAD, instance is dead), -ENOMEM (memory can't be shown to the TA; it wasn't
 * entered).
 */
int ta_instance_call(struct ta_instance *inst, struct ta_call *call);
/* Sets the cancellation flag of the call that runs; ends TEE_Wait unless masked. */
void ta_instance_cancel(struct ta_instance *inst);
/* Ends the process now: a call in flight returns -EOWNERDEAD. */
void ta_instance_kill(struct ta_instance *inst);
/* The object is being released: every instance unmaps it, at once if idle, else after its call. */
void ta_unmap(struct tee_world *w, struct vm_mem *mem);

/* JSON array of instances: uuid, pid, alive, calls, mapped bytes. */
void ta_status(struct tee_world *w, FILE *out);
unsigned int ta_num_instances(struct tee_world *w);

#endif
