/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * JSON for people: objects as "key: value" lines, arrays of objects as tables.
 * Thread rule: one thread.
 * Ownership rule: values are borrowed.
 */
#ifndef TEELINK_TOOLS_TEXT_TABLE_H
#define TEELINK_TOOLS_TEXT_TABLE_H

#include <jansson.h>
#include <stdio.h>

/**
 * text_print() - print one JSON object
 *
 * First its plain values, then each inner object and table under its key. A row's own lists are
 * shown by their length. Control characters in strings become '?': the text may come from anywhere.
 */
void text_print(FILE *out, json_t *object);
/* One table; columns in the order in which keys first appear. Says "none" for an empty array. */
void text_print_table(FILE *out, const json_t *rows);

#endif
