/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "ree/optee/optee_private.h"
#include "wire/port.h"

/*
 * When no call of ours is under way whose end would free a thread, nobody rings: the secure world is asked
 * again after this while.
 */
#define QUEUE_RETRY_MS 5u

void optee_queue_init(struct optee_call_queue *q, unsigned int threads)
{
	pthread_mutex_init(&q->lock, NULL);
	list_init(&q->waiters);
	q->limit = threads > 1 ? threads - 1 : 0;
}

void optee_queue_destroy(struct optee_call_queue *q)
{
	pthread_mutex_destroy(&q->lock);
}

static bool waiter_is_over(void *arg)
{
	const struct optee_waiter *w = arg;

	return tl_load_acquire(&w->state) != OPTEE_WAITER_WAITING;
}

static bool queue_is_full(const struct optee_call_queue *q)
{
	return q->limit && q->normal >= q->limit;
}

/* Called with the lock held: the first waiter's turn, unless there is no room for it. */
static void wake_first(struct optee *o)
{
	struct optee_call_queue *q = &o->queue;
	struct optee_waiter *w;

	if (list_empty(&q->waiters))
		return;
	w = list_entry(q->waiters.next, struct optee_waiter, link);
	if (!w->entered && queue_is_full(q))
		return;
	list_del(&w->link);
	tl_store_release(&w->state, OPTEE_WAITER_WOKEN);
	o->ops->wake(o->vm);
}

/* Called with the lock held: who came first stands first, however often it was sent back. */
static void stand_in_line(struct optee_call_queue *q, struct optee_waiter *w)
{
	struct list *pos;

	list_for_each(pos, &q->waiters)
		if (list_entry(pos, struct optee_waiter, link)->ticket > w->ticket)
			break;
	w->state = OPTEE_WAITER_WAITING;
	list_add_tail(pos, &w->link); /* before pos */
}

/* Called with the lock held, which it drops meanwhile. 0: it is @w's turn. */
static int wait_turn(struct optee *o, struct optee_waiter *w, unsigned int timeout_ms)
{
	struct optee_call_queue *q = &o->queue;
	int ret;

	stand_in_line(q, w);
	pthread_mutex_unlock(&q->lock);
	ret = o->ops->wait(o->vm, waiter_is_over, w, timeout_ms);
	pthread_mutex_lock(&q->lock);
	switch (w->state) {
	case OPTEE_WAITER_WAITING:
		list_del(&w->link);
		return ret == -ETIMEDOUT ? 0 : ret;
	case OPTEE_WAITER_CANCELLED:
		return -ECANCELED;
	default:
		if (ret == -ETIMEDOUT)
			ret = 0;
		/* Woken, but leaving: the turn is the next one's. */
		if (ret)
			wake_first(o);
		return ret;
	}
}

int optee_queue_enter(struct optee *o, struct optee_waiter *w, bool normal, uint32_t *ended)
{
	struct optee_call_queue *q = &o->queue;
	int ret = 0;

	pthread_mutex_lock(&q->lock);
	w->ticket = ++q->last_ticket;
	w->entered = false;
	if (normal && (queue_is_full(q) || !list_empty(&q->waiters)))
		ret = wait_turn(o, w, 0);
	while (normal && !ret && queue_is_full(q))
		ret = wait_turn(o, w, 0);
	if (!ret) {
		w->entered = true;
		q->active++;
		q->normal += normal;
		*ended = q->ended;
	}
	pthread_mutex_unlock(&q->lock);
	return ret;
}

int optee_queue_refused(struct optee *o, struct optee_waiter *w, uint32_t *ended)
{
	struct optee_call_queue *q = &o->queue;
	int ret = 0;

	pthread_mutex_lock(&q->lock);
	/* A call that ended since we asked has freed a thread: ask again at once. */
	if (q->ended == *ended) {
		q->active--;
		ret = wait_turn(o, w, q->active ? 0 : QUEUE_RETRY_MS);
		q->active++;
	}
	*ended = q->ended;
	pthread_mutex_unlock(&q->lock);
	return ret;
}

void optee_queue_leave(struct optee *o, bool normal)
{
	struct optee_call_queue *q = &o->queue;

	pthread_mutex_lock(&q->lock);
	q->active--;
	q->normal -= normal;
	q->ended++;
	wake_first(o);
	pthread_mutex_unlock(&q->lock);
}

bool optee_queue_cancel(struct optee *o, const struct tee_context *ctx, uint32_t session,
			uint32_t cancel_id)
{
	struct optee_call_queue *q = &o->queue;
	struct optee_waiter *w, *found = NULL;
	struct list *pos;

	pthread_mutex_lock(&q->lock);
	list_for_each(pos, &q->waiters) {
		w = list_entry(pos, struct optee_waiter, link);
		if (w->cancellable && w->ctx == ctx && w->session == session &&
		    w->cancel_id == cancel_id) {
			found = w;
			break;
		}
	}
	if (found) {
		list_del(&found->link);
		tl_store_release(&found->state, OPTEE_WAITER_CANCELLED);
	}
	pthread_mutex_unlock(&q->lock);
	if (found)
		o->ops->wake(o->vm);
	return found;
}
