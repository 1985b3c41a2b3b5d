/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML document as a small tree: text, lists and maps, with the place of each.
 *
 * Of YAML only what a person writes by hand is taken: one document, no anchors, aliases or tags, no
 * keys that are not text. That leaves nothing that could grow beyond the file, and a cap on its
 * bytes, its depth and its nodes bounds memory and time. All scalars are text: what "yes" or "010"
 * means is for who asks. A tree lives in the arena that it was read into.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	YAML_DEPTH_CAP = 16,
	YAML_NODES_CAP = 500000,
};

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;             /* text between quotes or in a block: never empty by omission */
	const char *text;        /* YAML_TEXT: ends with a 0, and holds no other */
	unsigned line, column;   /* where it begins, from 1; columns in characters */
	struct yaml_node *key;   /* of an item of a map */
	struct yaml_node *items; /* YAML_LIST, YAML_MAP: the first */
	struct yaml_node *next;  /* behind this one in its list or map; NULL: the last */
};

/*
 * Reads the only document of a text; an empty one is an empty text. `name` stands in messages for
 * the file. 0, or -EINVAL, -EFBIG beyond a cap, -ENOMEM, with a sentence that begins
 * "name:line:column: ".
 */
int yaml_read(const char *text, size_t len, size_t cap, const char *name, struct arena *arena,
              struct yaml_node **ret_root, struct error **ret_error)
    __attribute__((nonnull(1, 4, 5, 6), warn_unused_result));

/* "a list", "a mapping", "text" or "nothing", for sentences. */
const char *yaml_kind_words(const struct yaml_node *node) __attribute__((nonnull));

/* Whether a value was left out: `allow:` with nothing behind it. */
bool yaml_is_empty(const struct yaml_node *node) __attribute__((nonnull));

/*
 * A node on one line as a person would write it, cut after about `most` bytes; borrowed from the
 * arena, NULL when memory is out.
 */
const char *yaml_quote(const struct yaml_node *node, size_t most, struct arena *arena)
    __attribute__((nonnull));
