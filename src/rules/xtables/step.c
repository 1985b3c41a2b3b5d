/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of a rule that is being read. */
#include "rules/xtables/xt.h"

#include <assert.h>
#include <string.h>

/* Every value of a field. */
static struct interval field_all(enum field field)
{
	unsigned bits = field_bits(field);

	return (struct interval){0, bits >= 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1};
}

int xt_match(struct xt_draft *draft, enum field field, bool negated, field_value first,
             field_value last)
{
	struct step *step = rule_add_match(draft->reader->ruleset, &draft->rule, field, negated);

	return step ? step_add_interval(step, first, last) : -ENOMEM;
}

struct step *xt_match_fields(struct xt_draft *draft, bool negated, unsigned n,
                             const struct operand_field *fields)
{
	return rule_add_fields(draft->reader->ruleset, &draft->rule, STEP_MATCH, negated, n,
	                       fields);
}

int xt_match_masked(struct xt_draft *draft, enum field field, bool negated, field_value mask,
                    field_value value)
{
	const struct operand_field operand = {field, mask};
	struct step *step;

	if (mask == field_all(field).last)
		return xt_match(draft, field, negated, value, value);
	step = xt_match_fields(draft, negated, 1, &operand);
	return step ? step_add_interval(step, value, value) : -ENOMEM;
}

int xt_add_any(struct step *step, enum field field)
{
	struct interval all = field_all(field);

	return step_add_interval(step, all.first, all.last);
}

int xt_match_never(struct xt_draft *draft)
{
	struct step *step =
	    rule_add_match(draft->reader->ruleset, &draft->rule, FIELD_FAMILY, false);

	return step ? 0 : -ENOMEM;
}

int xt_match_tracked(struct xt_draft *draft)
{
	static_assert(STATE_ESTABLISHED + 2 == STATE_NEW, "these three are in row");

	return xt_match(draft, FIELD_STATE, false, STATE_ESTABLISHED, STATE_NEW);
}

int xt_match_whole(struct xt_draft *draft)
{
	if (draft->whole)
		return 0;
	draft->whole = true;
	return xt_match(draft, FIELD_FRAGMENT, false, 0, 0);
}

int xt_verdict(struct xt_draft *draft, struct verdict verdict)
{
	struct step *step = rule_add_step(&draft->rule, STEP_VERDICT);

	if (!step)
		return -ENOMEM;
	/* The one item that it needs; vec_push() would make room for eight. */
	step->verdicts.items = calloc(1, sizeof(*step->verdicts.items));
	if (!step->verdicts.items)
		return -ENOMEM;
	step->verdicts.n = step->verdicts.room = 1;
	step->verdicts.items[0] = verdict;
	return 0;
}

int xt_assign(struct xt_draft *draft, enum field field, field_value mask, field_value value)
{
	struct step *step;

	/* "--tproxy-mark 0x0/0x0" is how none is saved. */
	if (mask == 0 && value == 0)
		return 0;
	step = rule_add_step(&draft->rule, STEP_ASSIGN);
	if (!step)
		return -ENOMEM;
	step->field = field;
	step->mask = mask;
	step->value = value;
	return 0;
}

/* Adds a step with the use's words as its text. */
static int add_words(struct xt_draft *draft, const struct xt_use *use, enum step_kind kind,
                     struct step **ret_step)
{
	const char *words = xt_use_words(draft, use);
	struct step *step = words ? rule_add_step(&draft->rule, kind) : NULL;

	if (!step)
		return -ENOMEM;
	step->text = words;
	*ret_step = step;
	return 0;
}

int xt_forget(struct xt_draft *draft, struct xt_use *use, enum field field, field_value mask)
{
	struct step *step;
	int status = add_words(draft, use, STEP_FORGET, &step);

	if (status < 0)
		return status;
	step->field = field;
	step->mask = mask;
	return 0;
}

int xt_finish_unknown(struct xt_draft *draft, struct xt_use *use)
{
	struct step *step;
	int status = add_words(draft, use, STEP_UNKNOWN, &step);

	if (status == 0)
		step->shared = use->extension && use->extension->shared;
	return status;
}

int xt_finish_effect(struct xt_draft *draft, struct xt_use *use)
{
	struct step *step;

	return add_words(draft, use, STEP_EFFECT, &step);
}

/*
 * Such a target accepts, drops, steals or rewrites, or has the packet go on: "unknown, then either"
 * says the first three with a verdict that user space might have given, and the last by the unknown
 * itself, whose other side goes on to the next rule. Marks that it might set are not thought of.
 */
int xt_finish_unknown_target(struct xt_draft *draft, struct xt_use *use)
{
	int status = xt_finish_unknown(draft, use);

	return status < 0 ? status : xt_verdict(draft, (struct verdict){VERDICT_QUEUE, NULL});
}

char *xt_use_words(struct xt_draft *draft, const struct xt_use *use)
{
	const char *name = use->extension ? use->extension->name : use->name.text;
	size_t place = (size_t)(use - draft->uses.items), len = strlen(name) + 4;
	const char *line = draft->reader->line;
	char *words, *to;

	vec_foreach(mention, &draft->mentions)
		len += mention->use == place ? mention->to - mention->from + 1 : 0;
	words = to = arena_alloc(&draft->reader->ruleset->arena, len);
	if (!words)
		return NULL;
	to = stpcpy(stpcpy(to, use->target ? "-j " : "-m "), name);
	vec_foreach(mention, &draft->mentions) {
		if (mention->use != place)
			continue;
		*to++ = ' ';
		to = mempcpy(to, line + mention->from, mention->to - mention->from);
	}
	return words;
}

int xt_read_unknown(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	/* The option at hand is the one mentioned last. */
	const struct xt_mention *mention = &draft->mentions.items[draft->mentions.n - 1];
	struct ruleset *ruleset = draft->reader->ruleset;
	const char *text =
	    arena_printf(&ruleset->arena, "-m %s %.*s", use->extension->name,
	                 (int)(mention->to - mention->from), draft->reader->line + mention->from);

	(void)argument;
	return text ? rule_add_unknown(ruleset, &draft->rule, true, text) : -ENOMEM;
}
