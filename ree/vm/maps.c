/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/maps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define FLAGS "VmFlags:"

int maps_open(struct maps_reader *r, bool smaps)
{
	*r = (struct maps_reader){ .smaps = smaps };
	r->file = fopen(smaps ? "/proc/self/smaps" : "/proc/self/maps", "re");
	return r->file ? 0 : -ENXIO;
}

static int parse_line(const char *line, struct maps_entry *m)
{
	unsigned int maj, min;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64, &m->start,
		   &m->end, m->perms, &m->offset, &maj, &min, &m->ino) != 7)
		return -ENXIO;
	m->dev = makedev(maj, min);
	m->flags = NULL;
	return 0;
}

int maps_next(struct maps_reader *r, struct maps_entry *m)
{
	if (getline(&r->line, &r->size, r->file) <= 0)
		return 0;
	if (parse_line(r->line, m))
		return -ENXIO;
	while (r->smaps && !m->flags) {
		if (getline(&r->line, &r->size, r->file) <= 0)
			return -ENXIO;
		if (!strncmp(r->line, FLAGS, strlen(FLAGS)))
			m->flags = r->line + strlen(FLAGS);
	}
	return 1;
}

void maps_close(struct maps_reader *r)
{
	free(r->line);
	fclose(r->file);
}
