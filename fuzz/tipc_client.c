/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "fuzz/tipc_client.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "include/teelink/dev.h"
#include "tests/unit/ree/fake_vm.h"

static int on_online(void *data, struct tipc_dev *dev)
{
	struct tipc_client *c = data;

	(void)dev;
	c->announced++;
	FUZZ_ASSERT(c->announced == 1);
	return 0;
}

static void on_offline(void *data, struct tipc_dev *dev)
{
	struct tipc_client *c = data;

	(void)dev;
	c->announced--;
	FUZZ_ASSERT(c->announced == 0);
}

const struct tipc_dev_ops tipc_client_dev_ops = { .online = on_online, .offline = on_offline };

uint32_t tipc_take_addr(struct fuzz_input *in)
{
	uint32_t n = (uint32_t)fuzz_take(in, 1);

	if (n < 64)
		return n;
	if (n < 128)
		return TIPC_TEE_ADDR_BASE + n % 8;
	if (n < 192)
		return TIPC_MIN_LOCAL_ADDR + n % 8;
	return n < 224 ? TIPC_MIN_LOCAL_ADDR + 256 + n % 8 : (uint32_t)fuzz_take(in, 4);
}

void tipc_take_msg(struct fuzz_input *in, struct tipc_taken_msg *msg)
{
	size_t i;

	memset(msg, 0, sizeof(*msg));
	msg->len = fuzz_take(in, 1) % sizeof(msg->data);
	msg->hdr.src = tipc_take_addr(in);
	msg->hdr.dst = tipc_take_addr(in);
	msg->how = (uint32_t)fuzz_take(in, 1);
	msg->hdr.len = msg->how & 1 ? (uint16_t)fuzz_take(in, 2) : (uint16_t)msg->len;
	msg->hdr.shm_cnt = msg->how & 2 ? (uint16_t)fuzz_take(in, 2) : 0;
	for (i = 0; i < msg->len; i++)
		msg->data[i] = (uint8_t)fuzz_take(in, 1);
}

size_t tipc_take_ctrl_body(struct fuzz_input *in, uint32_t type, union tipc_ctrl_body *body)
{
	memset(body, 0, sizeof(*body));
	body->conn_rsp.target = tipc_take_addr(in);
	if (type == TIPC_CTRL_DISC_REQ)
		return sizeof(body->disc_req);
	if (type != TIPC_CTRL_CONN_RSP)
		return 0;
	body->conn_rsp.status = (uint32_t)fuzz_take(in, 1);
	body->conn_rsp.remote = tipc_take_addr(in);
	body->conn_rsp.max_msg_size = (uint32_t)fuzz_take(in, 2);
	body->conn_rsp.max_msg_cnt = (uint32_t)fuzz_take(in, 1);
	return sizeof(body->conn_rsp);
}

static void write_some(const struct node_ops *ops, struct node_file *file, size_t len)
{
	static const uint8_t zeroes[TIPC_CLIENT_ROOM + 16];
	struct iovec iov = { (void *)(uintptr_t)zeroes, len };
	ssize_t n = ops->write(file, &iov, 1);

	FUZZ_ASSERT(n < 0 || (size_t)n == len);
}

static void read_some(const struct tipc_client *c, const struct node_ops *ops,
		      struct node_file *file)
{
	uint8_t *buf = malloc(TIPC_CLIENT_ROOM);
	struct iovec iov = { buf, TIPC_CLIENT_ROOM };
	ssize_t n;

	FUZZ_ASSERT(buf);
	n = ops->read(file, &iov, 1);
	FUZZ_ASSERT(n <= (ssize_t)c->max_msg);
	FUZZ_ASSERT(n < 0 || ops->poll(file) & POLLOUT);
	free(buf);
}

void tipc_client_step(struct tipc_client *c, enum tipc_client_op op, struct fuzz_input *in)
{
	static const char *const names[] = { "echo", "none", "deny", "silent" };
	unsigned int i = (unsigned int)fuzz_take(in, 1) % TIPC_CLIENT_FILES;
	const struct node_ops *ops = c->vm->node.ops;
	struct node_file *file = &c->file[i];

	if (c->open[i] == (op == TIPC_CLIENT_OPEN))
		return;
	switch (op) {
	case TIPC_CLIENT_OPEN:
		*file = (struct node_file){ .vm = c->vm, .node_data = c->dev, .flags = O_NONBLOCK };
		c->open[i] = !ops->open(file);
		break;
	case TIPC_CLIENT_CONNECT:
		ops->ioctl(file, (unsigned int)TIPC_IOC_CONNECT,
			   (void *)(uintptr_t)names[fuzz_take(in, 1) % 4]);
		break;
	case TIPC_CLIENT_WRITE:
		write_some(ops, file, (size_t)fuzz_take(in, 2) % (c->max_msg + 16));
		break;
	case TIPC_CLIENT_READ:
		read_some(c, ops, file);
		break;
	default:
		ops->release(file);
		c->open[i] = false;
		break;
	}
}

void tipc_client_end(struct tipc_client *c)
{
	unsigned int i;

	for (i = 0; i < TIPC_CLIENT_FILES; i++)
		if (c->open[i])
			c->vm->node.ops->release(&c->file[i]);
	tipc_dev_remove(c->dev);
	FUZZ_ASSERT(c->announced == 0);
	FUZZ_ASSERT(!c->vm->node_present && !c->vm->irq_set);
}
