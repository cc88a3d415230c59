/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The hypervisor between hostile clients and a secure world that may lie: requests of any content,
 * register accesses, descriptors that don't belong, connections that end at any moment.
 * Input: steps of an op byte and its operands, see run(). One hypervisor serves all inputs: at the end
 * of each nothing of it may be left.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "hv/hv_internal.h"
#include "lib/ctl.h"
#include "wire/l4virtio.h"

#define MAX_STEPS 300u
#define MAX_CLIENTS 4u
#define DRAIN_TURNS 100u

enum op {
	OP_CONNECT,    /* u8 client */
	OP_CLOSE,      /* u8 client */
	OP_RAW,        /* u8 client, u8 length, bytes */
	OP_ATTACH,     /* u8 client */
	OP_MMIO,       /* u8 client, u8 write?, u16 offset, u8 size, u32 value */
	OP_DS,         /* u8 client, u8 type, u8 descriptor, u64 value */
	OP_TEE_ANSWER, /* u8 status: the oldest message to the secure world */
	OP_TEE_RAW,    /* u8 type, u8 VM and descriptor, u8 tokens before the last, s8 -status */
	OP_TEE_PAGE,   /* u16 offset, u32 value: the newest VM's config page */
	OP_STATUS,     /* u8 client */
	OP_NUM
};

struct fuzz_machine {
	struct hv *hv;
	int tee, supplicant;
	int client[MAX_CLIENTS];
	int page; /* config page of the newest VM */
};

static int fake_start(void *data, enum hv_child which, const int fds[3])
{
	struct fuzz_machine *m = data;
	int *mine = which == HV_CHILD_TEE ? &m->tee : &m->supplicant;

	if (which == HV_CHILD_LAUNCH)
		return (int)which + 1;
	*mine = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
	fcntl(*mine, F_SETFL, O_RDWR | O_NONBLOCK);
	return (int)which + 1;
}

static int fake_watch(void *data, int handle)
{
	(void)data;
	(void)handle;
	return -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void fake_kill(void *data, enum hv_child which, int handle)
{
	struct fuzz_machine *m = data;

	(void)handle;
	if (which != HV_CHILD_LAUNCH)
		close_fd(which == HV_CHILD_TEE ? &m->tee : &m->supplicant);
}

static int fake_pid(void *data, int handle)
{
	(void)data;
	(void)handle;
	return 0;
}

/* Everything that is due, without waiting. */
static void drive(struct fuzz_machine *m)
{
	struct epoll_event ev;
	unsigned int i;

	for (i = 0; i < DRAIN_TURNS && epoll_wait(m->hv->epfd, &ev, 1, 0) == 1; i++) {
		struct hv_source *src = ev.data.ptr;

		src->fn(m->hv, src, ev.events);
	}
	hv_children_due(m->hv, m->tee < 0 ? UINT64_MAX : 0);
}

static void tee_say(struct fuzz_machine *m, uint32_t type, uint32_t vm_id, uint64_t token, int status)
{
	const struct teectl_hdr hdr = {
		.type = type, .vm_id = vm_id, .token = token, .status = status,
	};

	ctl_send(m->tee, &hdr, sizeof(hdr), NULL, 0);
}

static void ready(struct fuzz_machine *m)
{
	while (m->hv->state != HV_SERVING) {
		drive(m);
		if (m->tee >= 0)
			tee_say(m, TEECTL_READY, 0, 0, 0);
		drive(m);
	}
}

static void fill_page(int fd)
{
	struct l4virtio_config c = {
		.version = L4VIRTIO_VERSION,
		.magic = L4VIRTIO_MAGIC,
		.device = L4VIRTIO_DEVICE_P2P_TIPC,
		.num_queues = 2,
		.queues_offset = 0x200,
		.dev_features_map = { 1u << 29, 1 },
	};
	const struct l4virtio_queue q[2] = { { .num_max = 32 }, { .num_max = 32 } };

	FUZZ_ASSERT(pwrite(fd, q, sizeof(q), 0x200) == sizeof(q));
	FUZZ_ASSERT(pwrite(fd, &c, sizeof(c), 0) == sizeof(c));
}

/* The oldest message to the secure world is answered. Return: false when there is none. */
static bool tee_answer(struct fuzz_machine *m, int status)
{
	uint8_t buf[TEECTL_MAX_MSG] __attribute__((aligned(8)));
	struct teectl_hdr hdr;
	int fds[TEECTL_MAX_FDS];
	unsigned int num_fds = TEECTL_MAX_FDS;

	if (m->tee < 0 || ctl_recv(m->tee, buf, sizeof(buf), fds, &num_fds) < (ssize_t)sizeof(hdr))
		return false;
	memcpy(&hdr, buf, sizeof(hdr));
	if (hdr.type == TEECTL_VM_ADD) {
		FUZZ_ASSERT(num_fds == TEECTL_FD_NUM);
		fill_page(fds[TEECTL_FD_CONFIG]);
		close_fd(&m->page);
		m->page = fcntl(fds[TEECTL_FD_CONFIG], F_DUPFD_CLOEXEC, 0);
	}
	while (num_fds)
		close(fds[--num_fds]);
	/* Whatever it says of a VM_DEL, the VM is gone for the hypervisor. */
	tee_say(m, hdr.type, hdr.vm_id, hdr.token, status);
	return true;
}

static void drain_client(int fd)
{
	uint8_t buf[VMCTL_MAX_MSG];
	int fds[VMCTL_MAX_FDS];

	for (;;) {
		unsigned int n = VMCTL_MAX_FDS;

		if (ctl_recv(fd, buf, sizeof(buf), fds, &n) <= 0)
			return;
		while (n)
			close(fds[--n]);
	}
}

static void connect_client(struct fuzz_machine *m, unsigned int i)
{
	int pair[2];

	if (m->client[i] >= 0)
		return;
	FUZZ_ASSERT(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
	FUZZ_ASSERT(!hv_peer_create(m->hv, pair[0], false));
	m->client[i] = pair[1];
}

/* A descriptor of a kind that someone may try. */
static int some_fd(unsigned int kind)
{
	int fd = -1;

	if (kind % 8 == 0)
		return -1;
	if (kind % 8 == 1)
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	FUZZ_ASSERT(!ftruncate(fd, kind % 8 == 2 ? 5000 : 8192));
	if (kind % 8 > 3)
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
	if (kind % 8 == 7)
		fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	return fd;
}

static void send_to(int sock, const void *msg, size_t len, int fd)
{
	drain_client(sock);
	ctl_send(sock, msg, len, &fd, fd >= 0);
}

static void send_ds(struct fuzz_input *in, int sock)
{
	struct vmctl_ds m = { .hdr = { .seq = 1 } };
	uint32_t type = (uint32_t)fuzz_take(in, 1) % 3u;
	int fd = some_fd((unsigned int)fuzz_take(in, 1));

	m.hdr.type = VMCTL_DS_CREATE + type;
	m.size = fuzz_take(in, 8);
	m.id = m.size;
	send_to(sock, &m, sizeof(m), fd);
	close_fd(&fd);
}

static void send_mmio(struct fuzz_input *in, int sock)
{
	struct vmctl_mmio m = { .hdr = { .seq = 1 } };

	m.hdr.type = fuzz_take(in, 1) & 1 ? VMCTL_MMIO_WRITE : VMCTL_MMIO_READ;
	m.offset = (uint32_t)fuzz_take(in, 2);
	m.size = (uint32_t)fuzz_take(in, 1);
	m.value = (uint32_t)fuzz_take(in, 4);
	send_to(sock, &m, sizeof(m), -1);
}

static void send_raw(struct fuzz_input *in, int sock)
{
	uint8_t buf[256] = { 0 };
	size_t i, len = (size_t)fuzz_take(in, 1);

	for (i = 0; i < len; i++)
		buf[i] = (uint8_t)fuzz_take(in, 1);
	/* Who shares the machine's uid may end it: it would serve no input after this one. */
	if (buf[0] == VMCTL_SHUTDOWN)
		buf[0] = VMCTL_STATUS;
	send_to(sock, buf, len, -1);
}

static void tee_raw(struct fuzz_machine *m, struct fuzz_input *in)
{
	struct teectl_hdr hdr = { .type = (uint32_t)fuzz_take(in, 1) };
	uint32_t what = (uint32_t)fuzz_take(in, 1);
	int fd = some_fd((what >> 4) % 7);

	hdr.vm_id = what & 15;
	hdr.token = m->hv->next_token - fuzz_take(in, 1);
	hdr.status = -(int32_t)fuzz_take_delta(in);
	if (fd >= 0)
		FUZZ_ASSERT(pwrite(fd, "{\"x\":1}", 7, 0) > 0);
	ctl_send(m->tee, &hdr, sizeof(hdr), &fd, fd >= 0);
	close_fd(&fd);
}

static void run(struct fuzz_machine *m, struct fuzz_input *in)
{
	const struct vmctl_attach_req attach = {
		.hdr = { .type = VMCTL_ATTACH, .seq = 1 }, .version = VMCTL_VERSION,
	};
	const struct vmctl_simple status = { .hdr = { .type = VMCTL_STATUS, .seq = 1 } };
	enum op op = (enum op)(fuzz_take(in, 1) % OP_NUM);
	bool client = op < OP_TEE_ANSWER || op == OP_STATUS;
	unsigned int i = client ? (unsigned int)fuzz_take(in, 1) % MAX_CLIENTS : 0;
	uint32_t offset, value;

	if (op != OP_CONNECT && client && m->client[i] < 0)
		return;
	switch (op) {
	case OP_CONNECT:
		connect_client(m, i);
		break;
	case OP_CLOSE:
		close_fd(&m->client[i]);
		break;
	case OP_RAW:
		send_raw(in, m->client[i]);
		break;
	case OP_ATTACH:
		send_to(m->client[i], &attach, sizeof(attach), -1);
		break;
	case OP_MMIO:
		send_mmio(in, m->client[i]);
		break;
	case OP_DS:
		send_ds(in, m->client[i]);
		break;
	case OP_TEE_ANSWER:
		tee_answer(m, -(int)(fuzz_take(in, 1) % 40u));
		break;
	case OP_TEE_RAW:
		tee_raw(m, in);
		break;
	case OP_STATUS:
		send_to(m->client[i], &status, sizeof(status), -1);
		break;
	default:
		offset = (uint32_t)fuzz_take(in, 2) % (L4VIRTIO_PAGE_SIZE - 4);
		value = (uint32_t)fuzz_take(in, 4);
		if (m->page >= 0)
			FUZZ_ASSERT(pwrite(m->page, &value, 4, offset) == 4);
		break;
	}
	drive(m);
	ready(m);
}

static struct fuzz_machine *machine(void)
{
	static const struct hv_spawn_ops spawn = {
		.start = fake_start, .watch = fake_watch, .kill = fake_kill, .pid = fake_pid,
	};
	static char folder[] = "/tmp/teelink-fuzz-XXXXXX", path[64];
	static struct fuzz_machine m = { .hv = NULL, .tee = -1, .supplicant = -1, .page = -1 };
	struct hv_config cfg = { .socket = path, .spawn = &spawn, .spawn_data = &m };
	unsigned int i;

	if (m.hv)
		return &m;
	FUZZ_ASSERT(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	FUZZ_ASSERT(!hv_create(&cfg, &m.hv));
	/* Nobody connects by name: nothing is left behind when the fuzzer ends. */
	unlink(path);
	snprintf(path, sizeof(path), "%s/sock.lock", folder);
	unlink(path);
	rmdir(folder);
	m.hv->listening = false;
	for (i = 0; i < MAX_CLIENTS; i++)
		m.client[i] = -1;
	hv_children_start(m.hv);
	ready(&m);
	return &m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fuzz_machine *m = machine();
	unsigned int i;

	for (i = 0; i < MAX_STEPS && in.size; i++)
		run(m, &in);
	for (i = 0; i < MAX_CLIENTS; i++)
		close_fd(&m->client[i]);
	close_fd(&m->page);
	do {
		drive(m);
		ready(m);
	} while (tee_answer(m, 0));
	drive(m);
	ready(m);
	FUZZ_ASSERT(list_empty(&m->hv->vms));
	FUZZ_ASSERT(list_empty(&m->hv->pending));
	FUZZ_ASSERT(!m->hv->num_vms && m->hv->num_peers == 1);
	return 0;
}
