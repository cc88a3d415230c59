/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What teelink fuzz runs: a trusted application's image, and libFuzzer around it.
 * Thread rule: one thread.
 * Ownership rule: the caller owns the struct.
 */
#ifndef TEELINK_TOOLS_FUZZ_H
#define TEELINK_TOOLS_FUZZ_H

#include <limits.h>

struct fuzz_files {
	char output[PATH_MAX]; /* folder of all that is made, absolute */
	char driver[PATH_MAX]; /* the program */
	char image[PATH_MAX]; /* ELF file */
};

/**
 * fuzz_build() - make driver and image
 * @ta: folder of the sources, or an image, signed or not
 * @f: output is set; the rest is filled in
 *
 * Return: 0, or -errno with a message printed.
 */
int fuzz_build(const char *ta, struct fuzz_files *f);

/* Runs argv[0] and waits. Return: exit status, 128 + signal, or -errno with a message printed. */
int fuzz_spawn(char *const argv[]);

#endif
