/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule of a trace decided, and how it reads. Pure. */
#pragma once

#include "audit/audit.h"
#include "prove/variant.h"
#include "rules/listing/text.h"

/* Whose rules a trace names. */
struct trace_origin {
	const struct twin *twin;       /* NULL: the live host's */
	const struct variant *variant; /* the twin is of this one; NULL: of the view itself */
};

/*
 * The rule of the view that a step names; its names are borrowed from the step. False where that
 * cannot be told.
 */
bool decide_step(const struct trace_origin *from, const struct trace_step *step,
                 struct rule_ref *ret_ref) __attribute__((nonnull));

/* The name of an nfproto family in nft's words: "inet", "ip", ... */
const char *decide_family(uint8_t family);

/*
 * Fills a note from a trace: for a packet that was translated the rule that translated it, else the
 * rule that let it pass (`passed`) or stopped it. `from` maps
 * the twin's rules back to the view's. A trace that names nothing leaves an empty note.
 */
int decide_rule(const struct netview *view, const struct trace_origin *from,
                const struct trace_steps *steps, const struct probe *probe,
                const struct arrival *arrival, struct arena *arena, struct rule_note *ret_note)
    __attribute__((nonnull, warn_unused_result));
