/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nginx's configuration as a tree of directives, files that it includes taken in.
 *
 * The words are read as ngx_conf_read_token() (src/core/ngx_conf_file.c) reads them: quotes,
 * escapes,
 * "${name}" and comments; a block of Lua code is passed over. Files come from whoever calls, so
 * that a tree can be made of a host's, a container's or a test's, and of `nginx -T` just as well.
 * Caps on files, bytes, directives and depth bound memory and time.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>

enum {
	DIRECTIVE_DEPTH_CAP = 32,
	DIRECTIVE_COUNT_CAP = 200000,
	DIRECTIVE_BYTES_CAP = 16 << 20,
	DIRECTIVE_FILES_CAP = 2000,
};

struct directive {
	const char *const *words; /* the first is its name */
	size_t n;
	bool block;              /* it has one, be it empty */
	struct directive *first; /* in its block */
	struct directive *next;  /* behind it */
	const char *file;
	unsigned line;
};

VEC_TYPE(config_paths, const char *);

/* Where files come from. */
struct config_files {
	/* The paths that a glob(7) pattern names, in order, kept in the arena. 0 or -ENOMEM. */
	int (*list)(struct config_files *files, const char *pattern, struct arena *arena,
	            struct config_paths *paths);
	/* Adds the text of a file. 0, -ENOENT, or another negative errno. */
	int (*read)(struct config_files *files, const char *path, struct bytes *text);
};

/*
 * Reads the file of a path. 0 and its first directive (NULL: it has none), or -EBADMSG, -EFBIG,
 * -ENOENT, -ENOMEM with a sentence that begins "path:line:column: " where there is such a place.
 */
int directives_read(struct config_files *files, const char *path, struct arena *arena,
                    struct directive **ret_first, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

/* Whether a directive has a name. */
bool directive_is(const struct directive *directive, const char *name) __attribute__((nonnull));

/* The last directive of a name in a list, as the later one counts; NULL where there is none. */
const struct directive *directive_last(const struct directive *first, const char *name)
    __attribute__((nonnull(2)));

/* Goes through a list. */
#define directive_each(item, list)                                                                 \
	for (const struct directive *item = (list); item; item = item->next)
