/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files `seawall lint` reads, and the lines of them that it shows. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/vec.h"

VEC_TYPE(lint_paths, const char *);

/*
 * The files that a path stands for: itself; or in a directory those that Compose takes there,
 * compose.yaml or its other names and the override beside it. 0, -ENOMEM, or -ENOENT with a
 * sentence.
 */
int lint_files_find(const char *path, struct arena *arena, struct lint_paths *paths,
                    struct error **ret_error) __attribute__((nonnull, warn_unused_result));

/* A file of rules. */
struct lint_rules {
	const char *path;
	struct bytes text;
};
VEC_TYPE(lint_rule_files, struct lint_rules);

/*
 * Takes those out of the paths that are rules (lint_saved_is()), with their texts. What cannot be
 * read stays: reading it as Compose says so. 0 or -ENOMEM.
 */
int lint_files_part(struct lint_paths *paths, struct lint_rule_files *rules)
    __attribute__((nonnull, warn_unused_result));
void lint_rule_files_done(struct lint_rule_files *rules) __attribute__((nonnull));

/* The texts of files, each read once. */
struct lint_sources;

struct lint_sources *lint_sources_new(void);
void lint_sources_free(struct lint_sources *sources);

/* A line of a file without its end, cut where it is very long; NULL where there is none. */
const char *lint_sources_line(const char *file, unsigned line, void *sources);
