/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The skeleton of a client and its trusted application.
 * Thread rule: one thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_TOOLS_TA_NEW_H
#define TEELINK_TOOLS_TA_NEW_H

/**
 * ta_new() - write folder @name with a client and a trusted application of a fresh UUID
 * @name: a small letter, then small letters, digits and '_'; at most 32
 *
 * The skeleton is the dev kit's: of TA_DEV_KIT_DIR, else of the installation or build tree that this
 * program belongs to. Return: exit status, with a message printed when something is wrong.
 */
int ta_new(const char *name);

#endif
