/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * One tipc device over a fake VM and one user of its channels, for the tests of the tipc driver.
 * Thread rule: one thread, but for handle_msg, which may be run by another.
 * Ownership rule: set-up gives the fixture to the test, tear-down takes it; channels are the
 * test's.
 */
#ifndef TEELINK_TESTS_TIPC_FIXTURE_H
#define TEELINK_TESTS_TIPC_FIXTURE_H

#include <semaphore.h>

#include "ree/tipc/tipc.h"
#include "tests/unit/ree/fake_vm.h"

struct fixture {
	struct ree_vm *vm;
	struct tipc_dev *dev;
	unsigned int onlines, offlines;
	int online_ret;
	unsigned int connected, disconnected, shutdowns, msgs;
	int status;
	size_t len;
	uint8_t data[TIPC_DEFAULT_MSG_BUF_SIZE];
	sem_t *entered, *leave; /* handle_msg waits between the two */
	bool left;
};

extern const struct tipc_dev_ops fixture_dev_ops;
extern const struct tipc_chan_ops fixture_chan_ops;

int tipc_fixture_setup(void **state);
int tipc_fixture_teardown(void **state);
struct tipc_chan *chan_new(struct fixture *fx);
struct tipc_chan *chan_connected(struct fixture *fx);
/* Return: as tipc_chan_get_txbuf or tipc_chan_queue_msg. */
int chan_send(struct tipc_chan *chan, const void *data, size_t len);
/* The device acts, then the interrupt runs. */
void move(struct fixture *fx);

#endif
