// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Turns with a TA. No polling here: the TA gets this core by a plain wake and wait, which is faster
 * than anything across cores.
 */
#include <errno.h>
#include <string.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "tee/ta/manager.h"

void ta_bell(struct ta_instance *inst)
{
	__atomic_fetch_add(&inst->shm_mb->bell, 1, __ATOMIC_ACQ_REL);
	futex_wake_shared(&inst->shm_mb->bell, 1);
}

void ta_turn_give(struct ta_instance *inst)
{
	uint32_t seq = __atomic_add_fetch(&inst->seq, 1, __ATOMIC_SEQ_CST);

	ta_place_here(inst);
	tl_store_release(&inst->shm_mb->call.seq, seq);
	ta_bell(inst);
}

void ta_turn_over(struct ta_instance *inst)
{
	uint32_t *shm_answered = &inst->shm_mb->answered;
	uint32_t word;

	__atomic_store_n(&inst->exited, true, __ATOMIC_SEQ_CST);
	/*
	 * No TA writes this word any more. An answer that lies there stays; else the word changes,
	 * so that a waiter who has not yet seen `exited` doesn't fall asleep on it.
	 */
	word = tl_load_acquire(shm_answered);
	if (word != __atomic_load_n(&inst->seq, __ATOMIC_SEQ_CST))
		tl_store_release(shm_answered, word ^ 0x80000000u);
	futex_wake_shared(shm_answered, 1);
}

static int wait_turn(struct ta_instance *inst, uint64_t deadline_ns)
{
	uint32_t *shm_answered = &inst->shm_mb->answered;

	for (;;) {
		uint32_t word = tl_load_acquire(shm_answered);
		uint64_t until = deadline_ns;

		if (word == __atomic_load_n(&inst->seq, __ATOMIC_SEQ_CST))
			return 0;
		if (__atomic_load_n(&inst->exited, __ATOMIC_SEQ_CST))
			return -EOWNERDEAD;
		if (deadline_ns && tl_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		if (inst->short_until && (!deadline_ns || inst->short_until < deadline_ns))
			until = inst->short_until;
		if (futex_wait_shared(shm_answered, word, until) == -ETIMEDOUT &&
		    until != deadline_ns)
			ta_place_long(inst);
	}
}

/* Where the lines go is a file or somebody's terminal: a TA that floods it is cut short. */
static bool may_print(struct ta_instance *inst)
{
	uint64_t now = tl_now_ns(), earned = (now - inst->log_ns) / TA_LOG_LINE_NS;

	if (earned) {
		inst->log_lines = inst->log_lines > earned ? inst->log_lines - earned : 0;
		inst->log_ns = now;
	}
	if (inst->log_lines < TA_LOG_BURST) {
		inst->log_lines++;
		return true;
	}
	if (!inst->log_dropped)
		log_warn("a TA says too much: lines of its are left out");
	inst->log_dropped = true;
	return false;
}

static void take_answer(const struct ta_instance *inst, struct mailbox_answer *ans)
{
	memcpy(ans, &inst->shm_mb->answer, sizeof(*ans));
	/* What is looked at from here on is the copy. */
	__asm__ volatile("" ::: "memory");
}

int ta_turn_take(struct ta_instance *inst, uint64_t deadline_ns, struct mailbox_answer *ans)
{
	for (;;) {
		int ret = wait_turn(inst, deadline_ns);

		if (ret)
			return ret;
		if (inst->short_until)
			ta_place_short(inst);
		take_answer(inst, ans);
		if (ans->kind != MAILBOX_ANSWER_LOG)
			return 0;
		/* Also while lines come so fast that wait_turn never has to wait. */
		if (deadline_ns && tl_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		if (ans->level <= ta_log_level() && may_print(inst))
			ta_log_print(&inst->tm->log, ans->level, inst->shm_mb->text,
				     ans->text_len);
		inst->shm_mb->call.kind = MAILBOX_CALL_RESUME;
		ta_turn_give(inst);
	}
}

/* Until the kernel says that it ended, a killed TA may still write to what it has mapped. */
void ta_turn_end(struct ta_instance *inst)
{
	uint64_t deadline = tl_now_ns() + TA_EXIT_TIMEOUT_NS;
	uint32_t *shm_answered = &inst->shm_mb->answered;

	while (!__atomic_load_n(&inst->exited, __ATOMIC_SEQ_CST) && tl_now_ns() < deadline) {
		uint32_t word = tl_load_acquire(shm_answered);

		/*
		 * An unread answer keeps ta_turn_over from changing the word: look again now and
		 * then.
		 */
		if (!__atomic_load_n(&inst->exited, __ATOMIC_SEQ_CST))
			futex_wait_shared(shm_answered, word, tl_now_ns() + 1000000u);
	}
	if (!__atomic_load_n(&inst->exited, __ATOMIC_SEQ_CST))
		log_warn("a TA's process doesn't end");
}
