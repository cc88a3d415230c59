/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What was measured, as a table or as JSON.
 * Thread rule: one thread.
 * Ownership rule: the report is the caller's; keys are copied, units are constant strings.
 */
#ifndef TEELINK_BENCH_REPORT_H
#define TEELINK_BENCH_REPORT_H

#define REPORT_MAX_ROWS 192u
#define REPORT_KEY_SIZE 48u

struct report_row {
	char key[REPORT_KEY_SIZE];
	const char *unit;
	double value; /* negative: not found */
	unsigned int digits;
};

/* Rows in the order in which they are printed. */
struct report {
	struct report_row row[REPORT_MAX_ROWS];
	unsigned int num;
	const char *prefix; /* of the keys of rows to come */
};

void report_add(struct report *r, const char *key, double value, const char *unit,
		unsigned int digits);
void report_print_json(const struct report *r);
void report_print_table(const struct report *r);

#endif
