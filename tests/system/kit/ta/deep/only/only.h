/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Found by sources of this folder alone.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef KIT_ONLY_H
#define KIT_ONLY_H

#define ONLY_HERE 7

#endif
