/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/trace_log.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum world { WORLD_REE, WORLD_HV, WORLD_TEE, WORLD_TA };

static const char *const world_names[] = {
	[WORLD_REE] = "normal world",
	[WORLD_HV] = "hypervisor",
	[WORLD_TEE] = "secure world",
	[WORLD_TA] = "trusted application",
};

static const struct hop {
	const char *folder;
	enum world world;
} hops[TRACE_NUM_HOPS] = {
	[TRACE_CA] = { "ree/libteec", WORLD_REE },
	[TRACE_TEE] = { "ree/tee", WORLD_REE },
	[TRACE_MIPSTEE] = { "ree/mipstee", WORLD_REE },
	[TRACE_TIPC] = { "ree/tipc", WORLD_REE },
	[TRACE_VIRTIO] = { "ree/virtio", WORLD_REE },
	[TRACE_VMM] = { "hv/vmm", WORLD_HV },
	[TRACE_PROXY] = { "hv/proxy", WORLD_HV },
	[TRACE_DEVICE] = { "tee/virtio", WORLD_TEE },
	[TRACE_TIPCDEV] = { "tee/tipc", WORLD_TEE },
	[TRACE_IPC] = { "tee/ipc", WORLD_TEE },
	[TRACE_SESSION] = { "tee/session", WORLD_TEE },
	[TRACE_TAMGR] = { "tee/ta", WORLD_TEE },
	[TRACE_SMC] = { "tee/smc", WORLD_TEE },
	[TRACE_TA] = { "ta", WORLD_TA },
	[TRACE_OPTEE] = { "ree/optee", WORLD_REE },
};

static int by_time(const void *a, const void *b)
{
	const struct trace_entry *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* A private copy that can be printed. Return: false for a slot that isn't whole. */
static bool take_entry(const volatile struct trace_entry *shm_slot, size_t index,
		       struct trace_entry *e)
{
	uint32_t seq = tl_load_acquire(&shm_slot->seq);
	size_t i;

	memcpy(e, (const void *)(uintptr_t)shm_slot, sizeof(*e));
	e->seq = seq;
	e->verb[sizeof(e->verb) - 1] = '\0';
	for (i = 0; e->verb[i]; i++)
		if (e->verb[i] < 0x20 || e->verb[i] == 0x7f)
			e->verb[i] = '?';
	return seq && (seq - 1u) % TRACE_RING_SLOTS == index && e->hop < TRACE_NUM_HOPS;
}

int trace_log_read(int fd, struct trace_entry **entries, size_t *num, size_t *lost)
{
	const struct trace_ring *shm_ring;
	struct trace_entry *copy;
	struct stat st;
	uint32_t next;
	size_t i, n = 0;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size < (off_t)sizeof(*shm_ring))
		return -EPROTO;
	shm_ring = mmap(NULL, sizeof(*shm_ring), PROT_READ, MAP_SHARED, fd, 0);
	if (shm_ring == MAP_FAILED)
		return -errno;
	copy = calloc(TRACE_RING_SLOTS, sizeof(*copy));
	if (!copy) {
		munmap((void *)(uintptr_t)shm_ring, sizeof(*shm_ring));
		return -ENOMEM;
	}
	next = tl_load_acquire(&shm_ring->next);
	for (i = 0; i < TRACE_RING_SLOTS && i < next; i++)
		if (take_entry(&shm_ring->slot[i], i, &copy[n]))
			n++;
	munmap((void *)(uintptr_t)shm_ring, sizeof(*shm_ring));
	qsort(copy, n, sizeof(*copy), by_time);
	*entries = copy;
	*num = n;
	*lost = next > TRACE_RING_SLOTS ? next - TRACE_RING_SLOTS : 0;
	return 0;
}

/* What the writer knows of the lines so far. */
struct teller {
	FILE *out;
	bool utf8;
	unsigned int calls; /* begun so far */
	unsigned int open; /* begun and not ended */
	uint64_t begin_ns; /* of the outermost open call */
	uint32_t pid; /* of its client application */
	uint64_t last_ns;
	const struct hop *last; /* hop of the line before; NULL after a gap */
};

static void write_rule(struct teller *t, enum world from, enum world to)
{
	const char *dash = t->utf8 ? "─" : "-";
	const char *arrow = to > from ? (t->utf8 ? "↓" : "v") : (t->utf8 ? "↑" : "^");
	const char *upper = world_names[to > from ? from : to];
	const char *lower = world_names[to > from ? to : from];
	int i;

	fputs("  ", t->out);
	for (i = 0; i < 24; i++)
		fputs(dash, t->out);
	fprintf(t->out, " %s %s %s ", upper, arrow, lower);
	for (i = (int)(strlen(upper) + strlen(lower)); i < 48; i++)
		fputs(dash, t->out);
	fputc('\n', t->out);
}

static void write_us(FILE *out, const char *sign, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%" PRIu64 ".%02" PRIu64, sign, ns / 1000, ns % 1000 / 10);
	fprintf(out, "%12s", text);
}

static void write_line(struct teller *t, const struct trace_entry *e)
{
	static const char *const utf8[] = { "↓", "↑" }, *const ascii[] = { "v", "^" };
	const struct hop *hop = &hops[e->hop];
	bool down = e->dir == TRACE_DOWN;

	if (t->last && t->last->world != hop->world)
		write_rule(t, t->last->world, hop->world);
	write_us(t->out, "", e->ns - t->begin_ns);
	if (t->last)
		write_us(t->out, "+", e->ns - t->last_ns);
	else
		fprintf(t->out, "%12s", "");
	/* One column further right at each hop: a call draws the way that it goes. */
	fprintf(t->out, "  %*s%s %-*s %s", (int)e->hop, "", t->utf8 ? utf8[!down] : ascii[!down],
		26 - (int)e->hop, hop->folder, e->verb);
	if (e->arg)
		fprintf(t->out, " 0x%" PRIx64, e->arg);
	if (t->open > 1)
		fprintf(t->out, "  [%" PRIu32 "/%" PRIu32 "]", e->pid, e->tid);
	else if (hop->world == WORLD_REE && e->pid != t->pid)
		fprintf(t->out, "  (process %" PRIu32 ")",
			e->pid); /* the supplicant, most likely */
	fputc('\n', t->out);
	t->last = hop;
	t->last_ns = e->ns;
}

static void write_entry(struct teller *t, const struct trace_entry *e, bool all)
{
	bool ca = e->hop == TRACE_CA;

	if (ca && e->dir == TRACE_DOWN && t->open++ == 0) {
		t->begin_ns = e->ns;
		t->pid = e->pid;
		t->last = NULL;
		fprintf(t->out, "%s%u. %s  (process %" PRIu32 ")\n", t->calls ? "\n" : "",
			t->calls + 1, e->verb, e->pid);
		fputs(t->utf8 ? "          µs         +µs\n" : "          us         +us\n",
		      t->out);
	}
	if (ca && e->dir == TRACE_DOWN)
		t->calls++;
	if (!t->open && !all)
		return;
	if (!t->open && !t->begin_ns)
		t->begin_ns = e->ns;
	write_line(t, e);
	if (ca && e->dir == TRACE_UP && t->open)
		t->open--;
}

void trace_log_write(FILE *out, const struct trace_entry *entries, size_t num, bool all, bool utf8)
{
	struct teller t = { .out = out, .utf8 = utf8 };
	size_t i;

	for (i = 0; i < num; i++)
		write_entry(&t, &entries[i], all);
	if (!t.calls)
		fputs("no call was made\n", out);
}

int trace_log_print(FILE *out, int fd, bool all)
{
	struct trace_entry *entries;
	size_t num, lost;
	int ret;

	ret = trace_log_read(fd, &entries, &num, &lost);
	if (ret)
		return ret;
	setlocale(LC_CTYPE, "");
	if (lost)
		fprintf(out, "%zu older entries were overwritten\n", lost);
	trace_log_write(out, entries, num, all, !strcmp(nl_langinfo(CODESET), "UTF-8"));
	free(entries);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
