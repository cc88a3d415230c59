/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * TA instances as the files of tee/ta see them.
 * Thread rule: under the world lock, but for what a call in flight owns: see struct ta_instance.
 * Ownership rule: the manager owns the loader and knows all instances; these are their callers'.
 */
#ifndef TEELINK_TEE_TA_MANAGER_H
#define TEELINK_TEE_TA_MANAGER_H

#include "lib/list.h"
#include "tee/ta/syscall.h"
#include "tee/ta/ta.h"
#include "tee/ta/version.h"
#include "tee/world.h"
#include "wire/launch.h"
#include "wire/mailbox.h"

/* An image that takes longer to load, constructors included, is ended. */
#define TA_LOAD_TIMEOUT_NS 10000000000ull
/* System calls of one that is loaded: libraries that it needs, and asks for in constructors. */
#define TA_MAX_LOAD_CALLS 64u
/* Lines about libraries that one instance doesn't get. */
#define TA_MAX_LIBRARY_FAULTS 64u
/* How long the end of a killed process is waited for before its instance is given up. */
#define TA_EXIT_TIMEOUT_NS 5000000000ull

/* Lines of one instance that are printed: so many at once, and one in each so many nanoseconds. */
#define TA_LOG_BURST 4096u
#define TA_LOG_LINE_NS 10000000ull

/* Where TAs' lines go besides standard error. */
#define TA_LOG_MAX_BYTES (16u << 20)

struct ta_loader;

struct ta_log {
	int fd; /* -1: nowhere */
	uint64_t size; /* of the file; atomic */
};

struct ta_syscall_server {
	const struct ta_syscall_ops *ops; /* NULL: nobody serves the range */
	void *data;
};

struct ta_manager {
	struct tee_world *world;
	int launch_sock;
	int watch;
	bool launcher_gone;
	struct list instances;
	unsigned int num_instances;
	uint32_t last_id;
	struct ta_loader *loader;
	struct ta_syscall_server server[MAILBOX_SYSCALL_NUM_RANGES];
	struct image_keys *keys;
	struct ta_log log;
	struct version_table versions;
};

struct ta_image {
	unsigned int refs; /* under the world lock */
	int fd;            /* sealed memfd */
	uint64_t size;
	uint8_t uuid[16];
	bool library;
	bool takes_libraries; /* a TA's: it has places for some */
	uint32_t flags;
};

/* A place for a shared library of an instance, which has it open too. */
struct ta_library {
	uint8_t uuid[16];
	int fd; /* empty, then sealed memfd; -1: the instance has no places */
};

/* An object of a client, mapped into the TA in the slot that is its index. */
struct ta_mapping {
	struct vm_mem *mem; /* a reference; NULL: slot is free */
	bool writable;
	bool doomed; /* to be unmapped when the call that runs is over */
};

/*
 * @seq, @exited and @killed are atomic: the caller that waits for an answer looks at them without
 * the lock. While @busy, the areas and the mailbox's call belong to that caller.
 */
struct ta_instance {
	struct list link;
	struct ta_manager *tm;
	uint32_t id;
	uint8_t uuid[16];
	int ctl;
	struct mailbox *shm_mb;
	uint8_t *shm_in, *shm_io;
	bool busy;
	bool dead; /* no call enters any more */
	bool cancelled; /* the call that runs */
	bool started;
	bool exited;
	bool killed;
	int status; /* wait status, when exited */
	int error;  /* of LAUNCH_FAILED */
	uint32_t pid; /* atomic: also looked at without the lock; 0: no process */
	uint32_t seq;
	int core;      /* that it is bound to, and 1; 0: none */
	bool roams;    /* its last turn was long */
	uint64_t short_until; /* a turn that ends later is long; 0: nobody asks */
	uint32_t num_ctl;	 /* control messages sent */
	uint32_t num_ctl_called; /* and of these, before a call that was answered */
	uint64_t calls;
	uint64_t log_lines, log_ns; /* lines that were printed and not yet forgotten; when last looked */
	bool log_dropped;	    /* said */
	struct world_event event;   /* started */
	struct ta_mapping map[MAILBOX_MAX_MAPS];
	bool any_doomed; /* of these */
	struct ta_library library[LAUNCH_MAX_LIBRARIES];
	unsigned int num_libraries; /* that have been opened */
	uint64_t library_bytes;
	int library_error; /* why the last one wasn't opened */
	unsigned int library_faults; /* that the log has */
	const struct ta_syscall_server *server; /* in whose `call` it is, or NULL */
	void *server_state[MAILBOX_SYSCALL_NUM_RANGES];
	void *owner;
};

/* What a TA's log levels go up to here. */
uint32_t ta_log_level(void);

/* launcher.c: the secure world's end of the launcher's socket */
int ta_launcher_start(struct ta_instance *inst, const struct ta_image *img, const int *fds,
		      unsigned int num_fds);
void ta_launcher_kill(struct ta_instance *inst);
void ta_launcher_drain(struct ta_manager *tm);

/* answer.c: turns with the TA; without the world lock */
void ta_turn_give(struct ta_instance *inst);
int ta_turn_take(struct ta_instance *inst, uint64_t deadline_ns, struct mailbox_answer *ans);
void ta_bell(struct ta_instance *inst);
/* The process is gone: whoever waits for its answer returns. */
void ta_turn_over(struct ta_instance *inst);
/* Kills the process and waits for its end. */
void ta_turn_end(struct ta_instance *inst);

/* place.c: by the caller whose turn it is, without the lock */
/* The TA is about to be woken: on this core, if its turns are short. */
void ta_place_here(struct ta_instance *inst);
void ta_place_short(struct ta_instance *inst);
void ta_place_long(struct ta_instance *inst);

/* image.c */
/* A shared library instead of a TA; else as ta_image_load. Blocks. */
int ta_image_load_library(struct tee_world *w, const uint8_t uuid[16], struct ta_image **imgp);
/* Its bytes into @fd, an empty memfd, which is sealed. Without the lock. */
int ta_image_copy(const struct ta_image *img, int fd);

/* library.c: shared libraries of an instance */
/* Empty places, for an instance whose image takes libraries. Return: 0 or -errno. */
int ta_libraries_init(struct ta_instance *inst, const struct ta_image *img);
void ta_libraries_release(struct ta_instance *inst);
extern const struct ta_syscall_ops ta_library_ops;

/* log.c */
/* @path: may be NULL. Return: 0 or -errno; the log can be used, for standard error, either way. */
int ta_log_open(struct ta_log *log, const char *path);
void ta_log_close(struct ta_log *log);
/* Any thread. @shm_text, of @len bytes, may change meanwhile. */
void ta_log_print(struct ta_log *log, uint32_t level, const char *shm_text, uint32_t len);

/* syscall.c */
/* The TA asks for something. Without the lock, which is taken for it. -EOWNERDEAD: it died. */
int ta_syscall_serve(struct ta_instance *inst);
/* The same while its image is loaded: nobody but the server of libraries answers. */
int ta_syscall_serve_loading(struct ta_instance *inst);
/* Cancelled or dead: a server that waits for something looks at it. */
void ta_syscall_interrupt(struct ta_instance *inst);
/* What servers keep for it goes. */
void ta_syscall_forget(struct ta_instance *inst);

/* mapping.c */
/* Slot of @mem mapped into the TA, mapped now if it has to be; -errno: it has to be copied. */
int ta_mapping_get(struct ta_instance *inst, struct vm_mem *mem, bool writable);
/* To be unmapped when the call that runs is over. */
void ta_mapping_doom(struct ta_instance *inst, uint32_t slot);
void ta_mapping_release(struct ta_instance *inst, struct vm_mem *mem);
void ta_mapping_release_doomed(struct ta_instance *inst);
void ta_mapping_drop_all(struct ta_instance *inst);
uint64_t ta_mapping_bytes(const struct ta_instance *inst);

/* loader.c: images from the supplicant */
int ta_loader_create(struct tee_world *w, struct ta_loader **lp);
void ta_loader_destroy(struct ta_loader *l);
/* The bytes of <uuid>.ta into @fd, an empty memfd. Blocks. Errors as ta_image_load. */
int ta_loader_fetch(struct ta_loader *l, const uint8_t uuid[16], int fd, uint64_t *size);

#endif
