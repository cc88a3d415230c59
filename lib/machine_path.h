/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Where a machine lives in the file system, and where its programs and TA images are: the one rule
 * that libteec's VM (autostart) and the teelink command share.
 * Thread rule: any thread; the environment is read, never changed.
 * Ownership rule: results go into the caller's buffers; a list is freed with machine_ta_dirs_free.
 *
 * A privileged (set-uid) program doesn't look at the environment.
 */
#ifndef TEELINK_LIB_MACHINE_PATH_H
#define TEELINK_LIB_MACHINE_PATH_H

#include <stddef.h>

#define MACHINE_SOCKET_SIZE 108u /* sun_path, with the NUL */
#define MACHINE_NAME_MAX 32u
#define MACHINE_MAX_TA_DIRS 16u
/* teelinkd's exit status when another one has the socket, which may be about to leave it. */
#define MACHINE_EXIT_IN_USE 3

/**
 * machine_socket_path() - the socket of a machine
 * @name: its name: letters, digits, '-', '_', '.', not first a '.'. NULL: the environment decides
 * @size: MACHINE_SOCKET_SIZE is always enough for a path that a socket can have
 *
 * With @name NULL: $TEELINK_SOCKET as it is, else the machine called $TEELINK_MACHINE, else
 * "default". A named machine's socket is $XDG_RUNTIME_DIR/teelink/<name>/sock, or without that
 * /tmp/teelink-<uid>/<name>/sock.
 *
 * Return: 0; -EINVAL (bad name), -ENAMETOOLONG (no socket can have this path, or it doesn't fit).
 */
int machine_socket_path(const char *name, char *buf, size_t size);

/* The state folder: "state" beside the socket. Return: 0 or -ENAMETOOLONG. */
int machine_state_path(const char *socket, char *buf, size_t size);
/* Where its trusted applications' lines are kept unless an option says otherwise. The same results. */
int machine_ta_log_path(const char *socket, char *buf, size_t size);
/* The file that racing starters lock with flock: the socket's path and ".start". Likewise. */
int machine_lock_path(const char *socket, char *buf, size_t size);

/**
 * machine_make_folder() - create the folder of a socket, or see that it is safe
 * @socket: path from machine_socket_path
 *
 * What is missing of the last two folders is created with mode 0700.
 * Return: 0; -EPERM when the folder isn't ours alone (owner, mode, a symbolic link) or someone else
 * could put another in its place; other -errno of mkdir and stat.
 */
int machine_make_folder(const char *socket);

/* Path of the running program's file. Return: 0 or -errno. */
int machine_own_path(char *buf, size_t size);

/**
 * machine_find_program() - locate a program of the machine
 * @own: path of the caller's own file (machine_own_path, or dladdr in a library); may be NULL
 * @name: "teelinkd", "teelink-tee", "teelink-launch" or "tee-supplicant"
 *
 * Tries $TEELINK_LIBEXEC, then the build tree or the installation around @own, then the configured
 * libexecdir. Return: 0 and an absolute path, -ENOENT, -ENAMETOOLONG.
 */
int machine_find_program(const char *own, const char *name, char *buf, size_t size);

/* Folder of our libteec.so.2 when @own lies in a build tree. Return: 0, -ENOENT, -ENAMETOOLONG. */
int machine_build_libdir(const char *own, char *buf, size_t size);

/* The library that gives programs the devices by name, likewise. Return: 0, -ENOENT, -ENAMETOOLONG. */
int machine_preload_path(const char *own, char *buf, size_t size);

/**
 * machine_ta_dirs() - folders that are searched for TA images, in order
 * @own: as for machine_find_program
 *
 * $TEELINK_TA_DIR (separated by ':'), the build tree's images, <libdir>/teelink/ta,
 * /lib/optee_armtz. Folders that don't exist are left out; at most MACHINE_MAX_TA_DIRS.
 * Return: a NULL-terminated array, or NULL when there is no memory.
 */
char **machine_ta_dirs(const char *own);
void machine_ta_dirs_free(char **dirs);

#endif
