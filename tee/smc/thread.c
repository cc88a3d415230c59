/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Secure threads: a fixed number per VM, in and out by vCPUs, a time slice each time. */
#include "tee/smc/smc_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"

#define TOKEN_INDEX_MASK 0xffu
#define TOKEN_STEP 0x100u

_Static_assert(SMC_NUM_THREADS <= TOKEN_INDEX_MASK, "a token's index");

struct smc_thread *smc_thread_alloc(struct smc_front *front)
{
	unsigned int i;

	for (i = 0; i < SMC_NUM_THREADS; i++) {
		struct smc_thread *t = &front->thread[i];

		if (t->state != SMC_THREAD_FREE)
			continue;
		memset(&t->rq, 0, sizeof(t->rq));
		t->done = false;
		t->mute = false;
		t->slices = 0;
		return t;
	}
	return NULL;
}

void smc_thread_free(struct smc_thread *t)
{
	smc_place_drop(t->front->client.sv, &t->arg.place);
	if (t->list)
		smc_list_end(t->list);
	free(t->list);
	t->list = NULL;
	if (t->front->smc)
		t->front->smc->notif &= ~(1ull << SMC_NOTIF_OF(t));
	t->vcpu = NULL;
	t->state = SMC_THREAD_FREE;
}

bool smc_threads_idle(const struct smc_vm *smc)
{
	unsigned int i;

	for (i = 0; smc->front && i < SMC_NUM_THREADS; i++)
		if (smc->front->thread[i].state != SMC_THREAD_FREE)
			return false;
	return true;
}

static void timer_set(struct smc_vm *smc, uint64_t at_ns)
{
	const struct itimerspec its = {
		.it_value = { .tv_sec = (time_t)(at_ns / 1000000000u),
			      .tv_nsec = (long)(at_ns % 1000000000u) },
	};

	smc->timer_armed = !timerfd_settime(smc->timer_fd, TFD_TIMER_ABSTIME, &its, NULL);
}

/* Ends the slices that are over. The timer runs while a vCPU is inside, and is set once a slice. */
static void on_timer(void *data)
{
	struct smc_vm *smc = data;
	uint64_t count, now = tl_now_ns(), next = 0;
	unsigned int i;

	if (read(smc->timer_fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	smc->timer_armed = false;
	for (i = 0; i < smc->num_vcpus; i++) {
		struct smc_vcpu *v = &smc->vcpu[i];
		uint64_t end = v->entered_ns + SMC_SLICE_NS;

		if (!v->thread)
			continue;
		if (end <= now)
			smc_thread_preempt(v->thread, true);
		else if (!next || end < next)
			next = end;
	}
	if (next)
		timer_set(smc, next);
}

static int timer_create_fd(struct smc_vm *smc)
{
	int id, fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	id = world_watch(smc->vm->world, fd, on_timer, smc);
	if (id < 0) {
		close(fd);
		return id;
	}
	smc->timer_fd = fd;
	smc->timer_watch = id;
	return 0;
}

void smc_thread_attach(struct smc_thread *t, struct smc_vcpu *v)
{
	struct smc_vm *smc = v->smc;
	int ret = 0;

	t->state = SMC_THREAD_INSIDE;
	t->vcpu = v;
	v->thread = t;
	v->entered_ns = tl_now_ns();
	if (smc->timer_armed)
		return;
	if (smc->timer_fd < 0)
		ret = timer_create_fd(smc);
	if (ret)
		log_warn("vm %u: no timer, its calls aren't sliced: %s", smc->vm->id, strerror(-ret));
	else
		timer_set(smc, v->entered_ns + SMC_SLICE_NS);
}

void smc_thread_settle(struct smc_thread *t)
{
	if (t->done)
		smc_thread_finish(t);
	else if (tl_load_relaxed(&t->vcpu->shm_regs->intr))
		smc_thread_preempt(t, false);
}

void smc_thread_suspend(struct smc_thread *t, enum smc_thread_state state, uint32_t a0, uint32_t a1,
			uint32_t a2)
{
	struct smc_regs r = { .a = { a0, a1, a2 } };
	struct smc_vcpu *v = t->vcpu;

	/* Each RPC has a token of its own, so that it is answered once. */
	v->smc->serial += TOKEN_STEP;
	t->token = (v->smc->serial & ~TOKEN_INDEX_MASK) | t->index;
	r.a[3] = t->token;
	t->vcpu = NULL;
	t->state = state;
	smc_vcpu_return(v, &r);
}

void smc_thread_preempt(struct smc_thread *t, bool slice)
{
	/* A long call: to be told of its end costs less than to look every 10 ms. */
	if (slice && ++t->slices > 1 && smc_rpc_wait(t))
		return;
	smc_thread_suspend(t, SMC_THREAD_INTR, OPTEE_SMC_RETURN_RPC_FOREIGN_INTR, 0, 0);
}

void smc_thread_finish(struct smc_thread *t)
{
	struct smc_vcpu *v = t->vcpu;

	if (smc_rpc_give_back(t))
		return;
	smc_thread_free(t);
	smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_OK);
}

void smc_thread_resume(struct smc_vcpu *v, const struct smc_regs *r)
{
	struct smc_front *f = v->smc->front;
	struct smc_thread *t = NULL;
	enum smc_thread_state was;

	if (f && (r->a[3] & TOKEN_INDEX_MASK) < SMC_NUM_THREADS)
		t = &f->thread[r->a[3] & TOKEN_INDEX_MASK];
	if (!t || (t->state != SMC_THREAD_INTR && t->state != SMC_THREAD_RPC) ||
	    t->token != r->a[3]) {
		world_counters(v->smc->vm->world)->bad_messages++;
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_ERESUME);
		return;
	}
	was = t->state;
	smc_thread_attach(t, v);
	if (was == SMC_THREAD_RPC)
		smc_rpc_answered(t, r);
	else if (t->list && !t->done)
		smc_register_go_on(t);
	else
		smc_thread_settle(t);
}
