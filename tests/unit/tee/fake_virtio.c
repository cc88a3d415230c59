/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "fake_virtio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tee_virtio_dev *fake_virtio_create(void)
{
	struct tee_virtio_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		abort();
	dev->room = UINT32_MAX;
	return dev;
}

void fake_virtio_destroy(struct tee_virtio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < FAKE_VIRTIO_QUEUE; i++) {
		free(dev->in[i].data);
		free(dev->out[i].data);
	}
	free(dev);
}

static void put(struct fake_buf *ring, unsigned int first, unsigned int *num, const void *a,
		size_t alen, const void *b, size_t blen)
{
	struct fake_buf *buf = &ring[(first + *num) % FAKE_VIRTIO_QUEUE];

	if (*num == FAKE_VIRTIO_QUEUE)
		abort();
	free(buf->data);
	buf->len = alen + blen;
	buf->data = malloc(alen + blen + 1);
	if (!buf->data)
		abort();
	memcpy(buf->data, a, alen);
	if (blen)
		memcpy(buf->data + alen, b, blen);
	(*num)++;
}

void fake_virtio_push_raw(struct tee_virtio_dev *dev, const void *data, size_t len)
{
	put(dev->in, dev->in_first, &dev->in_num, data, len, NULL, 0);
}

void fake_virtio_push(struct tee_virtio_dev *dev, uint32_t src, uint32_t dst, const void *data,
		      size_t len)
{
	struct tipc_msg_hdr hdr = { .src = src, .dst = dst, .len = (uint16_t)len };

	put(dev->in, dev->in_first, &dev->in_num, &hdr, sizeof(hdr), data, len);
}

int fake_virtio_pop(struct tee_virtio_dev *dev, struct tipc_msg_hdr *hdr, void *data, size_t size)
{
	struct fake_buf *buf = &dev->out[dev->out_first];
	size_t len;

	if (!dev->out_num)
		return -1;
	memcpy(hdr, buf->data, sizeof(*hdr));
	len = buf->len - sizeof(*hdr);
	memcpy(data, buf->data + sizeof(*hdr), len < size ? len : size);
	dev->out_first = (dev->out_first + 1) % FAKE_VIRTIO_QUEUE;
	dev->out_num--;
	return (int)len;
}

int tee_virtio_rx(struct tee_virtio_dev *dev, void *dst, size_t size)
{
	struct fake_buf *buf = &dev->in[dev->in_first];

	if (!dev->in_num)
		return 0;
	dev->in_first = (dev->in_first + 1) % FAKE_VIRTIO_QUEUE;
	dev->in_num--;
	memcpy(dst, buf->data, buf->len < size ? buf->len : size);
	return (int)buf->len;
}

int tee_virtio_tx(struct tee_virtio_dev *dev, const void *hdr, size_t hdr_len, const void *data,
		  size_t len)
{
	if (!dev->room)
		return -EAGAIN;
	dev->room--;
	put(dev->out, dev->out_first, &dev->out_num, hdr, hdr_len, data, len);
	return 0;
}

void tee_virtio_flush(struct tee_virtio_dev *dev)
{
	dev->flushes++;
}
