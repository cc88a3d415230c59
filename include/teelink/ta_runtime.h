/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * libutee's other face, towards the launcher: the loop of one TA instance.
 * Thread rule: ta_runtime_prepare any thread, before a process is forked or confined;
 * ta_runtime_main once per process, or once per thread in solo mode: the instance is the calling
 * thread's.
 * Ownership rule: the configuration and all that it names stay the caller's.
 */
#ifndef TEELINK_TA_RUNTIME_H
#define TEELINK_TA_RUNTIME_H

#include <stdbool.h>

#include "wire/launch.h"

struct mailbox;

/**
 * struct ta_runtime_config - what an instance has
 * @mailbox, @in_area, @io_area: mapped: a page, TA_AREA_SIZE, TA_IO_SIZE
 * @ctl: control socket, struct mailbox_map comes over it
 * @image_path: what dlopen is asked for
 * @threaded: the instance shares its process: panic and MAILBOX_STOP return from ta_runtime_main;
 *            else it stays until it is killed
 * @library_fd, @num_libraries: where libraries are put that it asks the secure world for; none: it
 *            can have none
 * @unconfined: the loader opens what it is asked for, and the image's file, if there can be libraries,
 *            is the instance's own to change. Else somebody answers it with ta_runtime_library's
 *            descriptors
 * @loaded: called once the image is loaded; NULL: nobody wants to know
 * @answered: NULL, or who plays the secure world in the instance's own thread: called with each
 *            answer, instead of a wake-up, and returns with the next call or MAILBOX_STOP in the
 *            mailbox. Nobody sleeps then: TEE_Wait comes back at once
 */
struct ta_runtime_config {
	struct mailbox *mailbox;
	const void *in_area;
	void *io_area;
	int ctl;
	const char *image_path;
	bool threaded;
	bool unconfined;
	int library_fd[LAUNCH_MAX_LIBRARIES];
	unsigned int num_libraries;
	void (*loaded)(const struct ta_runtime_config *cfg);
	void (*answered)(const struct ta_runtime_config *cfg);
};

/* Loads what instances need from the system while the file system can still be reached. */
__attribute__((visibility("default"))) int ta_runtime_prepare(void);

/* Entry points are traced into the ring behind @fd. Before ta_runtime_main. Return: 0 or -errno. */
__attribute__((visibility("default"))) int ta_runtime_trace(int fd);

/**
 * ta_runtime_main() - load the image and serve calls
 *
 * Return: 0 when told to stop, -ENOEXEC when the image can't be loaded, -ECANCELED after a panic.
 */
__attribute__((visibility("default"))) int ta_runtime_main(const struct ta_runtime_config *cfg);

/**
 * ta_runtime_library() - what is to be opened where the loader asks for a library
 * @name: the last part of the path
 *
 * In the instance's thread, in a signal handler too.
 * Return: its index in library_fd, or -ENOENT: no library that was fetched has this name.
 */
__attribute__((visibility("default"))) int ta_runtime_library(const char *name);

#endif
