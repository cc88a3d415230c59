/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/world_internal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tee/session/session.h"
#include "tee/ta/ta.h"
#include "tee/tipc/tipc_dev.h"
#include "tee/virtio/device_internal.h"
#include "tee/vm.h"

struct vm_status {
	FILE *out;
	bool first;
};

static void print_counters(const struct world_counters *c, FILE *out)
{
	fprintf(out, "{\"invokes\":%llu,\"opens\":%llu,\"closes\":%llu,\"cancels\":%llu,",
		(unsigned long long)c->invokes, (unsigned long long)c->opens,
		(unsigned long long)c->closes, (unsigned long long)c->cancels);
	fprintf(out, "\"bytes_copied_in\":%llu,\"bytes_copied_out\":%llu,\"maps\":%llu,\"unmaps\":%llu,",
		(unsigned long long)c->bytes_copied_in, (unsigned long long)c->bytes_copied_out,
		(unsigned long long)c->maps, (unsigned long long)c->unmaps);
	fprintf(out, "\"kicks\":%llu,\"irqs\":%llu,\"bad_messages\":%llu}",
		(unsigned long long)c->kicks, (unsigned long long)c->irqs,
		(unsigned long long)c->bad_messages);
}

static void print_vm(struct tee_vm *vm, void *arg)
{
	struct vm_status *s = arg;

	fprintf(s->out, "%s{\"id\":%u,\"uid\":%u,\"pid\":%u,\"supplicant\":%s,\"dropped\":%s,",
		s->first ? "" : ",", vm->id, vm->creds.uid, vm->creds.pid,
		vm->supplicant ? "true" : "false", vm->dropped ? "true" : "false");
	fprintf(s->out, "\"device_status\":%u,\"endpoints\":%u,\"dataspaces\":%u,\"shm\":",
		vm->dev->status, tipc_dev_num_endpoints(vm->tipc), vm->num_ds);
	session_shm_status(vm, s->out);
	if (vm->smc) {
		fputs(",\"smc\":", s->out);
		vm->smc_ops->status(vm, s->out);
	}
	fputc('}', s->out);
	s->first = false;
}

static void print_world(struct tee_world *w, FILE *out)
{
	struct vm_status vms = { .out = out, .first = true };

	fputs("{\"counters\":", out);
	print_counters(&w->counters, out);
	fprintf(out, ",\"threads\":{\"total\":%u,\"blocked\":%u},\"vms\":[", w->num_threads,
		w->num_blocked);
	world_for_each_vm(w, print_vm, &vms);
	fputs("],\"sessions\":", out);
	session_status(w->sessions, out);
	fputs(",\"instances\":", out);
	ta_status(w, out);
	fputs("}", out);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int world_status_fd(struct tee_world *w)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int fd, ret;

	fd = memfd_create("teelink-status", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	out = open_memstream(&text, &len);
	if (!out) {
		close(fd);
		return -ENOMEM;
	}
	print_world(w, out);
	ret = fclose(out) ? -ENOMEM : write_all(fd, text, len);
	free(text);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}
