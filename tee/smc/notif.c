/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Asynchronous notifications: values that wait until the VM, interrupted, asks for them. */
#include "tee/smc/smc_internal.h"

_Static_assert(SMC_NOTIF_MAX < 64 && SMC_NUM_THREADS < SMC_NOTIF_MAX, "one bit per value");

void smc_notif_send(struct smc_vm *smc, unsigned int value)
{
	if (!smc->notif_on)
		return;
	smc->notif |= 1ull << value;
	__atomic_fetch_or(&smc->shm_ctl->irq, VCPU_IRQ_NOTIF, __ATOMIC_SEQ_CST);
	smc_ring(smc);
	smc->vm->smc_ops->interrupt(smc->vm);
}

bool smc_notif_take(struct smc_vm *smc, unsigned int *value, bool *more)
{
	if (!smc->notif)
		return false;
	*value = (unsigned int)__builtin_ctzll(smc->notif);
	smc->notif &= smc->notif - 1;
	*more = smc->notif != 0;
	return true;
}

void smc_notif_stop(struct smc_vm *smc)
{
	smc->notif_on = false;
	smc->notif = 0;
}
