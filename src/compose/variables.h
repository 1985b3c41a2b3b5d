/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables: the environment and .env files, and filling them into text.
 *
 * The environment goes before the file, as with the tools. Values live as long as the arena.
 */
#pragma once

#include "compose/tool.h"

struct variable {
	const char *name, *value;
};

struct variables {
	VEC(struct variable) items; /* a later one of the same name counts */
};

/*
 * Adds what a .env file says: NAME=VALUE a line, `export` before it, quotes around the value and
 * comments behind it. A line without "=" is passed over. 0 or -ENOMEM.
 */
int variables_add_file(struct variables *variables, const char *text, struct arena *arena)
    __attribute__((nonnull, warn_unused_result));

/* Adds "NAME=VALUE" texts, which end with NULL. 0 or -ENOMEM. */
int variables_add_environment(struct variables *variables, char *const *environment,
                              struct arena *arena)
    __attribute__((nonnull(1, 3), warn_unused_result));

void variables_done(struct variables *variables);

/*
 * Fills variables into a text as a tool does. 0 and the text, borrowed from the arena or the text
 * itself; or -EINVAL, -ENOMEM, -EFBIG with a sentence that has no place in it.
 */
int variables_fill(const struct variables *variables, const struct tool_rules *rules,
                   const char *text, struct arena *arena, const char **ret_text,
                   struct error **ret_error) __attribute__((nonnull(1, 2, 3, 4, 5)));
