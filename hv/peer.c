/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* One connection to the machine's socket: a VM, a tool, or the machine's own supplicant. */
#include "hv/hv_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/log.h"

union peer_msg {
	struct vmctl_hdr hdr;
	struct vmctl_attach_req attach;
	struct vmctl_mmio mmio;
	struct vmctl_ds ds;
	struct vmctl_describe describe;
	uint8_t bytes[VMCTL_MAX_MSG];
};

/* Who is at the other end, as it was when it connected; never what it says of itself. */
static int read_creds(int sock, struct hv_creds *creds)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	creds->uid = cred.uid;
	creds->gid = cred.gid;
	creds->pid = (uint32_t)cred.pid;
	len = sizeof(creds->groups);
	if (getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, creds->groups, &len)) {
		/* More than we keep: none, so that no membership is claimed that isn't shown. */
		creds->num_groups = 0;
		return errno == ERANGE || errno == ENOPROTOOPT || errno == ENODATA ? 0 : -errno;
	}
	creds->num_groups = (uint32_t)(len / sizeof(creds->groups[0]));
	return 0;
}

static void peer_interest(struct hv *hv, struct hv_peer *peer)
{
	uint32_t events = EPOLLRDHUP;

	if (!peer->busy)
		events |= EPOLLIN;
	if (!outbox_empty(&peer->out))
		events |= EPOLLOUT;
	hv_watch(hv, &peer->src, events);
}

void hv_peer_set_busy(struct hv *hv, struct hv_peer *peer, bool busy)
{
	peer->busy = busy;
	peer_interest(hv, peer);
}

int hv_peer_send(struct hv *hv, struct hv_peer *peer, const void *msg, size_t len, const int *fds,
		 unsigned int num_fds)
{
	int ret = outbox_send(&peer->out, peer->src.fd, msg, len, fds, num_fds);
	struct vmctl_hdr hdr;

	if (num_fds && hv_proxy_is_shortage(ret)) {
		log_warn_limited(&hv->refused, "pid %u: what it asks for can't be handed over: %s",
				 peer->creds.pid, strerror(-ret));
		memcpy(&hdr, msg, sizeof(hdr));
		ret = hv_peer_answer(hv, peer, hdr.type, hdr.seq, -ENOMEM);
		return ret ? ret : -ENOMEM;
	}
	if (ret) {
		log_info("pid %u doesn't take its answers: dropped", peer->creds.pid);
		hv_peer_destroy(hv, peer);
		return -EPIPE;
	}
	peer_interest(hv, peer);
	return 0;
}

int hv_peer_answer(struct hv *hv, struct hv_peer *peer, uint32_t type, uint32_t seq, int status)
{
	struct vmctl_simple msg = { .hdr = { .type = type, .seq = seq, .status = status } };

	peer->busy = false;
	return hv_peer_send(hv, peer, &msg, sizeof(msg), NULL, 0);
}

void hv_peer_destroy(struct hv *hv, struct hv_peer *peer)
{
	hv_proxy_forget_peer(hv, peer);
	if (peer->vm) {
		peer->vm->peer = NULL;
		hv_vm_leave(hv, peer->vm);
	}
	outbox_clear(&peer->out);
	hv_unwatch(hv, &peer->src);
	close(peer->src.fd);
	list_del(&peer->node);
	hv->num_peers--;
	free(peer);
	hv_idle_update(hv);
}

/* Tools: only whoever the machine belongs to, and root. */
static bool may_control(const struct hv_peer *peer)
{
	return peer->creds.uid == 0 || peer->creds.uid == geteuid();
}

static void give_trace(struct hv *hv, struct hv_peer *peer, uint32_t seq)
{
	struct vmctl_simple msg = { .hdr = { .type = VMCTL_TRACE, .seq = seq } };

	if (hv->trace_fd < 0 || !may_control(peer))
		hv_peer_answer(hv, peer, VMCTL_TRACE, seq, hv->trace_fd < 0 ? -ENOENT : -EPERM);
	else
		hv_peer_send(hv, peer, &msg, sizeof(msg), &hv->trace_fd, 1);
}

/* Exact length of each request's message; 0 for a type that no peer may send. */
static size_t request_len(uint32_t type)
{
	switch (type) {
	case VMCTL_ATTACH:
		return sizeof(struct vmctl_attach_req);
	case VMCTL_MMIO_READ:
	case VMCTL_MMIO_WRITE:
		return sizeof(struct vmctl_mmio);
	case VMCTL_DS_CREATE:
	case VMCTL_DS_IMPORT:
	case VMCTL_DS_DESTROY:
		return sizeof(struct vmctl_ds);
	case VMCTL_DESCRIBE:
		return sizeof(struct vmctl_describe);
	case VMCTL_STATUS:
	case VMCTL_SHUTDOWN:
	case VMCTL_TRACE:
		return sizeof(struct vmctl_simple);
	default:
		return 0;
	}
}

static bool needs_vm(uint32_t type)
{
	return type == VMCTL_MMIO_READ || type == VMCTL_MMIO_WRITE || type == VMCTL_DS_CREATE ||
	       type == VMCTL_DS_IMPORT || type == VMCTL_DS_DESTROY || type == VMCTL_DESCRIBE;
}

static int check_request(const struct hv_peer *peer, const union peer_msg *m, size_t len,
			 unsigned int num_fds)
{
	if (len != request_len(m->hdr.type) || !m->hdr.seq || m->hdr.reserved)
		return -EINVAL;
	if (num_fds != (m->hdr.type == VMCTL_DS_IMPORT))
		return -EINVAL;
	if (needs_vm(m->hdr.type) && (!peer->vm || peer->vm->state != HV_VM_LIVE))
		return -ENODEV;
	if (m->hdr.type == VMCTL_ATTACH && (peer->vm || m->attach.version != VMCTL_VERSION))
		return peer->vm ? -EBUSY : -EPROTONOSUPPORT;
	if (m->hdr.type == VMCTL_ATTACH && m->attach.flags & ~VMCTL_ATTACH_SUPPLICANT)
		return -EINVAL;
	if (m->hdr.type == VMCTL_ATTACH && m->attach.flags && !may_control(peer))
		return -EPERM;
	if ((m->hdr.type == VMCTL_SHUTDOWN || m->hdr.type == VMCTL_STATUS) && !may_control(peer))
		return -EPERM;
	return 0;
}

static void dispatch(struct hv *hv, struct hv_peer *peer, const union peer_msg *m, int fd)
{
	switch (m->hdr.type) {
	case VMCTL_ATTACH:
		hv_vm_attach(hv, peer, &m->attach);
		break;
	case VMCTL_MMIO_READ:
	case VMCTL_MMIO_WRITE:
		hv_vm_mmio(hv, peer, &m->mmio);
		break;
	case VMCTL_DS_CREATE:
		hv_ds_create(hv, peer, &m->ds);
		break;
	case VMCTL_DS_IMPORT:
		hv_ds_import(hv, peer, &m->ds, fd);
		break;
	case VMCTL_DS_DESTROY:
		hv_ds_destroy(hv, peer, &m->ds);
		break;
	case VMCTL_DESCRIBE:
		hv_peer_answer(hv, peer, VMCTL_DESCRIBE, m->hdr.seq,
			       hv_vm_describe(peer->vm, &m->describe));
		break;
	case VMCTL_STATUS:
		hv_status(hv, peer, m->hdr.seq);
		break;
	case VMCTL_SHUTDOWN:
		if (hv_peer_answer(hv, peer, VMCTL_SHUTDOWN, m->hdr.seq, 0))
			break;
		if (hv->stop_asker_fd < 0)
			hv->stop_asker_fd = fcntl(peer->src.fd, F_DUPFD_CLOEXEC, 0);
		hv_begin_stop(hv);
		break;
	default:
		give_trace(hv, peer, m->hdr.seq);
		break;
	}
}

/* Its end is an answer as well: it would wait for ever for this one. */
static void out_refused(void *data, const void *msg, int why)
{
	struct hv_peer *peer = data;

	(void)msg;
	log_info("pid %u can't be answered: %s", peer->creds.pid, strerror(-why));
	peer->unanswered = true;
}

static void on_peer(struct hv *hv, struct hv_source *src, uint32_t events)
{
	struct hv_peer *peer = container_of(src, struct hv_peer, src);
	unsigned int num_fds = 1;
	union peer_msg m;
	int fd = -1, ret;
	ssize_t n;

	if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) {
		hv_peer_destroy(hv, peer);
		return;
	}
	if (events & EPOLLOUT) {
		outbox_flush(&peer->out, peer->src.fd);
		if (peer->unanswered) {
			hv_peer_destroy(hv, peer);
			return;
		}
		peer_interest(hv, peer);
	}
	if (!(events & EPOLLIN) || peer->busy)
		return;
	n = ctl_recv(src->fd, &m, sizeof(m), &fd, &num_fds);
	if (n == -EAGAIN)
		return;
	if (n < (ssize_t)sizeof(m.hdr)) {
		/* Gone, or it doesn't speak this protocol. */
		if (n)
			log_info("pid %u sends what is no request: dropped", peer->creds.pid);
		hv_peer_destroy(hv, peer);
		return;
	}
	ret = check_request(peer, &m, (size_t)n, num_fds);
	if (ret)
		hv_peer_answer(hv, peer, m.hdr.type, m.hdr.seq, ret);
	else
		dispatch(hv, peer, &m, fd);
	if (num_fds)
		close(fd);
}

int hv_peer_create(struct hv *hv, int sock, bool supplicant)
{
	struct hv_peer *peer = calloc(1, sizeof(*peer));
	int ret;

	if (!peer)
		return -ENOMEM;
	peer->src.fd = sock;
	peer->src.fn = on_peer;
	peer->supplicant = supplicant;
	outbox_init(&peer->out, HV_MAX_PEER_OUT);
	peer->out.refused = out_refused;
	peer->out.refused_data = peer;
	ret = read_creds(sock, &peer->creds);
	if (!ret)
		ret = hv_watch(hv, &peer->src, EPOLLIN | EPOLLRDHUP);
	if (ret) {
		free(peer);
		return ret;
	}
	list_add_tail(&hv->peers, &peer->node);
	hv->num_peers++;
	return 0;
}

void hv_peers_due(struct hv *hv, uint64_t now)
{
	struct list *pos, *n;

	list_for_each_safe(pos, n, &hv->peers) {
		struct hv_peer *peer = list_entry(pos, struct hv_peer, node);

		if (!peer->waiting || now < peer->wait_until_ns)
			continue;
		peer->waiting = false;
		hv_peer_answer(hv, peer, VMCTL_ATTACH, peer->attach.hdr.seq, -ETIMEDOUT);
	}
}

void hv_peers_resume(struct hv *hv)
{
	struct list *pos, *n;

	list_for_each_safe(pos, n, &hv->peers) {
		struct hv_peer *peer = list_entry(pos, struct hv_peer, node);

		if (!peer->waiting)
			continue;
		peer->waiting = false;
		hv_vm_attach(hv, peer, &peer->attach);
	}
}
