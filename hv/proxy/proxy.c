/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The trusty proxy: joins a normal world VM and the secure world. In direct mode it hands both the same rings,
 * memory and doorbells, passes on what must be acknowledged, and then stays out of the way; in proxied mode
 * (proxied.c) it copies between the two.
 */
#include "hv/hv_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/log.h"
#include "lib/trace.h"

struct hv_pending *hv_pending_new(struct hv *hv, struct hv_peer *peer, struct hv_vm *vm, uint32_t type,
				  uint32_t seq, void (*done)(struct hv *, struct hv_pending *, int, int))
{
	struct hv_pending *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->token = ++hv->next_token;
	p->peer = peer;
	p->vm = vm;
	p->type = type;
	p->seq = seq;
	p->done = done;
	p->ds_fd = -1;
	list_add_tail(&hv->pending, &p->node);
	return p;
}

void hv_proxy_give_up(struct hv *hv, const char *why)
{
	log_error("%s: the secure world is started again", why);
	if (hv->tee.fd >= 0)
		shutdown(hv->tee.fd, SHUT_RDWR);
}

static int tee_send(struct hv *hv, const void *msg, size_t len, const int *fds, unsigned int num_fds)
{
	int ret = outbox_send(&hv->tee_out, hv->tee.fd, msg, len, fds, num_fds);

	if (!ret && !outbox_empty(&hv->tee_out))
		ret = hv_watch(hv, &hv->tee, EPOLLIN | EPOLLOUT);
	return ret;
}

static void complete(struct hv *hv, struct hv_pending *p, int status, int fd)
{
	list_del(&p->node); /* before done: what it frees must not find it */
	p->done(hv, p, status, fd);
	free(p);
}

bool hv_proxy_is_shortage(int ret)
{
	return ret == -ETOOMANYREFS || ret == -EMFILE || ret == -ENOMEM || ret == -ENOBUFS;
}

/* What brings descriptors brings something new: without it all stays as it was. */
static bool brings_fds(uint32_t type)
{
	return type == TEECTL_VM_ADD || type == TEECTL_DS_ADD;
}

/* A message for @p, or for nobody any more (NULL), can't be sent. */
static void not_sent(struct hv *hv, struct hv_pending *p, uint32_t type, int why)
{
	if (!brings_fds(type) || !hv_proxy_is_shortage(why)) {
		hv_proxy_give_up(hv, "it can't be reached");
		return;
	}
	if (!p)
		return;
	log_warn_limited(&hv->refused, "vm %u: what it asks for can't be handed over: %s", p->vm->id,
			 strerror(-why));
	complete(hv, p, -ENOMEM, -1);
}

void hv_proxy_send(struct hv *hv, struct hv_pending *p, uint32_t type, struct teectl_hdr *msg,
		   size_t len, const int *fds, unsigned int num_fds)
{
	int ret;

	msg->type = type;
	msg->token = p->token;
	p->tee_type = type;
	if (hv->tee.fd < 0)
		return; /* gone: hv_proxy_end is under way and answers */
	ret = tee_send(hv, msg, len, fds, num_fds);
	if (ret)
		not_sent(hv, p, type, ret);
}

void hv_proxy_join(struct hv *hv, struct hv_vm *vm, struct hv_pending *p)
{
	struct teectl_vm_add msg = {
		.hdr.vm_id = vm->id,
		.flags = vm->supplicant ? TEECTL_VM_SUPPLICANT : 0,
		.uid = vm->creds.uid,
		.gid = vm->creds.gid,
		.pid = vm->creds.pid,
		.ram_gpa = VMCTL_RAM_GPA,
		.ram_size = VMCTL_RAM_SIZE,
		.shm_gpa = VMCTL_SHM_GPA,
		.shm_size = hv_vm_shm_size(vm),
		.vcpu_gpa = VMCTL_VCPU_GPA,
		.num_vcpus = VMCTL_NUM_VCPUS,
		.num_groups = vm->creds.num_groups,
	};
	int fds[TEECTL_FD_NUM];

	tl_trace(TRACE_PROXY, TRACE_DOWN, "join", vm->id);
	memcpy(msg.groups, vm->creds.groups, vm->creds.num_groups * sizeof(msg.groups[0]));
	fds[TEECTL_FD_RAM] = vm->ram_fd;
	fds[TEECTL_FD_SHM] = vm->shm_fd;
	fds[TEECTL_FD_SHM_RO] = vm->shm_ro_fd;
	fds[TEECTL_FD_CONFIG] = vm->config_fd;
	fds[TEECTL_FD_KICK] = vm->kick_fd;
	fds[TEECTL_FD_IRQ] = vm->irq_tee_fd;
	hv_proxied_join(vm, fds);
	hv_proxy_send(hv, p, TEECTL_VM_ADD, &msg.hdr, sizeof(msg), fds, TEECTL_FD_NUM);
}

void hv_proxy_forget_peer(struct hv *hv, const struct hv_peer *peer)
{
	struct list *pos;

	list_for_each(pos, &hv->pending) {
		struct hv_pending *p = list_entry(pos, struct hv_pending, node);

		if (p->peer == peer)
			p->peer = NULL;
	}
}

static void pending_free(struct hv_pending *p)
{
	list_del(&p->node);
	free(p);
}

void hv_proxy_forget_vm(struct hv *hv, const struct hv_vm *vm)
{
	struct list *pos, *n;

	list_for_each_safe(pos, n, &hv->pending) {
		struct hv_pending *p = list_entry(pos, struct hv_pending, node);

		if (p->vm != vm)
			continue;
		if (p->ds_fd >= 0)
			close(p->ds_fd);
		pending_free(p);
	}
}

static struct hv_pending *pending_of(struct hv *hv, uint64_t token)
{
	struct list *pos;

	list_for_each(pos, &hv->pending) {
		struct hv_pending *p = list_entry(pos, struct hv_pending, node);

		if (p->token == token)
			return p;
	}
	return NULL;
}

/* What waited in line can't be sent after all. */
static void out_refused(void *data, const void *msg, int why)
{
	struct teectl_hdr hdr;
	struct hv *hv = data;

	if (why == -EPIPE || why == -ECONNRESET)
		return; /* its end is noticed anyway */
	memcpy(&hdr, msg, sizeof(hdr));
	not_sent(hv, pending_of(hv, hdr.token), hdr.type, why);
}

static void dev_status(struct hv *hv, uint32_t vm_id)
{
	struct vmctl_simple event = { .hdr.type = VMCTL_EVENT_CONFIG };
	struct hv_vm *vm = hv_vm_find(hv, vm_id);

	if (vm && vm->peer && vm->state == HV_VM_LIVE)
		hv_peer_send(hv, vm->peer, &event, sizeof(event), NULL, 0);
}

/* The root key goes to the secure world alone, when it first needs it. */
static void root_key(struct hv *hv)
{
	struct teectl_root_key msg = { .hdr.type = TEECTL_ROOT_KEY };
	int record;

	msg.hdr.status = hv->state_dir ? hv_key_load(hv->state_dir, msg.key) : -ENOENT;
	record = msg.hdr.status ? -1 : hv_record_open(hv->state_dir);
	if (tee_send(hv, &msg, sizeof(msg), &record, record >= 0))
		hv_proxy_give_up(hv, "it can't be reached");
	if (record >= 0)
		close(record);
	explicit_bzero(&msg, sizeof(msg));
}

static void tee_ready(struct hv *hv)
{
	if (hv->state != HV_STARTING)
		return;
	hv->state = HV_SERVING;
	hv_tee_serves(hv);
	hv_supplicant_start(hv);
	if (!hv->ready_told && hv->cfg.ready)
		hv->cfg.ready(hv->cfg.ready_data);
	hv->ready_told = true;
	hv_peers_resume(hv);
}

/* Return: 0, or -EPROTO when the secure world says what it can't. */
static int handle(struct hv *hv, const struct teectl_hdr *hdr, int fd)
{
	struct hv_pending *p;

	switch (hdr->type) {
	case TEECTL_READY:
		tee_ready(hv);
		return fd < 0 ? 0 : -EPROTO;
	case TEECTL_DEV_STATUS:
		dev_status(hv, hdr->vm_id);
		return fd < 0 ? 0 : -EPROTO;
	case TEECTL_ROOT_KEY:
		root_key(hv);
		return fd < 0 ? 0 : -EPROTO;
	default:
		break;
	}
	p = pending_of(hv, hdr->token);
	if (!p || p->tee_type != hdr->type || hdr->status > 0 ||
	    (fd >= 0 && hdr->type != TEECTL_STATUS))
		return -EPROTO;
	complete(hv, p, hdr->status, fd);
	return 0;
}

static void on_tee(struct hv *hv, struct hv_source *src, uint32_t events)
{
	unsigned int num_fds = 1;
	struct teectl_hdr hdr;
	int fd = -1;
	ssize_t n;

	if ((events & EPOLLOUT) && outbox_flush(&hv->tee_out, hv->tee.fd))
		hv_watch(hv, &hv->tee, EPOLLIN);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	n = ctl_recv(src->fd, &hdr, sizeof(hdr), &fd, &num_fds);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		/* ECONNRESET: it ended before it had read everything. */
		hv_tee_ended(hv, n && n != -ECONNRESET ? "the secure world sends what is no message" :
							 "the secure world has ended");
		return;
	}
	if (n != (ssize_t)sizeof(hdr) || handle(hv, &hdr, num_fds ? fd : -1)) {
		if (num_fds)
			close(fd);
		hv_tee_ended(hv, "the secure world answers what wasn't asked");
	}
}

int hv_proxy_start(struct hv *hv, int sock)
{
	int ret;

	hv->tee.fd = sock;
	hv->tee.fn = on_tee;
	hv->tee_out.refused = out_refused;
	hv->tee_out.refused_data = hv;
	ret = hv_watch(hv, &hv->tee, EPOLLIN);
	if (ret)
		hv->tee.fd = -1;
	return ret;
}

void hv_proxy_due(struct hv *hv, uint64_t now)
{
	struct list *pos, *n;

	list_for_each_safe(pos, n, &hv->pending) {
		struct hv_pending *p = list_entry(pos, struct hv_pending, node);

		if (!p->until_ns || now < p->until_ns)
			continue;
		/* It stays, so that a late answer finds what it was for; nobody waits for it any more. */
		p->until_ns = 0;
		p->done(hv, p, -ETIMEDOUT, -1);
		p->peer = NULL;
		return; /* others follow at the next turn of the timer: @done may have freed some */
	}
}

static void fail_pending(struct hv *hv)
{
	while (!list_empty(&hv->pending))
		complete(hv, list_entry(hv->pending.next, struct hv_pending, node), -EIO, -1);
}

void hv_proxy_end(struct hv *hv)
{
	struct vmctl_simple event = { .hdr.type = VMCTL_EVENT_TEE_GONE };

	if (hv->tee.fd >= 0) {
		hv_unwatch(hv, &hv->tee);
		close(hv->tee.fd);
		hv->tee.fd = -1;
	}
	outbox_clear(&hv->tee_out);
	fail_pending(hv);
	while (!list_empty(&hv->vms)) {
		struct hv_vm *vm = list_entry(hv->vms.next, struct hv_vm, node);

		if (!vm->peer) {
			hv_vm_free(hv, vm);
			continue;
		}
		if (!hv_peer_send(hv, vm->peer, &event, sizeof(event), NULL, 0))
			hv_peer_destroy(hv, vm->peer);
		fail_pending(hv);
	}
}
