/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML document as a small tree: text, lists and maps, with the place of each.
 *
 * Of YAML only what a person writes by hand is taken: one document, no keys that are not text;
 * anchors with their aliases and merge keys, and tags, only where asked for. An alias is a copy of
 * what it names, and counts: a cap on bytes, depth and nodes bounds memory and time whatever the
 * file says. All scalars are text: what "yes" or "010" means is for who asks. A tree lives in the
 * arena that it was read into.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	YAML_DEPTH_CAP = 16,
	YAML_NODES_CAP = 500000,
	YAML_KEYS_CAP = 2048, /* of one map, where merge keys are taken: each is looked for */
};

/* What a file may hold. */
struct yaml_rules {
	const char *what; /* "a policy": for sentences */
	bool references;  /* anchors (&name), aliases (*name) and merge keys (<<) */
	bool tags;        /* !name */
};

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;             /* text between quotes or in a block: never empty by omission */
	const char *text;        /* YAML_TEXT: ends with a 0, and holds no other */
	const char *written;     /* what the text was, where somebody changed it since; else NULL */
	bool flow;               /* a list in brackets, a map in braces */
	const char *file;        /* the name it was read by, borrowed */
	const char *tag;         /* "!reset"; NULL: none */
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
int yaml_read(const struct yaml_rules *rules, const char *text, size_t len, size_t cap,
              const char *name, struct arena *arena, struct yaml_node **ret_root,
              struct error **ret_error) __attribute__((nonnull(1, 2, 5, 6, 7), warn_unused_result));

/* The value of a key of a map; NULL where it has none, or the node is no map. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
    __attribute__((nonnull(2)));

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
