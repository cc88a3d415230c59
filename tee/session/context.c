/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include <stdlib.h>
#include <string.h>

#include "tee/session/result.h"

/*
 * One channel: one open context of a VM. Messages that can't be taken yet (the VM has its share of calls
 * under way, or doesn't take its answers) stay in the channel's buffers, which bound them; only CANCEL
 * overtakes them, or nothing could end the calls that they wait for.
 */
struct mipstee_ctx {
	struct tee_client client;
	struct session_manager *sm;
	ipc_handle_t chan; /* 0: closed */
	struct list node;  /* VM's contexts */
	struct list unsent;
	struct ipc_msg_info backlog[IPC_CHAN_MAX_BUFS]; /* ring */
	unsigned int first, num;
};

/* An answer that found no buffer; it counts as a call of the VM's. */
struct unsent {
	struct list node;
	size_t len;
	uint8_t data[];
};

/* A request under way: what its answer repeats. */
struct mipstee_req {
	struct tee_request rq;
	struct mipstee_hdr hdr;
	struct mipstee_arg arg;
	struct mipstee_param param[MESSAGE_META_PARAMS + MIPSTEE_MAX_CLIENT_PARAMS];
};

static struct session_vm *vm_of(const struct mipstee_ctx *ctx)
{
	return ctx->client.sv;
}

static void may_resume(struct session_vm *sv)
{
	if (!sv->num_backlog || !list_empty(&sv->resume_node))
		return;
	list_add_tail(&sv->sm->resumable, &sv->resume_node);
	ipc_task_kick(sv->sm->task);
}

static void call_answered(struct session_vm *sv)
{
	sv->num_calls--;
	may_resume(sv);
}

static void ctx_released(struct tee_client *c)
{
	free(container_of(c, struct mipstee_ctx, client));
}

/* @ctx may be gone on return. */
static void ctx_close(struct mipstee_ctx *ctx)
{
	struct list *node;

	ipc_close(ctx->sm->task, ctx->chan);
	ctx->chan = 0;
	list_del(&ctx->node);
	vm_of(ctx)->num_backlog -= ctx->num;
	ctx->num = 0;
	while ((node = list_pop(&ctx->unsent))) {
		free(list_entry(node, struct unsent, node));
		call_answered(vm_of(ctx));
	}
	client_gone(&ctx->client);
}

static bool keep_unsent(struct mipstee_ctx *ctx, const void *data, size_t len)
{
	struct unsent *u = malloc(sizeof(*u) + len);

	if (!u)
		return false;
	u->len = len;
	memcpy(u->data, data, len);
	list_add_tail(&ctx->unsent, &u->node);
	vm_of(ctx)->num_calls++;
	return true;
}

static void ctx_send(struct mipstee_ctx *ctx, void *data, size_t len)
{
	struct ipc_iov iov = { .base = data, .len = len };
	int rc = ERR_NOT_ENOUGH_BUFFER;

	if (!ctx->chan)
		return;
	if (list_empty(&ctx->unsent))
		rc = ipc_send_msg(ctx->sm->task, ctx->chan, &iov, 1);
	/* Any other error is a hang-up that is on its way, or no memory: the client's time-out tells. */
	if (rc == ERR_NOT_ENOUGH_BUFFER)
		keep_unsent(ctx, data, len);
}

static void flush_unsent(struct mipstee_ctx *ctx)
{
	while (!list_empty(&ctx->unsent)) {
		struct unsent *u = list_entry(ctx->unsent.next, struct unsent, node);
		struct ipc_iov iov = { .base = u->data, .len = u->len };

		if (ipc_send_msg(ctx->sm->task, ctx->chan, &iov, 1) == ERR_NOT_ENOUGH_BUFFER)
			return;
		list_del(&u->node);
		free(u);
		call_answered(vm_of(ctx));
	}
}

static bool is_cancel(const struct mipstee_msg *msg)
{
	return msg->arg.cmd == MIPSTEE_CMD_CANCEL && msg->hdr.magic == MIPSTEE_MAGIC;
}

static void answer(struct mipstee_ctx *ctx, struct mipstee_msg *msg, size_t len, uint32_t result)
{
	if (is_cancel(msg))
		return;
	/* A message whose length lies is answered by its fixed part. */
	if (msg->arg.num_params > MIPSTEE_MAX_PARAMS || len != message_len(msg->arg.num_params))
		msg->arg.num_params = 0;
	msg->hdr.magic = MIPSTEE_MAGIC;
	msg->arg.ret = result;
	msg->arg.ret_origin = TEE_ORIGIN_TEE;
	ctx_send(ctx, msg, message_len(msg->arg.num_params));
}

static unsigned int meta_params(const struct mipstee_req *req)
{
	return req->rq.kind == REQUEST_OPEN ? MESSAGE_META_PARAMS : 0;
}

static void req_done(struct tee_request *rq)
{
	struct mipstee_req *req = container_of(rq, struct mipstee_req, rq);
	struct mipstee_ctx *ctx = container_of(rq->client, struct mipstee_ctx, client);
	unsigned int meta = meta_params(req);
	size_t len = message_len(req->arg.num_params);

	message_params_out(rq, req->param + meta, req->arg.num_params - meta);
	req->arg.ret = rq->result;
	req->arg.ret_origin = rq->origin;
	if (rq->kind == REQUEST_OPEN)
		req->arg.session = rq->result ? 0 : rq->session_id;
	ctx_send(ctx, &req->hdr, len);
	call_answered(vm_of(ctx));
	free(req);
}

static const struct tee_request_ops req_ops = {
	.done = req_done,
};

_Static_assert(offsetof(struct mipstee_req, arg) ==
	       offsetof(struct mipstee_req, hdr) + sizeof(struct mipstee_hdr), "one message");
_Static_assert(offsetof(struct mipstee_req, param) ==
	       offsetof(struct mipstee_req, arg) + sizeof(struct mipstee_arg), "one message");

/* The two META parameters. */
static uint32_t open_in(struct session_vm *sv, const struct mipstee_msg *msg, struct tee_request *rq)
{
	uint8_t data[16];

	memcpy(rq->uuid, &msg->param[0].u.value, 16);
	memcpy(data, &msg->param[1].u.value, 16);
	rq->call.login = (uint32_t)msg->param[1].u.value.c;
	return login_identity(sv->vm, rq->call.login, data, rq->call.client_uuid);
}

static void drop_refs(struct session_manager *sm, struct tee_request *rq)
{
	unsigned int i;

	for (i = 0; i < TA_NUM_PARAMS; i++) {
		if (rq->shm[i])
			shm_put(sm->world, rq->shm[i]);
	}
}

static void start_request(struct mipstee_ctx *ctx, struct mipstee_msg *msg, size_t len,
			  enum request_kind kind)
{
	struct mipstee_req *req = calloc(1, sizeof(*req));
	uint32_t res = TEE_SUCCESS;
	unsigned int meta;

	if (!req) {
		answer(ctx, msg, len, TEE_ERROR_OUT_OF_MEMORY);
		return;
	}
	req->rq.ops = &req_ops;
	req->rq.kind = kind;
	req->rq.client = &ctx->client;
	req->rq.cancel_id = msg->arg.cancel_id;
	req->rq.call.cmd = msg->arg.func;
	memcpy(&req->hdr, msg, len);
	meta = meta_params(req);
	if (kind == REQUEST_OPEN)
		res = open_in(vm_of(ctx), msg, &req->rq);
	if (!res)
		res = message_params_in(vm_of(ctx), msg->param + meta,
					msg->arg.num_params - meta, &req->rq);
	if (res) {
		drop_refs(ctx->sm, &req->rq);
		free(req);
		answer(ctx, msg, len, res);
		return;
	}
	vm_of(ctx)->num_calls++;
	request_submit(&req->rq, msg->arg.session);
}

static uint32_t register_shm(struct session_vm *sv, const struct mipstee_msg *msg)
{
	struct vm_range range[MIPSTEE_MAX_PARAMS];
	uint32_t i;

	for (i = 0; i < msg->arg.num_params; i++)
		range[i] = (struct vm_range){ .gpa = msg->param[i].u.tmem.buf_ptr,
					      .len = msg->param[i].u.tmem.size };
	return shm_register(sv, msg->param[0].u.tmem.shm_ref, range, msg->arg.num_params);
}

static void dispatch(struct mipstee_ctx *ctx, struct mipstee_msg *msg, size_t len)
{
	struct session_vm *sv = vm_of(ctx);

	switch (msg->arg.cmd) {
	case MIPSTEE_CMD_OPEN_SESSION:
		start_request(ctx, msg, len, REQUEST_OPEN);
		break;
	case MIPSTEE_CMD_INVOKE_COMMAND:
		start_request(ctx, msg, len, REQUEST_INVOKE);
		break;
	case MIPSTEE_CMD_CLOSE_SESSION:
		start_request(ctx, msg, len, REQUEST_CLOSE);
		break;
	case MIPSTEE_CMD_CANCEL:
		request_cancel(&ctx->client, msg->arg.session, msg->arg.cancel_id);
		break;
	case MIPSTEE_CMD_REGISTER_SHM:
		answer(ctx, msg, len, register_shm(sv, msg));
		break;
	case MIPSTEE_CMD_UNREGISTER_SHM:
		answer(ctx, msg, len, shm_unregister(sv, msg->param[0].u.rmem.shm_ref));
		break;
	default:
		answer(ctx, msg, len, TEE_ERROR_NOT_SUPPORTED);
		break;
	}
}

/* Return: false when the channel was closed for it. */
static bool handle(struct mipstee_ctx *ctx, struct mipstee_msg *msg, size_t len)
{
	bool malformed = true;
	uint32_t res;

	if (len < MESSAGE_MIN) {
		world_counters(ctx->sm->world)->bad_messages++;
		ctx_close(ctx);
		return false;
	}
	res = message_check(msg, len, &malformed);
	if (malformed)
		world_counters(ctx->sm->world)->bad_messages++;
	if (res)
		answer(ctx, msg, len, res);
	else
		dispatch(ctx, msg, len);
	return true;
}

static bool must_wait(const struct mipstee_ctx *ctx)
{
	const struct session_vm *sv = vm_of(ctx);

	return sv->num_calls >= world_limits(sv->sm->world)->calls_per_vm || !list_empty(&ctx->unsent);
}

static void read_msg(struct mipstee_ctx *ctx, const struct ipc_msg_info *info,
		     struct mipstee_msg *msg)
{
	struct ipc_iov iov = { .base = msg, .len = sizeof(*msg) };

	ipc_read_msg(ctx->sm->task, ctx->chan, info->id, 0, &iov, 1);
}

/* Return: false when the channel was closed for it. */
static bool take(struct mipstee_ctx *ctx, const struct ipc_msg_info *info)
{
	struct mipstee_msg msg;
	bool cancel;

	read_msg(ctx, info, &msg);
	/* What isn't one all through is answered, and answers must be bounded. */
	cancel = info->len >= MESSAGE_MIN && is_cancel(&msg);
	if (!cancel && (ctx->num || must_wait(ctx))) {
		ctx->backlog[(ctx->first + ctx->num++) % IPC_CHAN_MAX_BUFS] = *info;
		vm_of(ctx)->num_backlog++;
		return true;
	}
	ipc_put_msg(ctx->sm->task, ctx->chan, info->id);
	return handle(ctx, &msg, info->len);
}

static void take_backlog(struct mipstee_ctx *ctx)
{
	while (ctx->num && !must_wait(ctx)) {
		struct ipc_msg_info info = ctx->backlog[ctx->first];
		struct mipstee_msg msg;

		ctx->first = (ctx->first + 1) % IPC_CHAN_MAX_BUFS;
		ctx->num--;
		vm_of(ctx)->num_backlog--;
		read_msg(ctx, &info, &msg);
		ipc_put_msg(ctx->sm->task, ctx->chan, info.id);
		if (!handle(ctx, &msg, info.len))
			return;
	}
}

void context_resume(struct session_vm *sv)
{
	struct list *pos, *next;

	list_for_each_safe(pos, next, &sv->contexts)
		take_backlog(list_entry(pos, struct mipstee_ctx, node));
}

void context_event(struct session_manager *sm, const struct ipc_uevent *ev)
{
	struct mipstee_ctx *ctx = ev->cookie;
	struct ipc_msg_info info;

	if (ev->event & IPC_HANDLE_POLL_SEND_UNBLOCKED)
		flush_unsent(ctx);
	if (ev->event & IPC_HANDLE_POLL_MSG) {
		while (!ipc_get_msg(sm->task, ev->handle, &info)) {
			if (!take(ctx, &info))
				return;
		}
	}
	if (ev->event & IPC_HANDLE_POLL_HUP)
		ctx_close(ctx);
}

void context_accept(struct session_manager *sm)
{
	struct mipstee_ctx *ctx;
	struct session_vm *sv;
	struct ipc_peer peer;
	ipc_handle_t h;

	h = ipc_accept(sm->task, sm->port, &peer);
	if (h < 0)
		return;
	sv = session_vm_of(sm, peer.vm);
	ctx = sv ? calloc(1, sizeof(*ctx)) : NULL;
	if (!ctx) {
		ipc_close(sm->task, h);
		return;
	}
	ctx->sm = sm;
	ctx->chan = h;
	list_init(&ctx->unsent);
	client_init(&ctx->client, sv, ctx_released);
	list_add_tail(&sv->contexts, &ctx->node);
	ipc_set_cookie(sm->task, h, ctx);
}

void context_hangup_all(struct session_vm *sv)
{
	while (!list_empty(&sv->contexts))
		ctx_close(list_entry(sv->contexts.next, struct mipstee_ctx, node));
}
