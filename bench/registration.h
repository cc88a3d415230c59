/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What it costs to register memory, in each way that there is, and to refer to it afterwards.
 * Thread rule: one thread.
 * Ownership rule: none.
 *
 * Keys of the report; WAY is own (TEEC_AllocateSharedMemory), fd (a sealed memfd by descriptor), shadow
 * (ordinary memory, copied at each call) or inplace (ordinary memory, TEELINK_REGISTER=inplace):
 *   register_WAY_per_page_ns, release_WAY_per_page_ns  of 2 MiB that the program has written to
 *   invoke_3x2m_WAY_p50_ns  an empty call that refers to three buffers of 2 MiB, registered once
 *   invoke_3x2m_WAY_ratio   ... to one that refers to nothing, measured in turns
 *   invoke_1g_WAY_p50_ns, invoke_1g_WAY_ratio  the same with one of 1 GiB; null where there is too little
 *                           memory, and for shadow
 */
#ifndef TEELINK_BENCH_REGISTRATION_H
#define TEELINK_BENCH_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/link.h"

enum registration_way {
	REGISTRATION_OWN,
	REGISTRATION_FD,
	REGISTRATION_SHADOW,
	REGISTRATION_INPLACE,
};

/* Whether ordinary memory that is registered is shared in place, with what the environment says. */
bool registration_is_in_place(struct link *l);
/* Medians in ns of making 2 MiB known and of releasing it, per page of 4 KiB. */
void registration_measure(struct link *l, enum registration_way way, double *make, double *release);
/*
 * Median in ns of an empty call that refers to @num buffers (1 to 4) of @size bytes, and how much that is
 * of the median of calls in between that refer to nothing.
 */
void registration_measure_invoke(struct link *l, enum registration_way way, unsigned int num,
				 size_t size, double *p50, double *ratio);
/* Is there memory for buffers of @size bytes, touched, moved and given back? */
bool registration_has_room(size_t size);

#endif
