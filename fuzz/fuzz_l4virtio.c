/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The l4virtio device: commands in any order, any config page, any ring. No thread runs: the target
 * takes the world's events itself.
 * Input: steps of an op byte and its operands, see run().
 */
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "lib/ctl.h"
#include "tee/virtio/device_internal.h"
#include "tee/vm.h"
#include "tee/world_internal.h"

#define MAX_STEPS 300u
#define RAM_GPA 0x40000000ull
#define RAM_SIZE 0x80000u /* rings at its start, buffers in its last 64 KiB */
#define DRAIN_TURNS 20u

enum op {
	OP_COMMAND, /* u8 kind, u8 argument */
	OP_PAGE,    /* u16 offset, u32 value */
	OP_QUEUE,   /* u8 queue, u8 num: its entry with sound addresses */
	OP_RAM,     /* u16 offset, u16 value */
	OP_BUFFER,  /* u8 queue, u8 slot, u16 address, u16 length, u8 flags: exposed */
	OP_KICK,
	OP_LIVE, /* up to DRIVER_OK, as a driver that follows the rules */
	OP_NUM
};

struct fuzz_world {
	struct tee_world *w;
	int hv, launch;
	uint8_t *page, *ram;
	int kick;
	struct tee_vm *vm;
};

static void drive(struct fuzz_world *f)
{
	struct epoll_event ev;
	struct teectl_hdr hdr;
	unsigned int i;

	for (i = 0; i < DRAIN_TURNS && epoll_wait(f->w->epfd, &ev, 1, 0) == 1; i++)
		if (ev.data.u64)
			world_run_watch(f->w, (int)ev.data.u64);
	if (f->vm && f->vm->dev) {
		tee_virtio_flush(f->vm->dev);
		tee_virtio_settle(f->vm->dev);
	}
	while (ctl_recv(f->hv, &hdr, sizeof(hdr), NULL, NULL) > 0)
		;
}

static int memory(size_t size, uint8_t **p)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_ASSERT(fd >= 0 && !ftruncate(fd, (off_t)size));
	*p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	FUZZ_ASSERT(*p != MAP_FAILED);
	return fd;
}

static void add_vm(struct fuzz_world *f)
{
	struct teectl_vm_add m = {
		.hdr = { .type = TEECTL_VM_ADD, .vm_id = 1, .token = 1 },
		.ram_gpa = RAM_GPA, .ram_size = RAM_SIZE,
		.shm_gpa = 2 * RAM_GPA, .shm_size = RAM_SIZE,
	};
	int fds[TEECTL_FD_NUM], irq[2];
	unsigned int i;

	fds[TEECTL_FD_RAM] = memory(RAM_SIZE, &f->ram);
	fds[TEECTL_FD_SHM] = dup(fds[TEECTL_FD_RAM]);
	fds[TEECTL_FD_SHM_RO] = dup(fds[TEECTL_FD_RAM]);
	fds[TEECTL_FD_CONFIG] = memory(L4VIRTIO_PAGE_SIZE, &f->page);
	fds[TEECTL_FD_KICK] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	FUZZ_ASSERT(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, irq));
	fds[TEECTL_FD_IRQ] = irq[0];
	f->kick = dup(fds[TEECTL_FD_KICK]);
	FUZZ_ASSERT(!ctl_send(f->hv, &m, sizeof(m), fds, TEECTL_FD_NUM));
	for (i = 0; i < TEECTL_FD_NUM; i++)
		close(fds[i]);
	close(irq[1]);
	drive(f);
	f->vm = world_vm(f->w, 1);
	FUZZ_ASSERT(f->vm && f->vm->dev);
}

static void start(struct fuzz_world *f)
{
	struct world_config cfg = { .trace_fd = -1 };
	int link[2], launch[2];

	memset(f, 0, sizeof(*f));
	FUZZ_ASSERT(!ctl_pair(link) && !ctl_pair(launch));
	f->hv = link[0];
	fcntl(f->hv, F_SETFL, O_RDWR | O_NONBLOCK);
	f->launch = launch[0];
	cfg.hv_sock = link[1];
	cfg.launch_sock = launch[1];
	FUZZ_ASSERT(!world_create(&cfg, &f->w));
	world_lock(f->w);
	add_vm(f);
}

static void stop(struct fuzz_world *f)
{
	world_unlock(f->w);
	world_destroy(f->w);
	munmap(f->page, L4VIRTIO_PAGE_SIZE);
	munmap(f->ram, RAM_SIZE);
	close(f->kick);
	close(f->hv);
	close(f->launch);
}

static void command(struct fuzz_world *f, uint32_t cmd)
{
	struct teectl_simple m = { .hdr = { .type = TEECTL_DEV_CMD, .vm_id = 1, .token = 2 } };

	memcpy(f->page + offsetof(struct l4virtio_config, cmd), &cmd, sizeof(cmd));
	FUZZ_ASSERT(!ctl_send(f->hv, &m, sizeof(m), NULL, 0));
	drive(f);
	/* The hand-shake always ends. */
	memcpy(&cmd, f->page + offsetof(struct l4virtio_config, cmd), sizeof(cmd));
	FUZZ_ASSERT(!cmd);
}

static void queue_entry(struct fuzz_world *f, unsigned int index, uint16_t num)
{
	const struct l4virtio_queue q = {
		.num_max = TIPC_QUEUE_LEN,
		.num = num,
		.ready = 1,
		.desc = RAM_GPA + 0x1000u * index,
		.avail = RAM_GPA + 0x1000u * index + 0x400u,
		.used = RAM_GPA + 0x1000u * index + 0x800u,
	};

	memcpy(f->page + DEV_QUEUES_OFFSET + sizeof(q) * (index % TIPC_NUM_QUEUES), &q, sizeof(q));
}

static void expose(struct fuzz_world *f, struct fuzz_input *in)
{
	uint8_t *ring = f->ram + 0x1000u * (fuzz_take(in, 1) % TIPC_NUM_QUEUES);
	uint16_t slot = (uint16_t)(fuzz_take(in, 1) % TIPC_QUEUE_LEN), idx;
	struct virtq_desc d = { .next = 0 };

	d.addr = RAM_GPA + RAM_SIZE - 0x10000u + fuzz_take(in, 2);
	d.len = (uint32_t)fuzz_take(in, 2);
	d.flags = (uint16_t)fuzz_take(in, 1);
	memcpy(ring + sizeof(d) * slot, &d, sizeof(d));
	memcpy(&idx, ring + 0x402, sizeof(idx));
	memcpy(ring + 0x404 + 2u * (idx % TIPC_QUEUE_LEN), &slot, sizeof(slot));
	idx++;
	memcpy(ring + 0x402, &idx, sizeof(idx));
}

static void go_live(struct fuzz_world *f)
{
	const uint32_t features[2] = { 0, 1 };
	unsigned int i;

	memset(f->ram, 0, 0x2000);
	command(f, L4VIRTIO_CMD_SET_STATUS);
	memcpy(f->page + offsetof(struct l4virtio_config, driver_features_map), features,
	       sizeof(features));
	command(f, L4VIRTIO_CMD_SET_STATUS | 0xb);
	for (i = 0; i < TIPC_NUM_QUEUES; i++) {
		queue_entry(f, i, TIPC_QUEUE_LEN);
		command(f, L4VIRTIO_CMD_CFG_QUEUE | i);
	}
	command(f, L4VIRTIO_CMD_SET_STATUS | 0xf);
	FUZZ_ASSERT(tee_virtio_live(f->vm->dev));
}

static void run(struct fuzz_world *f, struct fuzz_input *in)
{
	static const uint32_t kinds[] = {
		L4VIRTIO_CMD_SET_STATUS, L4VIRTIO_CMD_CFG_QUEUE, L4VIRTIO_CMD_CFG_CHANGED,
		L4VIRTIO_CMD_NOTIFY_QUEUE, 0x10000000u, 0xff000000u,
	};
	const uint64_t one = 1;
	uint32_t v, offset;

	switch ((enum op)(fuzz_take(in, 1) % OP_NUM)) {
	case OP_COMMAND:
		v = kinds[fuzz_take(in, 1) % (sizeof(kinds) / sizeof(kinds[0]))];
		command(f, v | (uint32_t)fuzz_take(in, 1));
		break;
	case OP_PAGE:
		offset = (uint32_t)fuzz_take(in, 2) % (L4VIRTIO_PAGE_SIZE - 4);
		v = (uint32_t)fuzz_take(in, 4);
		memcpy(f->page + offset, &v, sizeof(v));
		break;
	case OP_QUEUE:
		v = (uint32_t)fuzz_take(in, 1) % TIPC_NUM_QUEUES;
		queue_entry(f, v, (uint16_t)fuzz_take(in, 1));
		break;
	case OP_RAM:
		offset = (uint32_t)fuzz_take(in, 2);
		v = (uint32_t)fuzz_take(in, 2);
		memcpy(f->ram + offset, &v, 2);
		break;
	case OP_BUFFER:
		expose(f, in);
		break;
	case OP_KICK:
		FUZZ_ASSERT(write(f->kick, &one, sizeof(one)) == sizeof(one));
		drive(f);
		break;
	default:
		go_live(f);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fuzz_world f;
	unsigned int i;

	start(&f);
	for (i = 0; i < MAX_STEPS && in.size; i++)
		run(&f, &in);
	/* Whatever it was: a driver that begins anew gets a device. */
	go_live(&f);
	stop(&f);
	return 0;
}
