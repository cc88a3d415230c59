/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The TA manager under a hostile TA: answers of any content, a mailbox that is scribbled over,
 * exits at any moment, released memory that it doesn't let go of, system calls of any content.
 * Input: steps of an op byte and its operands, see run(); while the manager waits for the TA, the
 * next bytes are what the TA does, see ta_step(). When they run out the TA ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "lib/ctl.h"
#include "lib/futex.h"
#include "tee/ta/manager.h"
#include "tests/unit/tee/fake_world.h"

#define MAX_STEPS 200u
#define NUM_MEMS 3u
#define IO_SIZE 65536u /* as much of the area as is played with */
#define MEM_GPA(i) (FAKE_DS_GPA + (i) * 0x100000ull)

enum op {
	OP_CREATE,  /* an instance, if there is none */
	OP_DESTROY, /* the instance */
	OP_CALL,    /* u8 entry, parameters of u8 type and u8 object, u16, u16 */
	OP_UNMAP,   /* u8 object */
	OP_CTL,     /* the TA takes its control messages */
	OP_NUM
};

enum ta_op {
	TA_HONEST,   /* the answer that fits */
	TA_ANSWER,   /* u8 kind, u32 result, u8 level, u16 text length, 8 numbers, s8 past the seq */
	TA_SCRIBBLE, /* u16 offset, u32 value */
	TA_FILL,     /* u16 offset in the area, u8 length, u8 value */
	TA_EXIT,     /* u8 wait status */
	TA_KILL,     /* a client's, meanwhile */
	TA_CANCEL,
	TA_UNMAP, /* u8 object */
	TA_CTL,
	TA_SYSCALL, /* u16 number, 8 numbers */
	TA_NUM
};

static const uint64_t mem_size[NUM_MEMS] = { 256, 8192, TA_MAP_THRESHOLD };

struct env {
	struct fuzz_input in;
	struct tee_world *w;
	struct ta_manager tm;
	struct tee_vm *vm;
	struct ta_instance *inst;
	struct vm_mem *mem[NUM_MEMS];
	uint8_t *was[NUM_MEMS]; /* before the call */
	int backing;
	/* The launcher and its TA. */
	int launch, ctl;
	uint32_t id;
	bool alive;
	uint8_t *shm_mb, *shm_io;
	unsigned int serving; /* system calls under way */
};

/* A futex has no context: whose turn it is when the manager sleeps. */
static struct env *sleeper;

static void close_all(int *fds, unsigned int num)
{
	while (num)
		close(fds[--num]);
}

static void take_ctl(struct env *e)
{
	struct mailbox_map msg;
	int fds[CTL_MAX_FDS];
	unsigned int num;

	do {
		num = CTL_MAX_FDS;
		if (e->ctl < 0 || ctl_recv(e->ctl, &msg, sizeof(msg), fds, &num) <= 0)
			return;
		FUZZ_ASSERT(msg.slot < MAILBOX_MAX_MAPS && num == msg.num_runs);
		close_all(fds, num);
	} while (true);
}

static void tell(struct env *e, enum launch_type type, uint32_t arg)
{
	struct launch_msg msg = { .type = type, .id = e->id, .arg = arg };

	FUZZ_ASSERT(!ctl_send(e->launch, &msg, sizeof(msg), NULL, 0));
}

static void ta_forget(struct env *e)
{
	if (e->shm_mb)
		munmap(e->shm_mb, MAILBOX_SIZE);
	if (e->shm_io)
		munmap(e->shm_io, TA_IO_SIZE);
	if (e->ctl >= 0)
		close(e->ctl);
	e->shm_mb = e->shm_io = NULL;
	e->ctl = -1;
	e->alive = false;
}

static void ta_exit(struct env *e, uint32_t status)
{
	tell(e, LAUNCH_EXITED, status);
	ta_forget(e);
}

static uint8_t *map(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	FUZZ_ASSERT(p != MAP_FAILED);
	return p;
}

static void ta_start(struct env *e, uint32_t id, int *fds)
{
	ta_forget(e);
	e->id = id;
	e->shm_mb = map(fds[LAUNCH_FD_MAILBOX], MAILBOX_SIZE);
	e->shm_io = map(fds[LAUNCH_FD_IO], TA_IO_SIZE);
	e->ctl = fds[LAUNCH_FD_CTL];
	FUZZ_ASSERT(!fcntl(e->ctl, F_SETFL, O_NONBLOCK));
	close(fds[LAUNCH_FD_IMAGE]);
	close(fds[LAUNCH_FD_MAILBOX]);
	close(fds[LAUNCH_FD_IN]);
	close(fds[LAUNCH_FD_IO]);
	e->alive = true;
	tell(e, LAUNCH_STARTED, 4711);
}

static void launcher_serve(struct env *e)
{
	struct launch_msg msg;
	int fds[LAUNCH_FD_NUM];
	unsigned int num = LAUNCH_FD_NUM;

	while (ctl_recv(e->launch, &msg, sizeof(msg), fds, &num) == (ssize_t)sizeof(msg)) {
		if (msg.type == LAUNCH_START) {
			FUZZ_ASSERT(num == LAUNCH_FD_NUM);
			ta_start(e, msg.id, fds);
		} else if (e->alive && msg.id == e->id) {
			ta_exit(e, 9);
		}
		num = LAUNCH_FD_NUM;
	}
}

/* Ten bits anywhere in a word: small numbers, sizes and what is out of all bounds. */
static uint64_t number(struct fuzz_input *in)
{
	uint64_t v = fuzz_take(in, 2);

	return v >> 6 << (v & 63);
}

static void ta_answer(struct env *e, bool honest)
{
	struct mailbox *shm_mb = (void *)e->shm_mb;
	struct mailbox_answer ans = { .kind = MAILBOX_ANSWER_DONE };
	uint32_t seq = shm_mb->call.seq;
	unsigned int i;

	if (seq == MAILBOX_FIRST_SEQ)
		ans.kind = MAILBOX_ANSWER_READY;
	if (!honest) {
		ans.kind = (uint32_t)fuzz_take(&e->in, 1);
		ans.result = (uint32_t)fuzz_take(&e->in, 4);
		ans.level = (uint32_t)fuzz_take(&e->in, 1);
		ans.text_len = (uint32_t)fuzz_take(&e->in, 2);
	}
	for (i = 0; i < MAILBOX_NUM_PARAMS; i++) {
		ans.param[i].a = honest ? 0 : number(&e->in);
		ans.param[i].b = honest ? shm_mb->call.param[i].b : number(&e->in);
	}
	if (!honest)
		seq += fuzz_take_delta(&e->in);
	memcpy(&shm_mb->answer, &ans, sizeof(ans));
	shm_mb->answered = seq;
}

static void ta_syscall_ask(struct env *e)
{
	struct mailbox *shm_mb = (void *)e->shm_mb;
	struct mailbox_syscall sc = { .nr = (uint32_t)fuzz_take(&e->in, 2) };
	unsigned int i;

	for (i = 0; i < MAILBOX_SYSCALL_NUM_ARGS; i++)
		sc.arg[i] = number(&e->in);
	memcpy(&shm_mb->syscall, &sc, sizeof(sc));
	shm_mb->answer.kind = MAILBOX_ANSWER_SYSCALL;
	shm_mb->answered = shm_mb->call.seq;
}

static void ta_write(struct env *e, bool area)
{
	uint32_t offset = (uint32_t)fuzz_take(&e->in, 2), value;

	if (area) {
		uint32_t len = (uint32_t)fuzz_take(&e->in, 1);

		memset(e->shm_io + offset % (IO_SIZE - 256), (int)fuzz_take(&e->in, 1), len);
		return;
	}
	value = (uint32_t)fuzz_take(&e->in, 4);
	memcpy(e->shm_mb + offset % (MAILBOX_SIZE - 4), &value, 4);
}

/* What a client, or the TA's own end, does to the manager while a call is under way. */
static void meanwhile(struct env *e, enum ta_op op)
{
	struct ta_instance *inst;

	world_lock(e->w);
	inst = list_entry(e->tm.instances.next, struct ta_instance, link);
	if (list_empty(&e->tm.instances))
		op = TA_NUM;
	if (op == TA_KILL)
		ta_instance_kill(inst);
	else if (op == TA_CANCEL)
		ta_instance_cancel(inst);
	else if (op == TA_UNMAP)
		ta_unmap(e->w, e->mem[fuzz_take(&e->in, 1) % NUM_MEMS]);
	launcher_serve(e);
	ta_launcher_drain(&e->tm);
	world_unlock(e->w);
}

/* Return: false when it has nothing more to do in this turn. */
static bool ta_step(struct env *e)
{
	enum ta_op op = (enum ta_op)(fuzz_take(&e->in, 1) % TA_NUM);

	switch (op) {
	case TA_HONEST:
	case TA_ANSWER:
		ta_answer(e, op == TA_HONEST);
		return false;
	case TA_SCRIBBLE:
	case TA_FILL:
		ta_write(e, op == TA_FILL);
		return true;
	case TA_SYSCALL:
		ta_syscall_ask(e);
		return false;
	case TA_EXIT:
		ta_exit(e, (uint32_t)fuzz_take(&e->in, 1));
		return false;
	case TA_KILL:
	case TA_CANCEL:
	case TA_UNMAP:
		meanwhile(e, op);
		return e->alive;
	case TA_CTL:
		take_ctl(e);
		return true;
	default:
		return true;
	}
}

static void ta_turn(struct env *e)
{
	bool more = true;

	meanwhile(e, TA_NUM);
	while (e->alive && more) {
		if (!e->in.size) {
			ta_exit(e, 0);
			break;
		}
		more = ta_step(e);
	}
	meanwhile(e, TA_NUM);
}

/* lib/futex.h: who sleeps gives the TA its turn. */

uint64_t tl_now_ns(void)
{
	return 1;
}

int futex_wait_shared(const uint32_t *word, uint32_t value, uint64_t deadline_ns)
{
	(void)deadline_ns;
	if (__atomic_load_n(word, __ATOMIC_RELAXED) == value)
		ta_turn(sleeper);
	return 0;
}

int futex_wake_shared(const uint32_t *word, int count)
{
	(void)word;
	(void)count;
	return 0;
}

/* A server that does with the area what the TA says, and lets the TA run on meanwhile. */

static uint32_t serve(void *server, struct ta_syscall *sc)
{
	struct env *e = server;
	uint64_t offset = sc->arg[0], len = sc->arg[1];
	bool inside = offset <= TA_SYSCALL_SIZE && len <= TA_SYSCALL_SIZE - offset;
	uint8_t buf[256];
	int ret;

	FUZZ_ASSERT(sc->inst == e->inst && e->inst->busy && !e->inst->dead);
	FUZZ_ASSERT(sc->nr / MAILBOX_SYSCALL_RANGE == MAILBOX_SYSCALL_TEST / MAILBOX_SYSCALL_RANGE);
	FUZZ_ASSERT(!*sc->state || *sc->state == e);
	*sc->state = e;
	e->serving++;
	ret = ta_syscall_get(sc, offset, buf, len < sizeof(buf) ? len : sizeof(buf));
	FUZZ_ASSERT(!ret || !inside);
	if (!inside)
		FUZZ_ASSERT(ta_syscall_get(sc, offset, NULL, len) == -EFAULT);
	if (!ret)
		FUZZ_ASSERT(!ta_syscall_put(sc, offset, buf, len < sizeof(buf) ? len : sizeof(buf)));
	world_block_begin(e->w);
	if (e->alive)
		ta_step(e);
	world_block_end(e->w);
	e->serving--;
	return (uint32_t)sc->arg[2];
}

static void interrupted(void *server, struct ta_instance *inst, void *state)
{
	struct env *e = server;

	FUZZ_ASSERT(e->serving && inst == e->inst && state == e);
}

static void gone(void *server, struct ta_instance *inst, void *state)
{
	FUZZ_ASSERT(inst && state == server);
}

static const struct ta_syscall_ops server_ops = {
	.call = serve,
	.interrupt = interrupted,
	.gone = gone,
};

static uint8_t *mem_base(const struct vm_mem *mem)
{
	return mem->run[0].ds->shm_base;
}

static void take_param(struct env *e, struct ta_param *p)
{
	uint64_t what = fuzz_take(&e->in, 1), size;
	uint32_t a = (uint32_t)fuzz_take(&e->in, 2), b = (uint32_t)fuzz_take(&e->in, 2);

	p->type = what % 8;
	if (p->type < 5) {
		p->u.value.a = a;
		p->u.value.b = b;
		return;
	}
	what = what / 8 % (NUM_MEMS + 1);
	if (what == NUM_MEMS)
		return;
	/* Whoever calls sees to that it lies within. */
	size = mem_size[what];
	p->u.memref.mem = e->mem[what];
	p->u.memref.offset = a % (size + 1);
	p->u.memref.size = b % (size - p->u.memref.offset + 1);
}

static void check_memory(struct env *e, const struct ta_call *was, const struct ta_call *call,
			 int ret)
{
	unsigned int i;

	/* What may have changed is taken over, nothing else may have. */
	for (i = 0; i < TA_NUM_PARAMS; i++) {
		const struct ta_param *p = &was->param[i];
		uint64_t len = p->u.memref.size, now = call->param[i].u.memref.size;
		unsigned int m = 0;

		if (p->type < 6 || !p->u.memref.mem)
			continue;
		while (e->mem[m] != p->u.memref.mem)
			m++;
		if (!ret && now < len)
			len = now;
		memcpy(e->was[m] + p->u.memref.offset,
		       mem_base(e->mem[m]) + p->u.memref.offset, len);
	}
	for (i = 0; i < NUM_MEMS; i++)
		FUZZ_ASSERT(!memcmp(e->was[i], mem_base(e->mem[i]), mem_size[i]));
}

static void check_call(struct env *e, const struct ta_call *was, const struct ta_call *call,
		       int ret)
{
	unsigned int i;

	FUZZ_ASSERT(!ret || ret == -EOWNERDEAD || ret == -ENOMEM);
	FUZZ_ASSERT((ret == -EOWNERDEAD) == ta_instance_dead(e->inst) || ret == -ENOMEM);
	if (ret == -EOWNERDEAD)
		FUZZ_ASSERT(call->result == 0xffff3024u && call->origin == 3);
	if (!ret)
		FUZZ_ASSERT(call->origin == 4);
	for (i = 0; i < TA_NUM_PARAMS; i++) {
		const struct ta_param *p = &call->param[i], *old = &was->param[i];

		FUZZ_ASSERT(p->type == old->type);
		if (p->type >= 5) {
			FUZZ_ASSERT(p->u.memref.mem == old->u.memref.mem);
			FUZZ_ASSERT(p->u.memref.offset == old->u.memref.offset);
			FUZZ_ASSERT(p->u.memref.size <= MAILBOX_MAX_MEMREF);
		}
		if (p->type == 5)
			FUZZ_ASSERT(p->u.memref.size == old->u.memref.size);
		if (p->type == 1)
			FUZZ_ASSERT(p->u.value.a == old->u.value.a);
	}
	FUZZ_ASSERT(!e->inst->busy);
	check_memory(e, was, call, ret);
}

static void call_ta(struct env *e)
{
	struct ta_call call, was;
	unsigned int i;

	memset(&call, 0, sizeof(call));
	call.entry = (enum ta_entry)(fuzz_take(&e->in, 1) % 5);
	for (i = 0; i < TA_NUM_PARAMS; i++)
		take_param(e, &call.param[i]);
	was = call;
	for (i = 0; i < NUM_MEMS; i++)
		memcpy(e->was[i], mem_base(e->mem[i]), mem_size[i]);
	check_call(e, &was, &call, ta_instance_call(e->inst, &call));
}

static void create(struct env *e)
{
	struct ta_image img = { .refs = 1, .fd = e->backing };
	int ret;

	if (e->inst)
		return;
	ret = ta_instance_create(e->w, &img, &e->inst);
	FUZZ_ASSERT(!ret == !!e->inst);
	FUZZ_ASSERT(e->tm.num_instances == (e->inst ? 1 : 0));
}

static void destroy(struct env *e)
{
	ta_instance_destroy(e->inst);
	e->inst = NULL;
	FUZZ_ASSERT(list_empty(&e->tm.instances) && !e->tm.num_instances);
}

static void run(struct env *e)
{
	switch ((enum op)(fuzz_take(&e->in, 1) % OP_NUM)) {
	case OP_CREATE:
		create(e);
		break;
	case OP_DESTROY:
		destroy(e);
		break;
	case OP_CALL:
		if (e->inst)
			call_ta(e);
		break;
	case OP_UNMAP:
		ta_unmap(e->w, e->mem[fuzz_take(&e->in, 1) % NUM_MEMS]);
		break;
	case OP_CTL:
		take_ctl(e);
		break;
	case OP_NUM:
		break;
	}
}

static void env_init(struct env *e)
{
	int sock[2];
	unsigned int i;

	e->w = fake_world_create();
	e->vm = fake_vm_create(e->w, 1, 0);
	e->backing = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_ASSERT(e->backing >= 0 && !ftruncate(e->backing, TA_MAP_THRESHOLD));
	for (i = 0; i < NUM_MEMS; i++) {
		struct vm_range range = { .gpa = MEM_GPA(i), .len = mem_size[i] };
		struct dataspace *ds = fake_vm_add_ds(e->vm, range.gpa, range.len);

		ds->fd_rw = ds->fd_ro = e->backing;
		FUZZ_ASSERT(!vm_mem_create(e->vm, &range, 1, &e->mem[i]));
		e->was[i] = malloc(mem_size[i]);
		FUZZ_ASSERT(e->was[i]);
		memset(ds->shm_base, (int)i + 1, mem_size[i]);
	}
	FUZZ_ASSERT(!ctl_pair(sock));
	FUZZ_ASSERT(!fcntl(sock[0], F_SETFL, O_NONBLOCK) && !fcntl(sock[1], F_SETFL, O_NONBLOCK));
	e->launch = sock[1];
	e->tm.world = e->w;
	e->tm.launch_sock = sock[0];
	list_init(&e->tm.instances);
	e->w->tas = &e->tm;
	FUZZ_ASSERT(!ta_syscall_register(e->w, MAILBOX_SYSCALL_TEST, &server_ops, e));
}

static void env_exit(struct env *e)
{
	unsigned int i;

	destroy(e);
	launcher_serve(e);
	ta_launcher_drain(&e->tm);
	ta_forget(e);
	close(e->launch);
	close(e->tm.launch_sock);
	close(e->backing);
	for (i = 0; i < NUM_MEMS; i++) {
		FUZZ_ASSERT(e->mem[i]->refs == 1);
		vm_mem_put(e->mem[i]);
		free(e->was[i]);
	}
	fake_world_destroy(e->w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env e = { .in = { data, size }, .ctl = -1 };
	unsigned int i;

	sleeper = &e;
	env_init(&e);
	create(&e);
	for (i = 0; i < MAX_STEPS && e.in.size; i++)
		run(&e);
	env_exit(&e);
	sleeper = NULL;
	return 0;
}
