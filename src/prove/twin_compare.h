/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two sides of a comparison, as runs of bytes under names. Private to prove. */
#pragma once

#include "prove/twin_parts.h"

/* One thing that one side has. */
struct item {
	const char *group; /* what a note calls it; things of one group are compared together */
	uint32_t position; /* within the group, where order counts; else 0 */
	size_t offset, len;
};

/* What one side has. */
struct side {
	struct draft draft; /* the bytes of all items */
	struct arena arena;
	VEC(struct item) items;
};

void side_done(struct side *side);
#define _cleanup_side_ _cleanup_(side_done)

/*
 * Adds what was drafted since start as an item; group is copied unless it is the last item's. The
 * same group again must follow its own, but for the order of position. 0 or -ENOMEM.
 */
int side_added(struct side *side, const char *group, uint32_t position, size_t start)
    __attribute__((nonnull, warn_unused_result));
/* The same for bytes that are not in the draft yet. */
int side_add(struct side *side, const char *group, uint32_t position, const void *data, size_t len)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* Sorts both sides and makes each group that differs a note of the twin. 0 or -ENOMEM. */
int sides_compare(struct twin *twin, struct side *host, struct side *copy)
    __attribute__((nonnull, warn_unused_result));
