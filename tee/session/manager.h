/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Inside the session manager: what its files know of each other.
 * Thread rule: under the world lock. A function that says "blocks" drops it; whatever it was given must
 *     be kept alive by state that others respect (a busy instance, a running request).
 * Ownership rule: see each struct.
 *
 * Who runs what: messages are taken and answered in the manager's notify function, which never blocks in
 * that part. Work that may block (a load, a call into an instance) is a `runnable` on the run queue; the
 * thread that finds no more to do takes one of them, and before it blocks it hands the rest of the queue to
 * another thread through an event fd. So one client's call needs no thread hop, and two clients' calls run at once.
 */
#ifndef TEELINK_TEE_SESSION_MANAGER_H
#define TEELINK_TEE_SESSION_MANAGER_H

#include "lib/limits.h"
#include "lib/list.h"
#include "tee/ipc/ipc.h"
#include "tee/session/pseudo.h"
#include "tee/session/session.h"
#include "tee/ta/ta.h"
#include "tee/vm.h"
#include "tee/world.h"
#include "wire/mipstee.h"

#define SESSION_MAX_LOADS 16u /* images being loaded at a time, machine-wide */
#define SESSION_HASH 1024u
#define SESSION_SHM_HASH 256u
/* A DESTROY gets this long before its TA is killed. */
#define SESSION_DESTROY_GRACE_NS 10000000000ull

struct runnable {
	struct list node; /* run queue */
	void (*run)(struct runnable *r); /* blocks */
};

struct session_manager {
	struct tee_world *world;
	struct ipc_kernel *ipc;
	struct ipc_task *task;
	ipc_handle_t port;
	struct list run_queue;
	int hand_fd, hand_watch; /* event fd: another thread, please */
	bool handed;
	struct list images;
	struct list load_queue; /* images that wait for one of SESSION_MAX_LOADS */
	unsigned int num_loading;
	struct list session_hash[SESSION_HASH];
	uint32_t last_session, last_inst;
	struct list doomed; /* instances with a deadline */
	struct runnable reaper;
	struct world_event reap_event;
	bool reaping;
	struct list resumable; /* VMs whose backlog may move on */
	struct list ta_clients; /* TAs that have had something to do with others */
};

/* A call that has no client any more gets this long before its TA is killed. */
static inline uint64_t session_grace_ns(const struct session_manager *sm)
{
	return world_limits(sm->world)->orphan_call_ms * 1000000u;
}

/* A shared instance that works for clients that have all gone: it may have a state to keep. */
static inline uint64_t session_forsaken_grace_ns(const struct session_manager *sm)
{
	return world_limits(sm->world)->orphan_shared_call_ms * 1000000u;
}

/* manager.c */
void manager_schedule(struct session_manager *sm, struct runnable *r);
/* Before anything that blocks: what this thread leaves undone is another's to do. */
void manager_hand_over(struct session_manager *sm);

/* What the manager knows of one VM. Lives as long as a client of it or the VM. */
struct session_vm {
	struct session_manager *sm;
	struct tee_vm *vm; /* a reference: the VM isn't gone before its last call is */
	uint32_t vm_id;
	unsigned int refs;
	unsigned int num_sessions; /* opens under way included */
	unsigned int num_calls;    /* requests taken and not answered */
	unsigned int num_shm, num_runs; /* registered objects, and their pieces */
	unsigned int num_backlog;  /* messages that wait in its channels */
	struct list shm_hash[SESSION_SHM_HASH];
	struct vm_mem *pool; /* the static pool as one object, NULL until needed */
	struct list contexts; /* mipstee_ctx */
	struct list resume_node;
};

/* shm.c: memory objects */
struct session_shm {
	struct list node; /* hash; alone once unregistered */
	unsigned int refs; /* the table's and one per parameter of a request */
	uint64_t ref;
	struct vm_mem *mem;
};

struct session_vm *session_vm_of(struct session_manager *sm, struct tee_vm *vm);
struct session_vm *session_vm_get(struct session_vm *sv);
void session_vm_put(struct session_vm *sv);
/* TEE_Result. */
uint32_t shm_register(struct session_vm *sv, uint64_t ref, const struct vm_range *ranges,
		      unsigned int num);
uint32_t shm_unregister(struct session_vm *sv, uint64_t ref);
void shm_unregister_all(struct session_vm *sv);
struct session_shm *shm_find(struct session_vm *sv, uint64_t ref);
void shm_put(struct tee_world *w, struct session_shm *shm);
/* NULL: the VM has no static pool, or no memory. Borrowed. */
struct vm_mem *shm_pool(struct session_vm *sv);
/* Does [offset, offset + size) lie in the object? */
bool shm_contains(const struct vm_mem *mem, uint64_t offset, uint64_t size);

/* request.c: what any front end asks for */
enum request_kind { REQUEST_OPEN, REQUEST_INVOKE, REQUEST_CLOSE };

enum request_state {
	REQUEST_NEW,
	REQUEST_QUEUED,  /* on an instance's or an image's list; may be taken off */
	REQUEST_RUNNING, /* its thread is in the TA: nobody else frees it */
};

struct tee_request;

struct tee_request_ops {
	/* Result and outputs are in @rq, which goes back to the front end. Never blocks. */
	void (*done)(struct tee_request *rq);
};

/* One call, owned by the front end but between request_submit and done. */
struct tee_request {
	const struct tee_request_ops *ops;
	enum request_kind kind;
	enum request_state state;
	struct tee_client *client;
	struct list client_node;
	struct list node; /* queue of inst, or of image when inst is NULL */
	struct session_image *image;
	struct session_inst *inst;
	struct tee_session *session; /* INVOKE, CLOSE: given; OPEN: made on the way */
	bool reserved;               /* OPEN: counted in its VM's num_sessions */
	uint32_t cancel_id;
	uint8_t uuid[16]; /* OPEN */
	struct ta_call call; /* param, cmd; OPEN: login, client_uuid */
	struct session_shm *shm[TA_NUM_PARAMS]; /* references of its parameters */
	uint32_t result, origin, session_id; /* answer */
};

/* client.c. A client context: sessions belong to it, and end with it. Embedded in the front end's own. */
struct tee_client {
	struct session_manager *sm;
	struct session_vm *sv;	     /* NULL: a TA */
	struct session_inst *caller; /* the TA, or NULL */
	unsigned int num_sessions;   /* a TA's; a VM's are counted there */
	struct list sessions;
	struct list requests;
	bool gone;
	bool going; /* in client_gone: not released before its end */
	/* After client_gone, when nothing refers to the client any more. */
	void (*released)(struct tee_client *c);
};

void client_init(struct tee_client *c, struct session_vm *sv,
		 void (*released)(struct tee_client *c));
void client_init_ta(struct tee_client *c, struct session_inst *caller,
		    void (*released)(struct tee_client *c));
/* One more session, or the opening of one; false: it has all that it may have. */
bool client_reserve(struct tee_client *c);
void client_unreserve(struct tee_client *c);
/* The client went: its queued requests are dropped, its running ones cancelled, its sessions closed. */
void client_gone(struct tee_client *c);
void client_settle(struct tee_client *c);

/* May call ops->done at once. INVOKE and CLOSE name their session by @session_id. */
void request_submit(struct tee_request *rq, uint32_t session_id);
void request_finish(struct tee_request *rq, uint32_t result, uint32_t origin);
/* The TA answered: its result, values and sizes are in @rq->call. */
void request_finish_call(struct tee_request *rq);
/* Take a queued request off its queue and finish it. */
void request_drop(struct tee_request *rq, uint32_t result);
/* A queued one is finished, a running one's TA is told. */
void request_ask_to_end(struct tee_request *rq);
void request_cancel(struct tee_client *c, uint32_t session_id, uint32_t cancel_id);

/* session.c */
enum session_state {
	SESSION_OPENING, /* OPEN_SESSION is in the TA */
	SESSION_OPEN,
	SESSION_CLOSING, /* a CLOSE request stands in the queue: no more calls */
};

struct tee_session {
	enum session_state state;
	uint32_t id;
	struct tee_client *client;
	struct session_inst *inst;
	struct list hash_node, client_node;
	uint32_t login;
	uint8_t client_uuid[16];
	void *pseudo_ctx; /* a pseudo-TA's own */
	struct tee_request close_rq; /* for a client that went without closing it */
};

struct tee_session *session_create(struct session_manager *sm, struct tee_client *c,
				   struct session_inst *inst);
void session_destroy(struct tee_session *s);
struct tee_session *session_by_id(struct session_manager *sm, uint32_t id);
/* NULL: no such session of this client's, or it is on its way out or in. */
struct tee_session *session_find(struct session_manager *sm, struct tee_client *c, uint32_t id);
/* Nobody asked, nobody is told. */
void session_close(struct tee_session *s);

/* instance.c, image.c */
enum image_state {
	IMAGE_QUEUED,  /* on load_queue: goes when nobody waits for it any more */
	IMAGE_LOADING, /* one of SESSION_MAX_LOADS */
	IMAGE_LOADED,
};

struct session_image {
	struct runnable run; /* the load */
	struct session_manager *sm;
	enum image_state state;
	uint8_t uuid[16];
	struct ta_image *ta;
	const struct pseudo_ta_ops *pseudo; /* instead of ta */
	void *pseudo_data;
	uint32_t flags;
	struct list node;
	struct list insts;
	struct list waiters; /* opens that wait for the load, or for an instance to end */
};

enum inst_state {
	INST_NEW,    /* process and CREATE entry to come */
	INST_ALIVE,
	INST_STILLBORN, /* no process, or CREATE refused: nobody has ever met it */
	INST_DEAD,   /* stays until its sessions are closed */
	INST_ENDING, /* DESTROY entry runs */
};

struct session_inst {
	struct runnable run;
	enum inst_state state;
	uint32_t id;
	struct session_image *image;
	struct ta_instance *ta;
	struct list node; /* image's insts */
	struct list queue; /* requests, oldest first */
	struct tee_request *current;
	struct tee_request *last; /* ends the instance, and is answered after that */
	struct tee_request *nested; /* of its own, that it waits for in the middle of an entry */
	bool busy; /* a thread runs it */
	unsigned int num_sessions; /* opens in the queue included */
	struct list doom_node;
	uint64_t deadline;
};

/* An OPEN to where it belongs: finishes it, queues it at an instance, or at its image. */
void image_open(struct session_manager *sm, struct tee_request *rq);
void image_route(struct session_image *img, struct tee_request *rq);
/* It was loaded, or an instance of it ended: go on with its waiters. */
void image_wake(struct session_image *img);
/* Drop it if nobody uses it any more. */
void image_settle(struct session_image *img);
void image_drop_all(struct session_manager *sm);
struct session_image *image_find(struct session_manager *sm, const uint8_t uuid[16]);
struct session_image *image_create(struct session_manager *sm, const uint8_t uuid[16]);
/* The single instance that an open would meet, or NULL. */
struct session_inst *image_single_inst(struct session_image *img);
bool image_keeps_alive(const struct session_image *img);
bool image_keeps_crashed(const struct session_image *img);
struct session_inst *inst_create(struct session_image *img);
void inst_enqueue(struct session_inst *inst, struct tee_request *rq);
/* The call that runs is cancelled. */
void inst_cancel(struct session_inst *inst);
/*
 * Would @rq, a TA's, wait at @inst for ever? Each instance waits for one request at most, so it does
 * if the way from @inst to whom it waits for, and on, comes to @rq's caller.
 */
bool inst_would_deadlock(const struct session_inst *inst, const struct tee_request *rq);
/* One open less. */
void inst_leave(struct session_inst *inst);
/* Never runs again: whoever is in its queue is refused. */
void inst_drop(struct session_inst *inst);
bool inst_shared(const struct session_inst *inst);
/* Whoever it works for, or has a session with it, has gone. */
bool inst_forsaken(const struct session_inst *inst);

/* pseudo.c. As ta_instance_call. */
int pseudo_ta_call(struct session_inst *inst, struct ta_call *call);
/* As ta_instance_cancel. */
void pseudo_ta_cancel(struct session_inst *inst);

/* ta_client.c: sessions between TAs */
int ta_client_serve(struct session_manager *sm);
void ta_client_drop_all(struct session_manager *sm);

/* reaper.c */
void reaper_init(struct session_manager *sm);
void reaper_doom(struct session_inst *inst, uint64_t grace_ns);
void reaper_spare(struct session_inst *inst);

/* Makes libcrypto load all that login_identity needs: later the filter lets it open nothing. */
int login_prepare(void);
/* login.c. TEE_Result. @data: the message's client UUID; for GROUP of a process its first 4 octets are
 * the group's id in host order, as Linux's ioctl has it. */
uint32_t login_identity(const struct tee_vm *vm, uint32_t login, const uint8_t data[16],
			uint8_t client_uuid[16]);

/* message.c: the one validator of mipstee messages */
struct mipstee_msg {
	struct mipstee_hdr hdr;
	struct mipstee_arg arg;
	struct mipstee_param param[MIPSTEE_MAX_PARAMS];
} TL_PACKED;

#define MESSAGE_MIN (sizeof(struct mipstee_hdr) + sizeof(struct mipstee_arg))
#define MESSAGE_META_PARAMS 2u /* of OPEN_SESSION */

/* Length that @num parameters make. */
static inline size_t message_len(uint32_t num)
{
	return MESSAGE_MIN + (size_t)num * sizeof(struct mipstee_param);
}

/**
 * message_check() - is this a message that the driver may send?
 * @len: bytes that came, at least MESSAGE_MIN; bytes beyond sizeof(*msg) aren't in @msg
 * @malformed: set when no driver sends such bytes, whatever its client asked for
 *
 * Return: TEE_Result. On success num_params, attributes and reserved fields are as its command has them.
 */
uint32_t message_check(const struct mipstee_msg *msg, size_t len, bool *malformed);

/* param.c: the client's parameters of a checked message. @rq keeps what they name, also on failure. */
uint32_t message_params_in(struct session_vm *sv, const struct mipstee_param *mp, unsigned int num,
			   struct tee_request *rq);
/* Outputs only. */
void message_params_out(const struct tee_request *rq, struct mipstee_param *mp, unsigned int num);

/* context.c: the mipstee front end */
void context_accept(struct session_manager *sm);
void context_event(struct session_manager *sm, const struct ipc_uevent *ev);
/* Messages that had to wait may be taken now. */
void context_resume(struct session_vm *sv);
void context_hangup_all(struct session_vm *sv);

#endif
