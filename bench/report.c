/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/report.h"

#include <stdio.h>
#include <string.h>

void report_add(struct report *r, const char *key, double value, const char *unit,
		unsigned int digits)
{
	struct report_row *row = &r->row[r->num];

	if (r->num == REPORT_MAX_ROWS)
		return;
	snprintf(row->key, sizeof(row->key), "%s%s", r->prefix, key);
	row->unit = unit;
	row->value = value;
	row->digits = digits;
	r->num++;
}

void report_print_json(const struct report *r)
{
	unsigned int i;

	puts("{");
	for (i = 0; i < r->num; i++) {
		const struct report_row *row = &r->row[i];

		printf("  \"%s\": ", row->key);
		if (row->value < 0)
			fputs("null", stdout);
		else
			printf("%.*f", (int)row->digits, row->value);
		puts(i + 1 < r->num ? "," : "");
	}
	puts("}");
}

static void print_row(const struct report_row *row)
{
	if (row->value < 0)
		printf("  %-42s %14s\n", row->key, "not found");
	else if (!strcmp(row->unit, "B/s"))
		printf("  %-42s %14.1f MiB/s\n", row->key, row->value / 1048576);
	else if (!strcmp(row->unit, "ns") && row->value >= 1000)
		printf("  %-42s %14.2f us\n", row->key, row->value / 1000);
	else
		printf("  %-42s %14.*f %s\n", row->key, (int)row->digits, row->value, row->unit);
}

void report_print_table(const struct report *r)
{
	unsigned int i;

	for (i = 0; i < r->num; i++)
		print_row(&r->row[i]);
}
