/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/uuid.h"
#include "wire/mipstee.h"

/* 1bb9b3a4-52b0-4c5e-9e4d-6f0d1f5a8c31 */
static const uint8_t manager_uuid[16] = { 0x1b, 0xb9, 0xb3, 0xa4, 0x52, 0xb0, 0x4c, 0x5e,
					  0x9e, 0x4d, 0x6f, 0x0d, 0x1f, 0x5a, 0x8c, 0x31 };

void manager_schedule(struct session_manager *sm, struct runnable *r)
{
	if (list_empty(&r->node))
		list_add_tail(&sm->run_queue, &r->node);
	ipc_task_kick(sm->task);
}

/* In the thread that was asked to help: its ipc_dispatch does the rest. */
static void hand_taken(void *data)
{
	struct session_manager *sm = data;
	uint64_t n;

	sm->handed = false;
	if (read(sm->hand_fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
		ipc_task_kick(sm->task);
}

void manager_hand_over(struct session_manager *sm)
{
	static const uint64_t one = 1;

	if (sm->handed || (list_empty(&sm->run_queue) && !ipc_pending(sm->ipc)))
		return;
	sm->handed = write(sm->hand_fd, &one, sizeof(one)) == (ssize_t)sizeof(one);
}

static void take_messages(struct session_manager *sm)
{
	struct ipc_uevent ev;
	struct list *node;

	do {
		while (!ipc_wait_any(sm->task, &ev, 0)) {
			if (ev.handle == sm->port)
				context_accept(sm);
			else
				context_event(sm, &ev);
		}
		node = list_pop(&sm->resumable);
		if (node)
			context_resume(list_entry(node, struct session_vm, resume_node));
	} while (node);
}

static void manager_notify(void *data)
{
	struct session_manager *sm = data;
	struct runnable *r;

	take_messages(sm);
	if (list_empty(&sm->run_queue))
		return;
	/* Others first: what they have to do mustn't wait for a TA. */
	if (ipc_pending(sm->ipc)) {
		ipc_task_kick(sm->task);
		return;
	}
	r = list_entry(list_pop(&sm->run_queue), struct runnable, node);
	r->run(r);
	if (!list_empty(&sm->run_queue))
		ipc_task_kick(sm->task);
}

static int open_port(struct session_manager *sm)
{
	sm->task = ipc_task_create(sm->ipc, manager_uuid, NULL);
	if (!sm->task)
		return -ENOMEM;
	sm->port = ipc_port_create(sm->task, MIPSTEE_PORT, IPC_CHAN_MAX_BUFS, MIPSTEE_MAX_MSG,
				   IPC_PORT_ALLOW_NS_CONNECT);
	if (sm->port < 0) {
		ipc_task_destroy(sm->task);
		return sm->port == ERR_ALREADY_EXISTS ? -EEXIST : -ENOMEM;
	}
	ipc_task_set_notify(sm->task, manager_notify, sm);
	return 0;
}

int session_manager_create(struct tee_world *w, struct session_manager **smp)
{
	struct session_manager *sm = calloc(1, sizeof(*sm));
	unsigned int i;
	int rc;

	if (!sm)
		return -ENOMEM;
	sm->world = w;
	sm->ipc = world_ipc(w);
	list_init(&sm->run_queue);
	list_init(&sm->images);
	list_init(&sm->load_queue);
	list_init(&sm->resumable);
	list_init(&sm->ta_clients);
	for (i = 0; i < SESSION_HASH; i++)
		list_init(&sm->session_hash[i]);
	reaper_init(sm);
	rc = login_prepare();
	if (rc)
		goto err_free;
	sm->hand_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sm->hand_fd < 0) {
		rc = -errno;
		goto err_free;
	}
	sm->hand_watch = world_watch(w, sm->hand_fd, hand_taken, sm);
	if (sm->hand_watch < 0) {
		rc = sm->hand_watch;
		goto err_fd;
	}
	rc = ta_client_serve(sm);
	if (!rc)
		rc = open_port(sm);
	if (rc)
		goto err_watch;
	*smp = sm;
	return 0;

err_watch:
	world_unwatch(w, sm->hand_watch);
err_fd:
	close(sm->hand_fd);
err_free:
	world_event_destroy(&sm->reap_event);
	free(sm);
	return rc;
}

void session_manager_destroy(struct session_manager *sm)
{
	if (!sm)
		return;
	/* The world's threads have ended and its VMs are gone. */
	ta_client_drop_all(sm);
	image_drop_all(sm);
	ipc_task_destroy(sm->task);
	world_unwatch(sm->world, sm->hand_watch);
	close(sm->hand_fd);
	world_event_destroy(&sm->reap_event);
	free(sm);
}

void session_vm_gone(struct session_manager *sm, struct tee_vm *vm)
{
	struct session_vm *sv = vm->session_data;

	(void)sm;
	if (!sv)
		return;
	context_hangup_all(sv);
	shm_unregister_all(sv);
	vm_mem_put(sv->pool);
	sv->pool = NULL;
	vm->session_data = NULL;
	session_vm_put(sv);
}

static void status_one(const struct tee_session *s, const char *sep, FILE *out)
{
	const struct session_inst *inst = s->inst;
	char uuid[UUID_TEXT_SIZE];

	uuid_format(inst->image->uuid, uuid);
	fprintf(out, "%s{\"vm\":%u,\"id\":%u,\"uuid\":\"%s\",\"instance\":%u,\"pid\":%u,\"busy\":%s}",
		sep, s->client->sv ? s->client->sv->vm_id : 0, s->id, uuid, inst->id,
		inst->ta ? ta_instance_pid(inst->ta) : 0,
		inst->current && inst->current->session == s ? "true" : "false");
}

void session_status(struct session_manager *sm, FILE *out)
{
	const char *sep = "";
	struct list *pos;
	unsigned int i;

	fputc('[', out);
	for (i = 0; i < SESSION_HASH; i++) {
		list_for_each(pos, &sm->session_hash[i]) {
			status_one(list_entry(pos, struct tee_session, hash_node), sep, out);
			sep = ",";
		}
	}
	fputc(']', out);
}
