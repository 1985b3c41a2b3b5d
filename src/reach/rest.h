/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can come of the rest of a compiled function, over all that was not given. */
#pragma once

#include "reach/compile.h"
#include "reach/number_set.h"

/* Nodes that have been seen, forgotten all at once. */
struct seen {
	struct {
		diagram_ref ref;
		uint32_t round;
	} * slots;
	size_t n_slots, n;
	uint32_t round;
};

/* A search through a function. */
struct rest_search {
	const struct program_of_hook *program; /* borrowed */
	struct seen seen;
	struct numbers stack;
	/* What was found: */
	bool accepts, drops;
	struct numbers notes;     /* of those that accept, each once, in no order */
	struct numbers variables; /* that are asked, each once, in no order */
};

/* Looks at all outcomes of a function, or at all that its verdict depends on. 0 or -ENOMEM. */
int rest_find_notes(struct rest_search *search, diagram_ref rest)
    __attribute__((nonnull, warn_unused_result));
int rest_find_variables(struct rest_search *search, diagram_ref rest)
    __attribute__((nonnull, warn_unused_result));
void rest_search_done(struct rest_search *search) __attribute__((nonnull));
