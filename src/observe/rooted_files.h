/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below another process's root, for site/directive.h. Private to observe. */
#pragma once

#include "site/directive.h"

struct rooted_files {
	struct config_files files; /* first: given to who reads */
	int root;                  /* O_PATH descriptor of the root; borrowed */
	const char *base;          /* the directory that relative patterns start from */
};

/* Makes a source of files below a root. */
struct rooted_files rooted_files_make(int root, const char *base) __attribute__((nonnull));

/* Reads one regular file of at most `cap` bytes below a root. 0 or a negative errno. */
int rooted_read(int root, const char *path, size_t cap, struct bytes *ret_text)
    __attribute__((nonnull, warn_unused_result));
