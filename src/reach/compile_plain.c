/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long lists of rules that drop by one field: a blocklist is one set, however it is written.
 */
#include "reach/compile_match.h"
#include "reach/compile_parts.h"

#include <errno.h>

/* Whether a match holds for all packets that are asked for, since its rule counts. */
static bool always_holds(const struct space *space, const struct step *step)
{
	return !step->negated && step->n_fields == 1 &&
	       space->fields[step->fields->field].form == FORM_FIXED;
}

/* The match of a rule that does nothing but drop by it; NULL for any other rule. */
static const struct step *plain_match(const struct space *space, const struct rule *rule)
{
	const struct step *match = NULL;

	vec_foreach(step, &rule->steps) {
		bool drops = step->kind == STEP_VERDICT && step->verdicts.n &&
		             (step->verdicts.items[0].kind == VERDICT_DROP ||
		              step->verdicts.items[0].kind == VERDICT_REJECT);

		if (drops)
			return match;
		if (step->kind == STEP_EFFECT ||
		    (step->kind == STEP_MATCH && always_holds(space, step)))
			continue;
		if (step->kind != STEP_MATCH || step->negated || match ||
		    !match_is_cells(space, step))
			return NULL;
		match = step;
	}
	return NULL;
}

/* The matches of some live rules, if all are plain and of one field; the caller frees. */
static const struct step **plain_matches(const struct compiler *compiler, uint32_t chain,
                                         size_t first, size_t end)
{
	const struct chain *named = compiler->graph->chains.items[chain].chain;
	const struct live_rule *live = compiler->chains[chain].rules.items;
	const struct step **matches;

	for (size_t i = first; i < end; i++) {
		const struct step *match =
		    plain_match(compiler->space, &named->rules.items[live[i].rule]);

		if (!match ||
		    match->fields->field !=
		        plain_match(compiler->space, &named->rules.items[live[first].rule])
		            ->fields->field)
			return NULL;
	}
	matches = reallocarray(NULL, end - first, sizeof(*matches));
	for (size_t i = first; matches && i < end; i++)
		matches[i - first] =
		    plain_match(compiler->space, &named->rules.items[live[i].rule]);
	return matches;
}

bool compile_plain(struct compiler *compiler, uint32_t chain, size_t first, size_t end,
                   diagram_ref *ret_function)
{
	_cleanup_free_ const struct step **matches = plain_matches(compiler, chain, first, end);
	diagram_ref match;

	if (!matches ||
	    match_compile_any(compiler->space, compiler->diagram, matches, end - first, &match) < 0)
		return false;
	*ret_function = diagram_choose(compiler->diagram, match, diagram_terminal(OUTCOME_DROP, 0),
	                               diagram_terminal(OUTCOME_NEXT, 0));
	return true;
}
