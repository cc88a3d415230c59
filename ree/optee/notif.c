/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "lib/log.h"
#include "ree/optee/optee_private.h"

/* Values that one interrupt brings at most; the rest comes with the next. */
#define NOTIF_PER_IRQ 64u

struct notif_waiter {
	struct list link; /* notif.lock */
	struct optee *o;
	uint32_t value;
	bool sent; /* notif.lock to change, atomic to look */
};

int optee_notif_init(struct optee_notif *n, uint32_t max_value)
{
	n->max_value = max_value < OPTEE_MAX_NOTIF ? max_value : OPTEE_MAX_NOTIF - 1;
	n->pending = calloc(n->max_value / 64 + 1, sizeof(*n->pending));
	if (!n->pending)
		return -ENOMEM;
	pthread_mutex_init(&n->lock, NULL);
	list_init(&n->waiters);
	return 0;
}

void optee_notif_destroy(struct optee_notif *n)
{
	pthread_mutex_destroy(&n->lock);
	free(n->pending);
}

/* Called with the lock held. */
static struct notif_waiter *find_waiter(struct optee_notif *n, uint32_t value)
{
	struct notif_waiter *w;
	struct list *pos;

	list_for_each(pos, &n->waiters) {
		w = list_entry(pos, struct notif_waiter, link);
		if (w->value == value)
			return w;
	}
	return NULL;
}

/* 0: on the list; -EALREADY: it was sent before. */
static int join(struct optee_notif *n, struct notif_waiter *w)
{
	uint64_t bit = 1ull << (w->value % 64), *word = &n->pending[w->value / 64];
	int ret = 0;

	pthread_mutex_lock(&n->lock);
	if (*word & bit) {
		*word &= ~bit;
		ret = -EALREADY;
	} else if (find_waiter(n, w->value)) {
		ret = -EBUSY;
	} else {
		list_add_tail(&n->waiters, &w->link);
	}
	pthread_mutex_unlock(&n->lock);
	return ret;
}

/* The waiter takes the interrupt, so what is due after it is the waiter's work. */
static bool sent_or_due(void *arg)
{
	const struct notif_waiter *w = arg;

	return tl_load_acquire(&w->sent) ||
	       (tl_load_acquire(&w->o->notif.bottom_half) &&
		!tl_load_acquire(&w->o->notif.in_bottom_half));
}

int optee_notif_wait(struct optee *o, uint32_t value, unsigned int timeout_ms)
{
	struct notif_waiter w = { .o = o, .value = value };
	struct optee_notif *n = &o->notif;
	int ret;

	if (value > n->max_value)
		return -EINVAL;
	ret = join(n, &w);
	if (ret)
		return ret == -EALREADY ? 0 : ret;
	do {
		ret = o->ops->wait(o->vm, sent_or_due, &w, timeout_ms);
		optee_do_pending(o);
	} while (!ret && !tl_load_acquire(&w.sent));
	pthread_mutex_lock(&n->lock);
	list_del(&w.link);
	if (w.sent)
		ret = 0;
	pthread_mutex_unlock(&n->lock);
	return ret;
}

int optee_notif_send(struct optee *o, uint32_t value)
{
	struct optee_notif *n = &o->notif;
	struct notif_waiter *w;

	if (value > n->max_value)
		return -EINVAL;
	pthread_mutex_lock(&n->lock);
	w = find_waiter(n, value);
	if (w) {
		list_del(&w->link);
		tl_store_release(&w->sent, true);
	} else {
		n->pending[value / 64] |= 1ull << (value % 64);
	}
	pthread_mutex_unlock(&n->lock);
	o->ops->wake(o->vm);
	return 0;
}

void optee_notif_irq(void *data)
{
	struct smc_args args = { .a0 = OPTEE_SMC_GET_ASYNC_NOTIF_VALUE };
	struct optee *o = data;
	struct smc_res res;
	unsigned int i;

	for (i = 0; i < NOTIF_PER_IRQ; i++) {
		if (optee_smc(o, &args, &res) || res.a0 != OPTEE_SMC_RETURN_OK ||
		    !(res.a2 & OPTEE_SMC_ASYNC_NOTIF_VALUE_VALID))
			return;
		if (res.a1 == OPTEE_SMC_ASYNC_NOTIF_VALUE_DO_BOTTOM_HALF) {
			tl_store_release(&o->notif.bottom_half, true);
			o->ops->wake(o->vm);
		} else if (res.a1 > UINT32_MAX || optee_notif_send(o, (uint32_t)res.a1)) {
			log_warn("optee: notification %llu", (unsigned long long)res.a1);
		}
		if (!(res.a2 & OPTEE_SMC_ASYNC_NOTIF_VALUE_PENDING))
			return;
	}
}

int optee_notif_enable(struct optee *o)
{
	struct smc_args args = { .a0 = OPTEE_SMC_ENABLE_ASYNC_NOTIF };
	struct smc_res res;
	int ret;

	o->ops->set_notif(o->vm, optee_notif_irq, o);
	ret = optee_smc(o, &args, &res);
	if (!ret && res.a0 != OPTEE_SMC_RETURN_OK)
		ret = -EINVAL;
	if (ret)
		o->ops->set_notif(o->vm, NULL, NULL);
	return ret;
}
