/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All chains of one hook as one function: which packets get through, and by which rule.
 *
 * Theory of operation. A rule is a partial function: an outcome, or NEXT. Rules one after the
 * other are put together as a balanced tree, so that a chain of n rules costs n log n; a chain is
 * made once and put in wherever it is called. A rule that assigns to a field changes what the rules
 * behind it see, so what comes behind is made first and then seen through the change; chains in
 * which that happens are made anew for each place they go on to. Base chains follow each other by
 * priority: accepting means going on to the next one, dropping is final.
 *
 * Something that is not known is one variable a rule, even where its chain is called twice.
 */
#pragma once

#include "rules/chain_graph.h"
#include "reach/space.h"
#include "rules/note.h"

/* What was compiled. Tables, chains and rules are borrowed from the ruleset. */
struct program_of_hook {
	struct space space;
	struct diagram *diagram;
	diagram_ref root;             /* ACCEPT with a note, DROP, or a MISS: not asked for */
	VEC(struct reach_note) notes; /* by number; 0 stands for no base chain at all */
};

/*
 * Compiles a hook (NF_INET_*) for the packets of `limits`, which is borrowed. 0, -ENOMEM, or -E2BIG
 * with a sentence when it takes more than max_bytes. To be released in any case.
 */
int program_compile(struct program_of_hook *program, const struct chain_graph *graph, unsigned hook,
                    const struct packet_limits *limits, size_t max_bytes, struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));
void program_done(struct program_of_hook *program) __attribute__((nonnull));
