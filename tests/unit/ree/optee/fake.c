/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tests/unit/ree/optee/fake.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static __thread bool interrupted;

static struct fake_sec *of_vm(const struct ree_vm *vm)
{
	return (struct fake_sec *)((uintptr_t)vm - offsetof(struct fake_sec, vm));
}

void fake_wake(struct fake_sec *fs)
{
	pthread_mutex_lock(&fs->lock);
	pthread_cond_broadcast(&fs->changed);
	pthread_mutex_unlock(&fs->lock);
}

void fake_wait_until(struct fake_sec *fs, bool (*cond)(struct fake_sec *fs))
{
	pthread_mutex_lock(&fs->lock);
	while (!cond(fs))
		pthread_cond_wait(&fs->changed, &fs->lock);
	pthread_mutex_unlock(&fs->lock);
}

void fake_interrupt(struct fake_sec *fs, bool on)
{
	interrupted = on;
	fake_wake(fs);
}

/* cond may take a driver's lock, under which the driver wakes: it is called without the fake's. */
static int link_wait(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms)
{
	struct fake_sec *fs = of_vm(vm);
	struct timespec now, end, nap;
	bool dead;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	for (;;) {
		if (cond(arg))
			return 0;
		pthread_mutex_lock(&fs->lock);
		dead = fs->dead;
		pthread_mutex_unlock(&fs->lock);
		if (dead)
			return cond(arg) ? 0 : -EIO;
		if (interrupted)
			return -EINTR;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (timeout_ms && (now.tv_sec > end.tv_sec + 1 ||
				   (now.tv_sec - end.tv_sec) * 1000000000 + now.tv_nsec >= end.tv_nsec))
			return -ETIMEDOUT;
		clock_gettime(CLOCK_REALTIME, &nap);
		nap.tv_nsec += 2000000;
		nap.tv_sec += nap.tv_nsec / 1000000000;
		nap.tv_nsec %= 1000000000;
		pthread_mutex_lock(&fs->lock);
		pthread_cond_timedwait(&fs->changed, &fs->lock, &nap);
		pthread_mutex_unlock(&fs->lock);
	}
}

static void link_wake(struct ree_vm *vm)
{
	fake_wake(of_vm(vm));
}

static void link_set_notif(struct ree_vm *vm, void (*handle)(void *data), void *data)
{
	of_vm(vm)->notif = handle;
	of_vm(vm)->notif_data = data;
}

static void link_poll_irq(struct ree_vm *vm)
{
	__atomic_fetch_add(&of_vm(vm)->polls, 1, __ATOMIC_RELAXED);
	fake_irq(of_vm(vm));
}

void fake_irq(struct fake_sec *fs)
{
	if (fs->notif)
		fs->notif(fs->notif_data);
}

static const struct ree_vm_mem *link_shm(const struct ree_vm *vm)
{
	return &of_vm(vm)->shm;
}

static void map_memfd(struct ree_vm_mem *mem, uint64_t gpa, size_t size)
{
	int ret;

	mem->gpa = gpa;
	mem->size = size;
	mem->fd = memfd_create("fake", MFD_CLOEXEC);
	assert(mem->fd >= 0);
	ret = ftruncate(mem->fd, (off_t)size);
	assert(!ret);
	mem->base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, mem->fd, 0);
	assert(mem->base != MAP_FAILED);
}

static int link_ds_create(struct ree_vm *vm, size_t size, struct ree_vm_ds **dsp)
{
	struct fake_sec *fs = of_vm(vm);
	struct ree_vm_ds *ds;
	unsigned int i;

	if (fs->ds_ret)
		return fs->ds_ret;
	ds = calloc(1, sizeof(*ds));
	assert(ds);
	pthread_mutex_lock(&fs->lock);
	ds->id = ++fs->ds_created;
	map_memfd(&ds->mem, FAKE_DS_GPA * ds->id, (size + 4095) & ~(size_t)4095);
	for (i = 0; fs->ds[i]; i++)
		assert(i + 1 < FAKE_MAX_DS);
	fs->ds[i] = ds;
	fs->num_ds++;
	pthread_mutex_unlock(&fs->lock);
	*dsp = ds;
	return 0;
}

static int link_ds_import(struct ree_vm *vm, int fd, struct ree_vm_ds **dsp)
{
	off_t size = lseek(fd, 0, SEEK_END);

	return size <= 0 ? -EINVAL : link_ds_create(vm, (size_t)size, dsp);
}

static void link_ds_destroy(struct ree_vm *vm, struct ree_vm_ds *ds)
{
	struct fake_sec *fs = of_vm(vm);
	unsigned int i;

	pthread_mutex_lock(&fs->lock);
	for (i = 0; fs->ds[i] != ds; i++)
		assert(i + 1 < FAKE_MAX_DS);
	fs->ds[i] = NULL;
	fs->num_ds--;
	pthread_mutex_unlock(&fs->lock);
	munmap(ds->mem.base, ds->mem.size);
	close(ds->mem.fd);
	free(ds);
}

static int link_find_mem(struct ree_vm *vm, const void *addr, size_t len, struct ree_vm_run *runs,
			 unsigned int max)
{
	struct fake_sec *fs = of_vm(vm);
	int i;

	if (!fs->find_num)
		return -ENXIO;
	assert(fs->find_num <= (int)max);
	for (i = 0; i < fs->find_num; i++)
		runs[i] = (struct ree_vm_run){ 0x700000000ull + (uint64_t)i * 0x3000, 0x1000 };
	/* The first begins where the buffer does in its page. */
	runs[0].gpa += (uintptr_t)addr % 4096;
	runs[0].len -= (uintptr_t)addr % 4096;
	for (i = 0; i + 1 < fs->find_num; i++)
		len -= runs[i].len;
	runs[i].len = len;
	return fs->find_num;
}

static const struct optee_link_ops link_ops = {
	.set_notif = link_set_notif,
	.poll_irq = link_poll_irq,
	.wait = link_wait,
	.wake = link_wake,
	.shm = link_shm,
	.ds_create = link_ds_create,
	.ds_import = link_ds_import,
	.ds_destroy = link_ds_destroy,
	.find_mem = link_find_mem,
};

void *fake_ptr(struct fake_sec *fs, uint64_t gpa, uint64_t len)
{
	const struct ree_vm_mem *mem = &fs->shm;
	void *p = NULL;
	unsigned int i;

	if (gpa >= mem->gpa && gpa - mem->gpa <= mem->size && len <= mem->size - (gpa - mem->gpa))
		return mem->base + (gpa - mem->gpa);
	pthread_mutex_lock(&fs->lock);
	for (i = 0; i < FAKE_MAX_DS && !p; i++) {
		mem = fs->ds[i] ? &fs->ds[i]->mem : NULL;
		if (mem && gpa >= mem->gpa && gpa - mem->gpa <= mem->size &&
		    len <= mem->size - (gpa - mem->gpa))
			p = mem->base + (gpa - mem->gpa);
	}
	pthread_mutex_unlock(&fs->lock);
	assert(p);
	return p;
}

static void read_page_list(struct fake_sec *fs, const struct optee_msg_param *p)
{
	struct fake_reg *r = &fs->reg[fs->num_regs++ % 8];
	uint64_t list = p->u.tmem.buf_ptr & ~0xfffull, left;

	r->cookie = p->u.tmem.shm_ref;
	r->size = p->u.tmem.size;
	r->offset = p->u.tmem.buf_ptr & 0xfff;
	r->num_pages = 0;
	left = (r->offset + r->size + 4095) / 4096;
	while (left) {
		const struct optee_msg_page_list *l = fake_ptr(fs, list, sizeof(*l));
		unsigned int i;

		for (i = 0; left && i < OPTEE_MSG_NONCONTIG_ENTRIES; i++, left--)
			if (r->num_pages < 600)
				r->page[r->num_pages++] = l->pages[i];
		list = l->next;
	}
}

static void stock_answer(struct fake_sec *fs, struct optee_msg_arg *arg)
{
	arg->ret = fs->result;
	arg->ret_origin = 4;
	if (arg->cmd == OPTEE_MSG_CMD_OPEN_SESSION && !fs->result)
		arg->session = ++fs->next_session;
	if (arg->cmd == OPTEE_MSG_CMD_REGISTER_SHM)
		read_page_list(fs, &arg->params[0]);
}

static void end_call(struct fake_sec *fs, struct fake_call *call, struct smc_res *res)
{
	uint32_t num = fake_arg(&call->msg)->num_params;
	struct optee_msg_arg *shm = fake_ptr(fs, call->arg_pa, OPTEE_MSG_GET_ARG_SIZE(num));

	if (fs->during)
		fs->during(fs, fake_arg(&call->msg));
	stock_answer(fs, shm);
	if (fs->answer)
		fs->answer(fs, shm);
	pthread_mutex_lock(&fs->lock);
	fs->last = call->msg;
	if (fs->num_cmds < 256)
		fs->cmd[fs->num_cmds++] = fake_arg(&call->msg)->cmd;
	call->used = false;
	fs->under_way--;
	pthread_cond_broadcast(&fs->changed);
	pthread_mutex_unlock(&fs->lock);
	res->a0 = fs->a0;
}

/* The next RPC of @call, or its end. */
static void go_on(struct fake_sec *fs, struct fake_call *call, const struct smc_args *args,
		  struct smc_res *res)
{
	size_t size = OPTEE_MSG_GET_ARG_SIZE(fake_arg(&call->msg)->num_params);
	struct optee_msg_arg *rpc = NULL;

	if (fs->caps & OPTEE_SMC_SEC_CAP_RPC_ARG)
		rpc = fake_ptr(fs, call->arg_pa + size, OPTEE_MSG_GET_ARG_SIZE(fs->rpc_params));
	*res = (struct smc_res){ .a3 = (uint64_t)(call - fs->call) + 100 };
	if (fs->rpc && fs->rpc(fs, call, args, rpc, res)) {
		call->step++;
		return;
	}
	end_call(fs, call, res);
}

static void std_call(struct fake_sec *fs, const struct smc_args *args, struct smc_res *res)
{
	struct fake_call *call;
	union optee_msg *shm;
	unsigned int i;

	if (args->a0 == OPTEE_SMC_CALL_RETURN_FROM_RPC) {
		assert(args->a3 >= 100 && args->a3 < 100 + FAKE_MAX_CALLS);
		call = &fs->call[args->a3 - 100];
		assert(call->used);
		go_on(fs, call, args, res);
		return;
	}
	assert(args->a0 == (fs->caps & OPTEE_SMC_SEC_CAP_RPC_ARG ? OPTEE_SMC_CALL_WITH_RPC_ARG :
								    OPTEE_SMC_CALL_WITH_ARG));
	pthread_mutex_lock(&fs->lock);
	if (fs->limit && fs->under_way >= fs->limit) {
		fs->refused++;
		res->a0 = OPTEE_SMC_RETURN_ETHREAD_LIMIT;
		pthread_cond_broadcast(&fs->changed);
		pthread_mutex_unlock(&fs->lock);
		return;
	}
	for (i = 0; fs->call[i].used; i++)
		assert(i + 1 < FAKE_MAX_CALLS);
	call = &fs->call[i];
	memset(call, 0, sizeof(*call));
	call->used = true;
	fs->under_way++;
	pthread_cond_broadcast(&fs->changed);
	pthread_mutex_unlock(&fs->lock);
	call->arg_pa = optee_reg_pair(args->a1, args->a2);
	shm = fake_ptr(fs, call->arg_pa, OPTEE_MSG_GET_ARG_SIZE(0));
	assert(shm->arg.num_params <= OPTEE_NUM_PARAMS);
	memcpy(&call->msg, shm, OPTEE_MSG_GET_ARG_SIZE(shm->arg.num_params));
	go_on(fs, call, args, res);
}

static void disable_cache(struct fake_sec *fs, struct smc_res *res)
{
	uint64_t cookie;

	fs->disables++;
	if (fs->endless_cache) {
		*res = (struct smc_res){ OPTEE_SMC_RETURN_OK, 0, 77, 0 };
		return;
	}
	if (!fs->num_cached) {
		res->a0 = OPTEE_SMC_RETURN_ENOTAVAIL;
		return;
	}
	cookie = fs->cached[--fs->num_cached];
	*res = (struct smc_res){ OPTEE_SMC_RETURN_OK, cookie >> 32, (uint32_t)cookie, 0 };
}

static void notif_value(struct fake_sec *fs, struct smc_res *res)
{
	*res = (struct smc_res){ .a0 = OPTEE_SMC_RETURN_OK };
	if (!fs->num_notif)
		return;
	res->a1 = fs->notif_value[--fs->num_notif];
	res->a2 = OPTEE_SMC_ASYNC_NOTIF_VALUE_VALID;
	if (fs->num_notif)
		res->a2 |= OPTEE_SMC_ASYNC_NOTIF_VALUE_PENDING;
}

static void fast_call(struct fake_sec *fs, const struct smc_args *args, struct smc_res *res)
{
	switch (args->a0) {
	case OPTEE_SMC_CALLS_UID:
		*res = (struct smc_res){ fs->uid[0], fs->uid[1], fs->uid[2], fs->uid[3] };
		break;
	case OPTEE_SMC_CALLS_REVISION:
		*res = (struct smc_res){ fs->major, fs->minor, 0, 0 };
		break;
	case OPTEE_SMC_CALL_GET_OS_REVISION:
		*res = (struct smc_res){ 4, 2, 0, 0 };
		break;
	case OPTEE_SMC_EXCHANGE_CAPABILITIES:
		*res = (struct smc_res){ fs->caps_status, fs->caps, fs->max_notif, fs->rpc_params };
		break;
	case OPTEE_SMC_GET_SHM_CONFIG:
		*res = (struct smc_res){ fs->shm_status, fs->shm_start, fs->shm_size,
					 fs->shm_settings };
		break;
	case OPTEE_SMC_GET_THREAD_COUNT:
		*res = (struct smc_res){ fs->threads ? OPTEE_SMC_RETURN_OK :
						       OPTEE_SMC_RETURN_UNKNOWN_FUNCTION,
					 fs->threads, 0, 0 };
		break;
	case OPTEE_SMC_ENABLE_SHM_CACHE:
		fs->enables++;
		res->a0 = fs->busy_cache ? fs->busy_cache--, OPTEE_SMC_RETURN_EBUSY :
					   OPTEE_SMC_RETURN_OK;
		break;
	case OPTEE_SMC_DISABLE_SHM_CACHE:
		disable_cache(fs, res);
		break;
	case OPTEE_SMC_ENABLE_ASYNC_NOTIF:
		fs->notif_enables++;
		res->a0 = OPTEE_SMC_RETURN_OK;
		break;
	case OPTEE_SMC_GET_ASYNC_NOTIF_VALUE:
		notif_value(fs, res);
		break;
	default:
		res->a0 = OPTEE_SMC_RETURN_UNKNOWN_FUNCTION;
		break;
	}
}

static int conduit_smc(struct smc_conduit *conduit, const struct smc_args *args, struct smc_res *res)
{
	struct fake_sec *fs = container_of(conduit, struct fake_sec, conduit);
	bool dead;

	pthread_mutex_lock(&fs->lock);
	dead = fs->dead;
	pthread_mutex_unlock(&fs->lock);
	if (dead)
		return -EIO;
	*res = (struct smc_res){ .a0 = OPTEE_SMC_RETURN_UNKNOWN_FUNCTION };
	assert(!(args->a0 & OPTEE_SMC_RESERVED_MASK) && !(args->a0 & OPTEE_SMC_64));
	if (args->a0 & OPTEE_SMC_FAST_CALL)
		fast_call(fs, args, res);
	else
		std_call(fs, args, res);
	return 0;
}

static const struct smc_conduit_ops conduit_ops = { .smc = conduit_smc };

struct fake_sec *fake_up(void)
{
	struct fake_sec *fs = calloc(1, sizeof(*fs));
	int ret;

	assert(fs);
	fs->conduit.ops = &conduit_ops;
	pthread_mutex_init(&fs->vm.node_lock, NULL);
	list_init(&fs->vm.nodes);
	pthread_mutex_init(&fs->lock, NULL);
	pthread_cond_init(&fs->changed, NULL);
	map_memfd(&fs->shm, FAKE_SHM_GPA, FAKE_SHM_PAGES * 4096);
	memcpy(fs->uid, (uint32_t[]){ OPTEE_MSG_UID_0, OPTEE_MSG_UID_1, OPTEE_MSG_UID_2, OPTEE_MSG_UID_3 },
	       sizeof(fs->uid));
	fs->major = OPTEE_MSG_REVISION_MAJOR;
	fs->caps = FAKE_ALL_CAPS;
	fs->rpc_params = 4;
	fs->max_notif = 63;
	fs->threads = 16;
	fs->shm_settings = OPTEE_SMC_SHM_CACHED;
	fs->shm_start = FAKE_SHM_GPA;
	fs->shm_size = FAKE_SHM_PAGES * 4096;
	ret = tee_subsys_create(&fs->vm, &fs->tee);
	assert(!ret);
	return fs;
}

int fake_probe(struct fake_sec *fs)
{
	return optee_probe_on(&link_ops, fs->tee, &fs->vm, &fs->conduit, &fs->o);
}

struct fake_sec *fake_up_probed(uint32_t caps)
{
	struct fake_sec *fs = fake_up();
	int ret;

	fs->caps = caps;
	ret = fake_probe(fs);
	assert(!ret);
	return fs;
}

void fake_down(struct fake_sec *fs)
{
	optee_remove(fs->o);
	tee_subsys_destroy(fs->tee);
	/* Nothing that the driver took is left, and no call is unfinished. */
	assert(!fs->num_ds && (!fs->under_way || fs->dead) && !fs->notif);
	munmap(fs->shm.base, fs->shm.size);
	close(fs->shm.fd);
	pthread_mutex_destroy(&fs->vm.node_lock);
	pthread_mutex_destroy(&fs->lock);
	pthread_cond_destroy(&fs->changed);
	free(fs);
}

void fake_die(struct fake_sec *fs)
{
	pthread_mutex_lock(&fs->lock);
	fs->dead = true;
	pthread_cond_broadcast(&fs->changed);
	pthread_mutex_unlock(&fs->lock);
	optee_offline(fs->o);
}

int fake_open(struct fake_sec *fs)
{
	return node_open(&fs->vm, "tee0", 0);
}

int fake_do_open(int fd, union open_buf *b)
{
	struct tee_ioctl_buf_data data = { (uintptr_t)b, sizeof(b->arg) +
					   b->arg.num_params * sizeof(b->p[0]) };

	return node_ioctl(fd, TEE_IOC_OPEN_SESSION, &data);
}

int fake_do_invoke(int fd, union invoke_buf *b)
{
	struct tee_ioctl_buf_data data = { (uintptr_t)b, sizeof(b->arg) +
					   b->arg.num_params * sizeof(b->p[0]) };

	return node_ioctl(fd, TEE_IOC_INVOKE, &data);
}

uint32_t fake_open_session(int fd)
{
	union open_buf b = { .arg = { .num_params = 0 } };
	int ret = fake_do_open(fd, &b);

	assert(!ret && !b.arg.ret);
	return b.arg.session;
}

uint32_t fake_invoke(int fd, uint32_t session)
{
	union invoke_buf b = { .arg = { .session = session } };
	int ret = fake_do_invoke(fd, &b);

	assert(!ret);
	return b.arg.ret;
}

int fake_alloc(int fd, size_t size, int *id)
{
	struct tee_ioctl_shm_alloc_data data = { .size = size };
	int ret = node_ioctl(fd, TEE_IOC_SHM_ALLOC, &data);

	*id = data.id;
	return ret;
}
