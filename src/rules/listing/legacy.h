/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy xtables blobs as chains of entries.
 *
 * A blob is one entry behind the other: each built-in chain's rules with its policy
 * at the end, then for each chain of the admin's an ERROR entry that carries its
 * name, its rules and a RETURN. The kernel's own dump can be trusted, a capture
 * file cannot: each offset is checked, and a malformed entry ends the walk.
 */
#pragma once

#include "rules/listing/xt.h"

struct legacy_entry {
	uint32_t offset, next; /* bytes into the blob */
	const char *chain;     /* NULL before the first one */
	unsigned line;         /* its number in the chain, from 1; 0 for heads and ends */
	bool head;             /* the ERROR entry that names a chain */
	bool end;              /* a chain's last entry: its policy, or the RETURN */
	bool builtin;          /* the chain is one of the table's own */
};

struct legacy_walk {
	const struct xtables_table *table;
	uint32_t offset;
	unsigned line;
	const char *chain;
	int hook; /* of a built-in chain, else -1 */
};

/* The next entry of a table. Zero the walk but for its table to begin. False at the end. */
bool legacy_next(struct legacy_walk *walk, struct legacy_entry *ret_entry) __attribute__((nonnull));

/* The table of a family and name, or NULL. */
const struct xtables_table *legacy_table(const struct netview *view, uint8_t family,
                                         const char *name);

/* An entry's target; its name is "" for a verdict or a jump. False when it is malformed. */
bool legacy_target(const struct xtables_table *table, const struct legacy_entry *entry,
                   struct xt_part *ret_target) __attribute__((nonnull));

/* Brings an entry that legacy_next() gave into *ret_rule. 0, -EBADMSG or -ENOMEM. */
int xt_rule_from_legacy(const struct xtables_table *table, const struct legacy_entry *entry,
                        struct xt_rule *ret_rule) __attribute__((nonnull, warn_unused_result));

/*
 * Where the chains of a table begin, for many jumps to be named quickly. Names are borrowed from
 * the table; the caller releases with vec_done().
 */
struct legacy_start {
	uint32_t offset;
	const char *chain;
};
VEC_TYPE(legacy_starts, struct legacy_start);
int legacy_starts_read(const struct xtables_table *table, struct legacy_starts *ret_starts)
    __attribute__((nonnull, warn_unused_result));
/* As xt_rule_from_legacy(), with starts that were read before. */
int xt_rule_from_legacy_with(const struct xtables_table *table, const struct legacy_entry *entry,
                             const struct legacy_starts *starts, struct xt_rule *ret_rule)
    __attribute__((nonnull, warn_unused_result));
