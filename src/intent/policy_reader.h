/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the policy's reader have between them: one reading, its errors, its values. */
#pragma once

#include "intent/policy.h"
#include "yaml/yaml.h"

/* A reading under way. */
struct policy_reader {
	struct policy *policy;
	struct error **ret_error;
};

/* A key that a map may have. Tables of them end with a row without a name. */
struct policy_key {
	const char *name;
	/* Takes in a value; `to` is what the map's reader fills. 0, or a negative errno said. */
	int (*read)(struct policy_reader *reader, const struct yaml_node *value, void *to);
};

/*
 * Says "name:line:column: " and a sentence about a node. Returns -EINVAL. Quotations in it are for
 * quoted().
 */
int reader_error(const struct policy_reader *reader, const struct yaml_node *node,
                 const char *format, ...) __attribute__((format(printf, 3, 4), nonnull(1, 2, 3)));

/* Says that memory is out. Returns -ENOMEM. */
int reader_no_memory(const struct policy_reader *reader);

/* A node as a sentence may quote it, with its quotation marks. Borrowed from the policy's arena. */
const char *quoted(const struct policy_reader *reader, const struct yaml_node *node);

/* "; did you mean "lan"?", or "" where no word of the list (ends with NULL) is near. */
const char *did_you_mean(const struct policy_reader *reader, const char *typed,
                         const char *const *words);

/* Reads a map by a table, in the table's order; `what` names it in sentences. Empty is fine. */
int read_map(struct policy_reader *reader, const struct yaml_node *map, const char *what,
             const struct policy_key *keys, void *to);

/*
 * Reads each item of a list of at most `most` items; a single value counts as a list of one where
 * `single` allows that. `to` goes to read().
 */
int read_list(struct policy_reader *reader, const struct yaml_node *list, const char *what,
              size_t most, bool single,
              int (*read)(struct policy_reader *reader, const struct yaml_node *item, void *to),
              void *to);

/* Text that must be there and not be empty. `expected` finishes "expected ...". */
int read_word(struct policy_reader *reader, const struct yaml_node *node, const char *expected,
              const char **ret_text);

/* One of the words of a list that ends with NULL; ret_index counts in it. */
int read_choice(struct policy_reader *reader, const struct yaml_node *node,
                const char *const *words, size_t *ret_index);

/* true or false. `to` is a bool. */
int read_bool(struct policy_reader *reader, const struct yaml_node *node, void *to);

/* A prefix or address, without bits beyond its length. False when the text is no address at all. */
bool read_prefix(struct policy_reader *reader, const struct yaml_node *node,
                 struct prefix *ret_prefix, int *ret_status);

/* Readers for tables; `to` says what they fill. */
int read_ports(struct policy_reader *reader, const struct yaml_node *node,
               void *to); /* policy_ports */
int read_date(struct policy_reader *reader, const struct yaml_node *node,
              void *to); /* policy_accept */
int read_from(struct policy_reader *reader, const struct yaml_node *node,
              void *to); /* policy_sources */
int read_container(struct policy_reader *reader, const struct yaml_node *node,
                   void *to); /* selector */
int read_service(struct policy_reader *reader, const struct yaml_node *node,
                 void *to);                                                           /* selector */
int read_image(struct policy_reader *reader, const struct yaml_node *node, void *to); /* selector */
int read_label(struct policy_reader *reader, const struct yaml_node *node, void *to); /* selector */

/* All of `zones`; `to` is the policy. */
int read_zones(struct policy_reader *reader, const struct yaml_node *node, void *to);
