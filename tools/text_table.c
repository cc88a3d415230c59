/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/text_table.h"

#include <stdbool.h>
#include <string.h>

#define MAX_COLUMNS 24u
#define MAX_CELL 96u

static void format_value(const json_t *v, char *buf, size_t size)
{
	char *p;

	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		snprintf(buf, size, "%s", json_string_value(v));
		break;
	case JSON_INTEGER:
		snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_REAL:
		snprintf(buf, size, "%g", json_real_value(v));
		break;
	case JSON_TRUE:
		snprintf(buf, size, "yes");
		break;
	case JSON_FALSE:
		snprintf(buf, size, "no");
		break;
	case JSON_ARRAY:
		snprintf(buf, size, "%zu", json_array_size(v));
		break;
	case JSON_OBJECT:
		snprintf(buf, size, "%zu", json_object_size(v));
		break;
	case JSON_NULL:
	default:
		snprintf(buf, size, "-");
	}
	for (p = buf; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

struct column {
	const char *key;
	size_t width;
	bool number;
};

static unsigned int find_columns(const json_t *rows, struct column *cols)
{
	unsigned int num = 0, c;
	size_t r;

	for (r = 0; r < json_array_size(rows); r++) {
		json_t *row = json_array_get(rows, r);
		const char *key;
		json_t *value;

		json_object_foreach(row, key, value)
		{
			char cell[MAX_CELL];
			size_t len;

			for (c = 0; c < num && strcmp(cols[c].key, key) != 0; c++)
				;
			if (c == MAX_COLUMNS)
				continue;
			if (c == num)
				cols[num++] = (struct column){ key, strlen(key), true };
			format_value(value, cell, sizeof(cell));
			len = strlen(cell);
			cols[c].width = len > cols[c].width ? len : cols[c].width;
			cols[c].number = cols[c].number && !json_is_string(value);
		}
	}
	return num;
}

static void print_cell(FILE *out, const struct column *col, const char *text, bool last)
{
	int width = (int)col->width;

	if (last && !col->number)
		width = 0;
	fprintf(out, col->number ? "  %*s" : "  %-*s", width, text);
}

void text_print_table(FILE *out, const json_t *rows)
{
	struct column cols[MAX_COLUMNS];
	unsigned int num, c;
	size_t r;

	num = find_columns(rows, cols);
	if (!num) {
		fputs("  none\n", out);
		return;
	}
	for (c = 0; c < num; c++)
		print_cell(out, &cols[c], cols[c].key, c + 1 == num);
	fputc('\n', out);
	for (r = 0; r < json_array_size(rows); r++) {
		const json_t *row = json_array_get(rows, r);

		for (c = 0; c < num; c++) {
			char cell[MAX_CELL];

			format_value(json_object_get(row, cols[c].key), cell, sizeof(cell));
			print_cell(out, &cols[c], cell, c + 1 == num);
		}
		fputc('\n', out);
	}
}

static bool is_table(const json_t *v)
{
	return json_is_array(v) && (!json_array_size(v) || json_is_object(json_array_get(v, 0)));
}

/* A list of plain values on one line. */
static void print_list(FILE *out, const json_t *list)
{
	char cell[MAX_CELL];
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		format_value(json_array_get(list, i), cell, sizeof(cell));
		fprintf(out, "%s%s", i ? ", " : "", cell);
	}
	fputc('\n', out);
}

static void print_plain(FILE *out, json_t *object, const char *indent)
{
	const char *key;
	char cell[512];
	json_t *v;

	json_object_foreach(object, key, v)
	{
		if (is_table(v) || json_is_object(v))
			continue;
		fprintf(out, "%s%s: ", indent, key);
		if (json_is_array(v)) {
			print_list(out, v);
			continue;
		}
		format_value(v, cell, sizeof(cell));
		fprintf(out, "%s\n", cell);
	}
}

/* Prints what is inside @object under headings "a.b". */
static void print_inner(FILE *out, json_t *object, const char *path)
{
	const char *key;
	char name[160];
	json_t *v;

	json_object_foreach(object, key, v)
	{
		if (!is_table(v) && !json_is_object(v))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", path, *path ? "." : "", key);
		fprintf(out, "\n%s\n", name);
		if (is_table(v)) {
			text_print_table(out, v);
			continue;
		}
		print_plain(out, v, "  ");
		print_inner(out, v, name);
	}
}

void text_print(FILE *out, json_t *object)
{
	print_plain(out, object, "");
	print_inner(out, object, "");
}
