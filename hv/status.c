/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* What a machine is doing, as JSON. */
#include "hv/hv_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/futex.h"

/* More than 512 VMs, 4096 sessions and their memory need; what is longer is left out. */
#define STATUS_MAX_TEE (4u << 20)

static void print_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			fprintf(f, "\\u%04x", (unsigned char)*s);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

static unsigned long rss_kib(int pid)
{
	unsigned long size, rss = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%lu %lu", &size, &rss) != 2)
		rss = 0;
	fclose(f);
	return rss * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static void print_process(FILE *f, const char *name, int pid, const char *before)
{
	fprintf(f, "%s{\"name\":\"%s\",\"pid\":%d,\"rss_kib\":%lu}", before, name, pid, rss_kib(pid));
}

static void print_processes(struct hv *hv, FILE *f)
{
	static const char *const names[HV_NUM_CHILDREN] = {
		[HV_CHILD_TEE] = "teelink-tee",
		[HV_CHILD_LAUNCH] = "teelink-launch",
		[HV_CHILD_SUPPLICANT] = "tee-supplicant",
	};
	unsigned int i;

	fprintf(f, "\"processes\":[");
	print_process(f, "teelinkd", getpid(), "");
	for (i = 0; i < HV_NUM_CHILDREN; i++) {
		int handle = hv->child[i].handle;
		int pid = handle ? hv->cfg.spawn->pid(hv->cfg.spawn_data, handle) : 0;

		if (pid)
			print_process(f, names[i], pid, ",");
	}
	fprintf(f, "],");
}

/* As Linux has it in /sys/class/tee; the names have been checked. Return: what separates the next one. */
static const char *print_devices(FILE *f, const struct hv_vm *vm, const char *comma)
{
	unsigned int i;

	for (i = 0; i < VMCTL_MAX_DEVICES && *vm->device[i].name; i++) {
		const struct vmctl_describe *d = &vm->device[i];

		fprintf(f, "%s{\"vm\":%u,\"name\":", comma, vm->id);
		print_string(f, d->name);
		fprintf(f, ",\"driver\":");
		print_string(f, d->driver);
		fprintf(f, ",\"implementation_id\":%u,\"implementation_caps\":%u,\"generic_caps\":%u}",
			d->impl_id, d->impl_caps, d->gen_caps);
		comma = ",";
	}
	return comma;
}

static void print_vm(FILE *f, const struct hv_vm *vm)
{
	const struct l4virtio_config *shm_cfg = (const void *)vm->vmm.shm_page;
	uint64_t messages, bytes;
	struct list *pos;
	const char *comma = "";

	fprintf(f, "{\"id\":%u,\"pid\":%u,\"uid\":%u,\"gid\":%u,\"supplicant\":%s,", vm->id,
		vm->creds.pid, vm->creds.uid, vm->creds.gid, vm->supplicant ? "true" : "false");
	hv_proxied_count(vm, &messages, &bytes);
	fprintf(f, "\"proxied_messages\":%llu,\"proxied_bytes\":%llu,", (unsigned long long)messages,
		(unsigned long long)bytes);
	fprintf(f, "\"device_status\":%u,\"dataspace_bytes\":%llu,\"dataspaces\":[",
		tl_load_relaxed(&shm_cfg->status), (unsigned long long)vm->memory);
	list_for_each(pos, &vm->ds) {
		const struct hv_ds *ds = list_entry(pos, struct hv_ds, node);

		fprintf(f, "%s{\"id\":%llu,\"gpa\":%llu,\"size\":%llu}", comma,
			(unsigned long long)ds->id, (unsigned long long)ds->gpa,
			(unsigned long long)ds->size);
		comma = ",";
	}
	fprintf(f, "]}");
}

static void print_limits(const struct hv *hv, FILE *f)
{
	unsigned int i;

	fprintf(f, "\"limits\":{");
	for (i = 0; limits_name(i); i++)
		fprintf(f, "%s\"%s\":%llu", i ? "," : "", limits_name(i),
			(unsigned long long)limits_value(&hv->limits, i));
	fprintf(f, "},");
}

static void print_machine(struct hv *hv, FILE *f)
{
	struct list *pos;
	const char *comma = "";

	fprintf(f, "{\"machine\":{\"version\":\"%s\",\"socket\":", TEELINK_VERSION);
	print_string(f, hv->socket_path);
	fprintf(f, ",\"pid\":%d,\"uptime_ms\":%llu,\"serving\":%s,\"trace\":%s,\"memory\":\"%s\",",
		getpid(), (unsigned long long)((tl_now_ns() - hv->started_ns) / 1000000u),
		hv->state == HV_SERVING ? "true" : "false", hv->trace_fd >= 0 ? "true" : "false",
		hv->cfg.proxied ? "proxied" : "direct");
	fprintf(f, "\"register_accesses\":%llu,\"descriptors_in_use\":%llu},",
		(unsigned long long)hv->mmio_accesses, (unsigned long long)hv->tee_fds);
	print_limits(hv, f);
	print_processes(hv, f);
	fprintf(f, "\"vms\":[");
	list_for_each(pos, &hv->vms) {
		fputs(comma, f);
		print_vm(f, list_entry(pos, struct hv_vm, node));
		comma = ",";
	}
	fprintf(f, "],\"devices\":[");
	comma = "";
	list_for_each(pos, &hv->vms)
		comma = print_devices(f, list_entry(pos, struct hv_vm, node), comma);
	fprintf(f, "],\"secure_world\":");
}

/* The secure world's object, copied as it is; null when there is none. */
static void print_secure_world(FILE *f, int fd)
{
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > (off_t)STATUS_MAX_TEE) {
		fprintf(f, "null}\n");
		return;
	}
	text = malloc((size_t)st.st_size);
	if (text && pread(fd, text, (size_t)st.st_size, 0) == st.st_size)
		fwrite(text, 1, (size_t)st.st_size, f);
	else
		fprintf(f, "null");
	free(text);
	fprintf(f, "}\n");
}

static int status_fd(struct hv *hv, int tee_fd)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int fd;

	if (!f)
		return -ENOMEM;
	print_machine(hv, f);
	print_secure_world(f, tee_fd);
	fclose(f);
	fd = memfd_create("teelink-status", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, text, len) != (ssize_t)len) {
		close(fd);
		fd = -1;
	}
	free(text);
	return fd < 0 ? -ENOMEM : fd;
}

static void answer(struct hv *hv, struct hv_peer *peer, uint32_t seq, int tee_fd)
{
	struct vmctl_simple msg = { .hdr = { .type = VMCTL_STATUS, .seq = seq } };
	int fd = status_fd(hv, tee_fd);

	if (fd < 0) {
		hv_peer_answer(hv, peer, VMCTL_STATUS, seq, fd);
		return;
	}
	peer->busy = false;
	hv_peer_send(hv, peer, &msg, sizeof(msg), &fd, 1);
	close(fd);
}

static void tee_answered(struct hv *hv, struct hv_pending *p, int status, int fd)
{
	if (p->peer)
		answer(hv, p->peer, p->seq, status ? -1 : fd);
	if (fd >= 0)
		close(fd);
}

void hv_status(struct hv *hv, struct hv_peer *peer, uint32_t seq)
{
	struct teectl_simple msg = { .hdr.vm_id = 0 };
	struct hv_pending *p = NULL;

	if (hv->state == HV_SERVING)
		p = hv_pending_new(hv, peer, NULL, VMCTL_STATUS, seq, tee_answered);
	if (!p) {
		answer(hv, peer, seq, -1);
		return;
	}
	p->until_ns = tl_now_ns() + HV_STATUS_WAIT_MS * 1000000ull;
	hv_timer_update(hv);
	hv_peer_set_busy(hv, peer, true);
	hv_proxy_send(hv, p, TEECTL_STATUS, &msg.hdr, sizeof(msg), NULL, 0);
}
