/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A legacy xtables table as the bytes that the kernel gives and takes: walked, and rules or
 * parts of them taken out.
 * Nothing of it is trusted. Private to prove.
 */
#pragma once

#include "base/bytes.h"
#include "observe/netview.h"

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

/* One entry of a table: a rule, or the mark of a chain's head (target ERROR). */
struct xt_entry {
	size_t offset, len; /* in the entries */
	const uint8_t *data;
	const struct xt_entry_target *target;
	size_t matches, matches_end; /* offsets in data */
};

/* The entry at *offset, and *offset moved behind it; false at the end or at damage. */
bool xt_entry_next(const struct bytes *entries, uint8_t family, size_t *offset,
                   struct xt_entry *ret_entry) __attribute__((nonnull));

/* The match at *at of an entry (begin with entry->matches), and *at moved behind it, or NULL. */
const struct xt_entry_match *xt_match_next(const struct xt_entry *entry, size_t *at)
    __attribute__((nonnull));

/* The name of a user's chain whose head an entry is, or NULL. */
const char *xt_entry_chain(const struct xt_entry *entry) __attribute__((nonnull));

/* A table's sizes and hooks, checked to be those of its entries; false where they are not. */
bool xt_info_read(const struct xtables_table *table, struct ipt_getinfo *ret_info)
    __attribute__((nonnull));

/* What becomes of an entry when a table is copied. */
struct xt_edit {
	bool leave_out;
	uint64_t cut; /* bits of the matches, by number from 0, that it shall be without */
};

/* Where an entry was in a table, and where it is, or its successor, in the copy. */
struct xt_shift {
	uint32_t before, after;
};
VEC_TYPE(xt_shifts, struct xt_shift);

/*
 * Copies a table as edit() says of each entry, mending hooks and jumps: who jumped to a left-out
 * entry now comes to the next one. *ret_shifts, unless NULL, tells where entries came to, in the
 * table's order; the caller frees it with vec_done(). 0, or a negative errno.
 */
int xt_blob_edit(const struct xtables_table *table,
                 struct xt_edit (*edit)(void *data, const struct xt_entry *entry), void *data,
                 struct ipt_getinfo *ret_info, struct bytes *ret_entries,
                 struct xt_shifts *ret_shifts)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

/* Where what is at an offset of the copy was in the table; the offset itself where not known. */
uint64_t xt_shift_origin(const struct xt_shifts *shifts, uint64_t offset) __attribute__((nonnull));
