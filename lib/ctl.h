/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Control socket: SOCK_SEQPACKET messages with descriptors.
 * Thread rule: functions are reentrant; one packet is atomic, so several threads may send.
 * Ownership rule: ctl_send borrows descriptors; ctl_recv gives received ones to the caller, CLOEXEC set.
 */
#ifndef TEELINK_LIB_CTL_H
#define TEELINK_LIB_CTL_H

#include <stddef.h>
#include <sys/types.h>

#define CTL_MAX_FDS 16

/**
 * ctl_send() - send one message
 * @sock: SOCK_SEQPACKET socket
 * @msg, @len: the message
 * @fds, @num_fds: descriptors to go along, at most CTL_MAX_FDS
 *
 * Return: 0, -EAGAIN (non-blocking socket is full), -EPIPE (peer gone), other -errno. No SIGPIPE.
 */
int ctl_send(int sock, const void *msg, size_t len, const int *fds, unsigned int num_fds);

/**
 * ctl_recv() - receive one message
 * @fds, @num_fds: in: room for descriptors; out: how many came. More than fit: all are closed, -EPROTO.
 *
 * Return: length of the message, 0 when the peer closed, -EMSGSIZE when it was longer than @size (its
 * descriptors are closed), -EAGAIN, other -errno.
 */
ssize_t ctl_recv(int sock, void *msg, size_t size, int *fds, unsigned int *num_fds);

/* Both ends close-on-exec. Return: 0 or -errno. */
int ctl_pair(int sock[2]);

#endif
