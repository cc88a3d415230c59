/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A library that a trusted application is linked with.
 * Thread rule: pure functions.
 * Ownership rule: none.
 */
#ifndef KIT_H
#define KIT_H

int kit_twice(int v);

#endif
