/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The inside of struct hv, for the files of hv/.
 * Thread rule: the hypervisor's one thread.
 * Ownership rule: struct hv owns peers, VMs and pending requests. A VM outlives its peer until the
 * secure world has let go of it; a pending request outlives both.
 */
#ifndef TEELINK_HV_HV_INTERNAL_H
#define TEELINK_HV_HV_INTERNAL_H

#include <stdint.h>
#include <sys/types.h>

#include "hv/hv.h"
#include "hv/vmm/vmm.h"
#include "lib/limits.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/outbox.h"
#include "wire/teectl.h"
#include "wire/vmctl.h"

#define HV_MAX_PEERS 1024u
#define HV_MAX_PEER_OUT 32u                /* answers that a peer hasn't taken */
#define HV_MAX_TEE_OUT 4096u               /* messages that the secure world hasn't taken */
#define HV_RESTART_MAX_MS 5000u            /* longest pause before a child that died is started again */
#define HV_STABLE_MS 10000u                /* a child that lived so long starts again at once */
#define HV_TEE_START_MS 15000u             /* from the secure world's start to its READY */
#define HV_MAX_FIRST_STARTS 3u             /* in vain: then the machine gives up, if it never served */
#define HV_ATTACH_WAIT_MS 20000u           /* an attach waits so long for the secure world */
#define HV_STATUS_WAIT_MS 2000u            /* then status goes without the secure world's part */
#define HV_ACCEPT_PAUSE_MS 100u            /* when descriptors have run out */
/* What the secure world has open for a VM, for a dataspace, and at most for all else: TAs, images. */
#define HV_FDS_PER_VM 8u
#define HV_FDS_PER_DS 2u
#define HV_FDS_RESERVE 512u

struct hv_source {
	void (*fn)(struct hv *hv, struct hv_source *src, uint32_t events);
	int fd;
	uint32_t events;
};

enum hv_state {
	HV_STARTING, /* children run, READY hasn't come; also after the secure world ended */
	HV_SERVING,
	HV_STOPPING,
};

struct hv_creds {
	uint32_t uid, gid, pid;
	uint32_t num_groups;
	uint32_t groups[TEECTL_MAX_GROUPS];
};

struct hv_ds {
	struct list node; /* hv_vm.ds, by gpa */
	uint64_t id, gpa, size;
	bool leaving; /* the secure world is asked to let go of it */
};

enum hv_vm_state {
	HV_VM_JOINING, /* VM_ADD is on its way */
	HV_VM_LIVE,
	HV_VM_LEAVING, /* VM_DEL is on its way, or waits for the answer to VM_ADD */
};

struct hv_peer;
struct hv_proxied;

struct hv_vm {
	struct list node; /* hv.vms */
	enum hv_vm_state state;
	uint32_t id;
	bool supplicant;
	bool joined; /* the secure world knows it */
	struct hv_peer *peer; /* NULL when it has left */
	struct hv_creds creds;
	int ram_fd, shm_fd, shm_ro_fd, config_fd, kick_fd, irq_fd, irq_tee_fd;
	struct vmm vmm;
	struct hv_proxied *proxied; /* NULL: direct mode */
	struct vmctl_describe device[VMCTL_MAX_DEVICES]; /* name "": none */
	struct list ds;
	unsigned int num_ds; /* reservations included */
	uint64_t memory;     /* bytes of dataspaces */
};

struct hv_peer {
	struct hv_source src;
	struct list node; /* hv.peers */
	struct hv_creds creds;
	bool supplicant; /* the hypervisor's own mark */
	bool busy;       /* a request is under way: nothing is read until it is answered */
	bool waiting;    /* an ATTACH waits for the secure world */
	bool unanswered; /* an answer that had waited couldn't be sent */
	struct vmctl_attach_req attach;
	uint64_t wait_until_ns; /* while waiting */
	struct hv_vm *vm;
	struct outbox out;
};

/* A request to the secure world. @done runs once: with its answer, or with -EIO when it ended. */
struct hv_pending {
	struct list node;
	uint64_t token;
	uint32_t tee_type;    /* what was sent */
	struct hv_peer *peer; /* NULL when it has left, or none waits */
	struct hv_vm *vm;     /* NULL for STATUS */
	uint32_t type, seq;
	uint64_t until_ns; /* 0: none; then @done runs with -ETIMEDOUT */
	void (*done)(struct hv *hv, struct hv_pending *p, int status, int fd);
	struct vmctl_mmio mmio;
	struct hv_ds *ds; /* DS_ADD: the new one; DS_DEL: the old one */
	int ds_fd;        /* DS_ADD: the answer's descriptor, or -1 */
};

struct hv_child_slot {
	struct hv_source watch; /* fd -1: none */
	int handle;             /* 0: not running */
	uint64_t started_ns;
	uint64_t restart_ns; /* 0: not due */
	unsigned int pause_ms;
};

struct hv {
	struct hv_config cfg;
	struct limits limits;
	uint64_t tee_fds, max_tee_fds; /* what the secure world has open for VMs, and may */
	char *socket_path, *state_dir;
	enum hv_state state;
	bool ready_told;
	int epfd, lock_fd, trace_fd;
	int stop_asker_fd; /* a copy: who asked for the stop sees its end, not its beginning */
	struct hv_source listener, stopper, timer, tee;
	struct hv_source turn; /* VMs wait for their turn to be copied for */
	struct list turns;
	struct outbox tee_out;
	struct hv_child_slot child[HV_NUM_CHILDREN];
	uint64_t start_until_ns; /* READY is due; 0: not starting */
	unsigned int failed_starts;
	int result; /* of hv_run */
	uint64_t accept_at_ns; /* 0: connections are accepted */
	bool listening; /* the socket file is ours */
	struct list peers, vms, pending;
	unsigned int num_peers, num_vms;
	uint32_t next_vm_id;
	uint64_t next_token, next_ds_id;
	uint64_t idle_since_ns; /* 0: not idle */
	uint64_t started_ns;
	uint64_t mmio_accesses;
	struct log_limit refused; /* lines about what VMs are refused */
};

/* hv.c */
int hv_watch(struct hv *hv, struct hv_source *src, uint32_t events);
void hv_unwatch(struct hv *hv, struct hv_source *src);
void hv_timer_update(struct hv *hv);
void hv_begin_stop(struct hv *hv);
void hv_idle_update(struct hv *hv);

/* peer.c */
int hv_peer_create(struct hv *hv, int sock, bool supplicant);
void hv_peer_destroy(struct hv *hv, struct hv_peer *peer);
/*
 * Sends, or queues what the peer doesn't take. Return: 0; -ENOMEM: the descriptors of an answer can't be handed
 * over, and the peer has that for an answer; -EPIPE: it was dropped, its queue is full or it has gone.
 */
int hv_peer_send(struct hv *hv, struct hv_peer *peer, const void *msg, size_t len, const int *fds,
		 unsigned int num_fds);
/* Answer with only a header. Ends `busy`. Return: 0, -EPIPE. */
int hv_peer_answer(struct hv *hv, struct hv_peer *peer, uint32_t type, uint32_t seq, int status);
void hv_peer_set_busy(struct hv *hv, struct hv_peer *peer, bool busy);
/* Attaches that waited for the secure world go on. */
void hv_peers_resume(struct hv *hv);
/* Attaches that have waited too long are refused. */
void hv_peers_due(struct hv *hv, uint64_t now);

/* vm.c */
void hv_vm_attach(struct hv *hv, struct hv_peer *peer, const struct vmctl_attach_req *req);
/* Bytes of its static TEE shared memory: a supplicant's channels need more than others' calls. */
uint64_t hv_vm_shm_size(const struct hv_vm *vm);
/* The peer has left, or the secure world has: gives the VM up. */
void hv_vm_leave(struct hv *hv, struct hv_vm *vm);
void hv_vm_free(struct hv *hv, struct hv_vm *vm);
struct hv_vm *hv_vm_find(struct hv *hv, uint32_t id);
/* Notes what the VM says of one of its devices. */
int hv_vm_describe(struct hv_vm *vm, const struct vmctl_describe *req);
void hv_vm_mmio(struct hv *hv, struct hv_peer *peer, const struct vmctl_mmio *req);
/*
 * A doorbell that nobody can hold up: a socket, whose ends have flags of their own. Whoever holds an event
 * fd can fill it and let all of its holders' writes block. One that isn't listened to keeps a few bytes.
 */
int hv_doorbell(int *listener, int *ringer);

/* dataspace.c */
void hv_ds_create(struct hv *hv, struct hv_peer *peer, const struct vmctl_ds *req);
void hv_ds_import(struct hv *hv, struct hv_peer *peer, const struct vmctl_ds *req, int fd);
void hv_ds_destroy(struct hv *hv, struct hv_peer *peer, const struct vmctl_ds *req);
void hv_ds_free_all(struct hv *hv, struct hv_vm *vm);
/* A sealed memfd of @size bytes, or -errno; *@ro_fd (if not NULL) a read-only descriptor of it. */
int hv_memory(const char *name, uint64_t size, int *ro_fd);

/* proxy/proxy.c */
struct hv_pending *hv_pending_new(struct hv *hv, struct hv_peer *peer, struct hv_vm *vm, uint32_t type,
				  uint32_t seq,
				  void (*done)(struct hv *, struct hv_pending *, int, int));
/*
 * Sends @msg (its header is filled in here) for @p, or queues it. When the secure world can't be reached,
 * @p->done runs with -EIO as soon as its end is noticed. When only the descriptors can't be handed over,
 * @p->done runs with -ENOMEM, maybe before this returns: @p and what it is about may be gone then.
 */
void hv_proxy_send(struct hv *hv, struct hv_pending *p, uint32_t type, struct teectl_hdr *msg,
		   size_t len, const int *fds, unsigned int num_fds);
/* @sock is taken over on success. */
int hv_proxy_start(struct hv *hv, int sock);
/* Requests that have waited too long end with -ETIMEDOUT; a late answer is dropped. */
void hv_proxy_due(struct hv *hv, uint64_t now);
/* The secure world is gone: ends all pending requests and every VM. */
void hv_proxy_end(struct hv *hv);
void hv_proxy_join(struct hv *hv, struct hv_vm *vm, struct hv_pending *p);
void hv_proxy_forget_peer(struct hv *hv, const struct hv_peer *peer);
/* @vm is being freed: requests that still name it are dropped, whatever the secure world says later. */
void hv_proxy_forget_vm(struct hv *hv, const struct hv_vm *vm);
/*
 * Is it for want of what a message's descriptors take, not the other side's fault? Those in flight are
 * counted for a user, and other programs of the user's may have used them up.
 */
bool hv_proxy_is_shortage(int ret);
/* Treat the secure world as gone: its socket's end is handled by the loop, not here. */
void hv_proxy_give_up(struct hv *hv, const char *why);

/* proxy/proxied.c: proxied mode, for one VM. All but create do nothing in direct mode. */
int hv_proxied_create(struct hv *hv, struct hv_vm *vm);
void hv_proxied_destroy(struct hv *hv, struct hv_vm *vm);
/* What the secure world gets in the place of the VM's own memory and doorbells. */
void hv_proxied_join(const struct hv_vm *vm, int fds[TEECTL_FD_NUM]);
/* It has them now. */
void hv_proxied_joined(struct hv_vm *vm);
/* The driver's register write that is about to become a command. */
void hv_proxied_written(struct hv_vm *vm, const struct vmctl_mmio *m);
/* Copies what has changed hands, and rings for it. */
void hv_proxied_service(struct hv *hv, struct hv_vm *vm);
/* Those that had more to copy than their turn takes. */
void hv_proxied_turns(struct hv *hv, struct hv_source *src, uint32_t events);
/* Messages and bytes that were copied. */
void hv_proxied_count(const struct hv_vm *vm, uint64_t *messages, uint64_t *bytes);

/* child.c */
void hv_children_start(struct hv *hv);
void hv_children_stop(struct hv *hv);
void hv_children_due(struct hv *hv, uint64_t now);
/* READY has come. */
void hv_tee_serves(struct hv *hv);
/* The secure world or the launcher has ended: all that lived on it goes, and it starts again. */
void hv_tee_ended(struct hv *hv, const char *why);
void hv_supplicant_start(struct hv *hv);

/* key.c */
/* The root key in @dir, made if there is none. Return: 0, -EPERM (others could read or change it), -errno. */
int hv_key_load(const char *dir, uint8_t key[TEECTL_ROOT_KEY_SIZE]);
/* The secure world's file in @dir, beside the key, made if there is none. Return: descriptor, -EPERM, -errno. */
int hv_record_open(const char *dir);

/* status.c */
void hv_status(struct hv *hv, struct hv_peer *peer, uint32_t seq);

#endif
