/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Libraries that are loaded when they are first called.
 *
 * Few of Seawall's processes speak HTTP or to systemd, and libcurl, libmicrohttpd and libsystemd
 * bring some fifty libraries with them: loading these takes 25 ms of each start, and their
 * relocated pages are 1.4 MB of memory of each process, of which the guard has several. So nothing
 * is linked with them; the functions of them that are called are here, under their own names and as
 * their headers declare them, and go on to the real ones. Where a library cannot be loaded those
 * that begin something fail as if they were out of memory.
 */
#pragma once

#include <stddef.h>

/* A library by the names that it may have, of one binary interface. */
struct late_library {
	const char *names[2];
	void *handle; /* NULL: not loaded yet */
};

/* The function of a name, or NULL. */
void *late_find(struct late_library *library, const char *name) __attribute__((nonnull));

/* Loads libmicrohttpd now, for a process that may not open files when it first calls it. */
void late_load_microhttpd(void);
