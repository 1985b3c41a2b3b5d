/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A view with some of its rules answering one way for good.
 *
 * Theory of operation. Whether a rule that counts, remembers or draws lots matches can not be
 * asked: the answer is the next packet's. It can be told, though, and asked of everything else what
 * follows. A rule that shall always match loses the conditions that waver; one that never shall is
 * given a condition that nothing meets (nftables), or leaves the table (legacy). A twin of the
 * changed view then needs to know nothing of this, and its check compares it with what it was
 * meant to be. nft rules keep their handles; entries of a legacy table move, so where they came
 * from is kept. Pure.
 */
#pragma once

#include "base/error.h"
#include "observe/netview.h"

/* What becomes of one rule. */
struct rule_change {
	uint8_t family; /* NFPROTO_*; AF_INET or AF_INET6 for legacy */
	bool legacy;
	const char *table, *chain; /* borrowed */
	uint64_t handle;           /* nft's, or the byte offset of a legacy entry */
	bool never;                /* it never matches; else always, as far as the parts go */
	/* Its expressions or matches, by number from 0, that are left out or stopped at. */
	uint64_t parts;
};
VEC_TYPE(rule_changes, struct rule_change);

struct variant;

/*
 * Makes the view with these changes. It shares everything else with `view`, which must outlive it.
 * 0, or a negative errno with a sentence.
 */
int variant_new(const struct netview *view, const struct rule_changes *changes,
                struct variant **ret_variant, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* The changed view, as long as the variant. */
const struct netview *variant_view(const struct variant *variant) __attribute__((nonnull));

/* Where a legacy entry of the changed view is in the first one; the offset itself where not known.
 */
uint64_t variant_origin(const struct variant *variant, uint8_t family, const char *table,
                        uint64_t offset) __attribute__((nonnull));

void variant_free(struct variant *variant);
DEFINE_CLEANUP(struct variant, variant_free);
