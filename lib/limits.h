/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A machine's named limits: their defaults, and the text that sets them (teelink.conf(5)).
 * Thread rule: functions are reentrant; a struct limits is the caller's.
 * Ownership rule: nothing is kept but values.
 *
 * The hypervisor reads them and keeps those that are its own; the secure world gets all of them from it,
 * as one line of text, and tells the launcher what concerns one trusted application.
 */
#ifndef TEELINK_LIB_LIMITS_H
#define TEELINK_LIB_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct limits - what a machine, a user and a VM may have at most
 * @vms: VMs attached, the machine's supplicant not counted
 * @vms_per_uid: of these, of one user
 * @sessions_per_vm: open sessions, those that are being opened included
 * @calls_per_vm: calls that are taken and not answered; more wait in their VM until one is
 * @dataspaces_per_vm: objects of shared memory of their own, from 64 KiB up
 * @memory_per_vm: bytes of these, in all
 * @memory_per_ta: bytes of private memory of one instance
 * @ta_instances: processes of trusted applications
 * @descriptors: files that the secure world has open for VMs; 0: as many as the system allows
 * @orphan_call_ms: a call whose client has gone is cancelled, and its instance killed so much later
 * @orphan_shared_call_ms: the same for an instance that several clients may use, once all have gone
 */
struct limits {
	uint64_t vms, vms_per_uid;
	uint64_t sessions_per_vm, calls_per_vm;
	uint64_t dataspaces_per_vm, memory_per_vm;
	uint64_t ta_instances, memory_per_ta;
	uint64_t descriptors;
	uint64_t orphan_call_ms, orphan_shared_call_ms;
};

#define LIMITS_TEXT_SIZE 640u

void limits_default(struct limits *lim);

/**
 * limits_set() - take one "name=value"; spaces around both are allowed
 *
 * A value may end in K, M or G (1024). Return: 0, -ENOENT (no such limit), -EINVAL (no number),
 * -ERANGE (beyond what it may be).
 */
int limits_set(struct limits *lim, const char *text);

/**
 * limits_read() - take all lines of the file @path; '#' begins a comment
 * @line: number of the line that was wrong
 *
 * Return: 0, -errno of the file, or as limits_set for the first line that is wrong.
 */
int limits_read(struct limits *lim, const char *path, unsigned int *line);

/* All of them as "name=value,…", and back: for the command line of the secure world. */
void limits_format(const struct limits *lim, char text[LIMITS_TEXT_SIZE]);
int limits_parse(struct limits *lim, const char *text);

/* The @i-th limit's name and value, or NULL after the last. */
const char *limits_name(unsigned int i);
uint64_t limits_value(const struct limits *lim, unsigned int i);

#endif
