/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a shared library needs of another. kit_order is the trusted application's: each constructor
 * appends its digit.
 * Thread rule: the instance's thread.
 * Ownership rule: none.
 */
#ifndef KIT_BASE_H
#define KIT_BASE_H

extern int kit_order;

int kit_base(int v);

#endif
