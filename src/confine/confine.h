/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process gives up before it reads anything from outside: files, rights, system calls. What
 * was given up stays so, also when a later step fails; all functions give 0 or a negative errno.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Leaves no files but those below a directory, as far as the user's rights go (Landlock). A kernel
 * that has none (before 5.13) leaves all to the user's rights. */
int confine_files(const char *directory) __attribute__((nonnull, warn_unused_result));

/* Becomes another user (0: stays who it is) of one group alone, without capabilities, and unable to
 * get any again; leaves no core. */
int confine_rights(uid_t user, gid_t group) __attribute__((warn_unused_result));

/*
 * Leaves system calls, by libseccomp's numbers, and sockets of a family (-1: none). Any other call
 * fails with EPERM rather than killing the process: another version of a library that tries a new
 * one first and then an old one goes on working.
 */
int confine_calls(const int *calls, size_t n, int family)
    __attribute__((nonnull, warn_unused_result));
