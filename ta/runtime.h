/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * One TA instance, as libutee's files see it.
 * Thread rule: an instance belongs to one thread, which finds it with ta_runtime_current.
 * Ownership rule: sessions, maps, blocks and operations are the instance's and go with it.
 */
#ifndef TEELINK_TA_RUNTIME_PRIVATE_H
#define TEELINK_TA_RUNTIME_PRIVATE_H

#include <setjmp.h>
#include <tee_internal_api.h>
#include <user_ta_header.h>

#include "include/teelink/ta_runtime.h"
#include "lib/list.h"
#include "wire/mailbox.h"

struct ta_map {
	uint8_t *addr; /* NULL: slot is free */
	size_t len;
};

/* A shared library that was fetched. */
struct ta_library {
	uint8_t uuid[16];
	int copy;     /* unconfined: the file that the loader gets; else -1 */
	void *handle; /* of dlopen, when the TA opened it */
};

struct ta_entries {
	TEE_Result (*create)(void);
	void (*destroy)(void);
	TEE_Result (*open_session)(uint32_t types, TEE_Param params[TEE_NUM_PARAMS], void **ctx);
	void (*close_session)(void *ctx);
	TEE_Result (*invoke)(void *ctx, uint32_t cmd, uint32_t types,
			     TEE_Param params[TEE_NUM_PARAMS]);
};

struct ta_runtime {
	const struct ta_runtime_config *cfg;
	struct mailbox *mb;
	void *image; /* dlopen's handle */
	struct ta_library library[LAUNCH_MAX_LIBRARIES];
	unsigned int num_libraries;
	uint8_t opened[LAUNCH_MAX_LIBRARIES]; /* those with a handle, in this order */
	unsigned int num_opened;
	char why[128]; /* what went wrong with a library */
	bool why_untold;
	struct ta_entries entry;
	const struct user_ta_property *props;
	size_t num_props;
	uint32_t seq;     /* of the call that is being served */
	uint32_t num_ctl; /* control messages taken */
	struct ta_map map[MAILBOX_MAX_MAPS];
	bool map_failed;  /* since the last call */
	struct list sessions;
	struct list blocks;     /* TEE_Malloc's */
	struct list operations; /* TEE_AllocateOperation's */
	struct list objects;    /* open TEE_ObjectHandles */
	uint32_t last_object;   /* number of a handle */
	size_t heap_size, heap_used;
	const void *instance_data;
	TEE_TASessionHandle socket_session; /* isocket.c: TEE_HANDLE_NULL until it is needed */
	/* the call that runs */
	struct mailbox_call call;
	TEE_Param params[TEE_NUM_PARAMS];
	uint32_t param_types;
	bool cancel_masked;
	int trace_level;
	unsigned int loading; /* in the loader, and whatever it calls */
	jmp_buf leave; /* threaded: way out of a panic */
};

/* The calling thread's instance; the process ends if there is none. */
struct ta_runtime *ta_runtime_current(void);

/* Logs that @func was called as the specification forbids, and why, and panics. */
void ta_panic(const char *func, TEE_Result code, const char *why) __attribute__((noreturn));
#define TA_PANIC(code, why) ta_panic(__func__, (code), (why))

/* Hands the turn to the secure world with this answer. */
void ta_runtime_answer(struct ta_runtime *rt, uint32_t kind);
/* Waits for the next call, to be read from the mailbox. @idle: objects are mapped and unmapped. */
void ta_runtime_wait(struct ta_runtime *rt, bool idle);
/* Leaves for good if the launcher of threads asks for it. */
void ta_runtime_check_stop(struct ta_runtime *rt);

/* runtime.c */
/* Instances that share a process take turns at the loader. */
void ta_loader_lock(struct ta_runtime *rt);
void ta_loader_unlock(struct ta_runtime *rt);
/* Destructors run. The last thing that the TA does. */
void ta_image_close(struct ta_runtime *rt);

/* library.c */
/* Fetches what the image needs, and what that needs. Return: NULL, or why not. */
const char *ta_libraries_load(struct ta_runtime *rt);
/* Closes what the TA opened, the last one first. */
void ta_libraries_close(struct ta_runtime *rt);
void ta_libraries_release(struct ta_runtime *rt);

/* image_file.c: the bytes of an image, to be read */
struct ta_image_file {
	const uint8_t *data;
	size_t size;
};
bool ta_image_file_map(int fd, struct ta_image_file *f);
void ta_image_file_unmap(const struct ta_image_file *f);

/* map.c */
/* Maps what came and unmaps what was released. */
void ta_map_update(struct ta_runtime *rt);
void ta_map_release_all(struct ta_runtime *rt);

/* backtrace.c: the frames of a panic that lie in the image, as lines of the TA's log */
void ta_backtrace_prepare(void);
void ta_backtrace_print(struct ta_runtime *rt);

/* call.c */
void ta_call_serve(struct ta_runtime *rt);
void ta_sessions_free(struct ta_runtime *rt);

/* memory.c, operation.c, object.c */
void ta_blocks_free(struct ta_runtime *rt);
void ta_operations_free(struct ta_runtime *rt);
void ta_objects_free(struct ta_runtime *rt);
/* memory.c: do bytes of it lie in what the call's parameters, or mapped objects, lie in? */
bool ta_memory_is_shared(const struct ta_runtime *rt, const void *buffer, size_t size);
/* algorithm.c: has libcrypto load all that the algorithms need. Return: 0 or -ENOSYS. */
int ta_algorithms_prepare(void);
/* device_id.c: the machine's. Return: TEE_SUCCESS, or that the secure world can't say. */
TEE_Result ta_device_id(TEE_UUID *id);
/* eddsa.c: the same for libgcrypt, which opens files when it starts. */
int ta_eddsa_prepare(void);

#endif
