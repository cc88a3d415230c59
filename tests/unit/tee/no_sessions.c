/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* A secure world without session manager and storage. */
#include <stdio.h>

#include "tee/property.h"
#include "tee/pta/pta.h"
#include "tee/session/session.h"
#include "tee/storage/service.h"
#include "tee/vm.h"

/* Its calls are nobody's here. */
int storage_service_create(struct tee_world *w, struct storage_service **sp)
{
	(void)w;
	*sp = NULL;
	return 0;
}

void storage_service_destroy(struct storage_service *s)
{
	(void)s;
}

int session_manager_create(struct tee_world *w, struct session_manager **smp)
{
	(void)w;
	*smp = NULL;
	return 0;
}

void session_manager_destroy(struct session_manager *sm)
{
	(void)sm;
}

int property_service_create(struct tee_world *w, struct property_service **sp)
{
	(void)w;
	*sp = NULL;
	return 0;
}

void property_service_destroy(struct property_service *s)
{
	(void)s;
}

int pta_create(struct tee_world *w, struct pta **ptap)
{
	(void)w;
	*ptap = NULL;
	return 0;
}

void pta_destroy(struct pta *pta)
{
	(void)pta;
}

void session_vm_gone(struct session_manager *sm, struct tee_vm *vm)
{
	(void)sm;
	(void)vm;
}

void session_status(struct session_manager *sm, FILE *out)
{
	(void)sm;
	fputs("[]", out);
}

void session_shm_status(struct tee_vm *vm, FILE *out)
{
	(void)vm;
	fputs("[]", out);
}
