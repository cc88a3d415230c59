/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * This process's own VM: attached to a machine when the first device is opened (which starts the
 * machine if there is none), with the tipc and mipstee drivers probed on it.
 * Thread rule: any thread.
 * Ownership rule: the VM lives while it is the process's current one or a file of it is open.
 *
 * A VM that died (secure world or hypervisor gone) is retired: its open files fail, the next open
 * attaches anew. After fork() the child's use of the parent's files fails; it may open its own.
 */
#ifndef TEELINK_REE_VM_MACHINE_H
#define TEELINK_REE_VM_MACHINE_H

/* A connection to the machine whose socket has this path, if it runs and may be trusted. Or -errno. */
int machine_connect_to(const char *path);

/**
 * machine_connect() - socket to the machine that the environment names, started if need be
 *
 * Return: descriptor; -ENOENT (no machine, and TEELINK_AUTOSTART=0 or nothing to start), -EPERM (the
 * socket's folder or owner isn't to be trusted), -ECONNREFUSED.
 */
int machine_connect(void);

#endif
