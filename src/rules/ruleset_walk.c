/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One packet through the rules, step by step, as the kernel would take it. */
#include "rules/ruleset_walk.h"

#include "rules/note.h"

#include <limits.h>
#include <linux/netfilter.h>

/* What a rule or chain came to. */
struct result {
	enum rule_verdict kind; /* CONTINUE, RETURN, ACCEPT, DROP */
	struct walk_event by;   /* of ACCEPT and DROP */
};

/* The chain that a rule is in. */
struct frame {
	const struct table *table;
	const struct chain *chain;
};

/* A field as a rule sees it. */
static field_value operand_value(const struct walk *walk, const struct operand_field *operand)
{
	return walk->packet.values[operand->field] & operand->mask;
}

/* How many boxes a step has. */
static size_t count_boxes(const struct step *step)
{
	return step->n_fields ? step->boxes.n / step->n_fields : 0;
}

/* The first box that the packet lies in, or their number where it lies in none. */
static size_t find_box(struct walk *walk, const struct step *step)
{
	size_t n = count_boxes(step);

	for (size_t box = 0; box < n; box++) {
		const struct interval *intervals = step->boxes.items + box * step->n_fields;
		size_t i = 0;

		for (; i < step->n_fields; i++) {
			field_value value = operand_value(walk, &step->fields[i]);

			walk->looked |= UINT64_C(1) << step->fields[i].field;
			if (value < intervals[i].first || value > intervals[i].last)
				break;
		}
		if (i == step->n_fields)
			return box;
	}
	return n;
}

/* Notes which box of a list held, if it is the rule's longest so far. */
static void note_box(struct walk_event *event, const struct step *step, size_t box)
{
	size_t n = count_boxes(step);

	if (n < 2 || box >= n || (event->list && count_boxes(event->list) >= n))
		return;
	event->list = step;
	event->box = (uint32_t)box;
}

/* All bits that a field of the packet can have. */
static field_value field_most(const struct walk *walk, enum field field)
{
	unsigned bits = field_bits(field);

	if (bits == 128 && walk->packet.values[FIELD_FAMILY] == NFPROTO_IPV4 &&
	    (field == FIELD_SOURCE || field == FIELD_DESTINATION ||
	     field == FIELD_ORIGINAL_SOURCE || field == FIELD_ORIGINAL_DESTINATION))
		bits = 32;
	return bits == 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1;
}

/* Gives a field another value. */
static void change_field(struct walk *walk, const struct step *step)
{
	field_value *value = &walk->packet.values[step->field];
	field_value added = step->value;

	if (step->kind == STEP_COPY) {
		added = walk->packet.values[step->from] & step->value;
	} else if (step->kind == STEP_FORGET) {
		added = 0;
		for (unsigned byte = 0; byte * CHAR_BIT < field_bits(step->field); byte++)
			added |= (field_value)walk->oracle(walk->oracle_data, step, step, byte)
			         << byte * CHAR_BIT;
		added &= step->mask;
	}
	*value = ((*value & ~step->mask) ^ added) & field_most(walk, step->field);
}

/* Remembers what a packet came by. */
static void remember(struct walk *walk, const struct walk_event *event)
{
	struct walk_event *kept = walk->keep_events ? vec_push(&walk->events) : NULL;

	if (kept)
		*kept = *event;
	else if (walk->keep_events)
		walk->status = -ENOMEM;
}

static struct result walk_chain(struct walk *walk, const struct frame *frame);

/* Goes into a chain that a rule calls. */
static struct result call(struct walk *walk, const struct frame *caller,
                          const struct verdict *verdict)
{
	uint32_t number = chain_graph_find(walk->graph, caller->table, verdict->chain);
	const struct frame callee = {caller->table, walk->graph->chains.items[number].chain};
	struct result result = walk_chain(walk, &callee);

	if (result.kind == VERDICT_RETURN)
		result.kind = VERDICT_CONTINUE;
	if (result.kind == VERDICT_CONTINUE && verdict->kind == VERDICT_GOTO)
		result.kind = VERDICT_RETURN;
	return result;
}

/* Does what a verdict says; `event` is the rule that says it. */
static struct result obey(struct walk *walk, const struct frame *frame,
                          const struct walk_event *event, const struct step *step,
                          const struct verdict *verdict)
{
	struct result result = {verdict->kind, *event};

	result.by.verdict = verdict->kind;
	remember(walk, &result.by);
	switch (verdict->kind) {
	case VERDICT_CONTINUE:
	case VERDICT_RETURN:
	case VERDICT_ACCEPT:
	case VERDICT_DROP:
		break;
	case VERDICT_QUEUE:
		result.kind = walk->oracle(walk->oracle_data, step, verdict, 0) ? VERDICT_ACCEPT
		                                                                : VERDICT_DROP;
		break;
	case VERDICT_REJECT:
	case VERDICT_STOLEN:
		result.kind = VERDICT_DROP;
		break;
	case VERDICT_JUMP:
	case VERDICT_GOTO:
		return call(walk, frame, verdict);
	}
	return result;
}

/* Whether a step that changes something does so for this packet. */
static bool applies(struct walk *walk, const struct step *step)
{
	return !step->n_fields || find_box(walk, step) < count_boxes(step);
}

/* Takes one step of a rule. False when the rule is done, with what it came to. */
static bool walk_step(struct walk *walk, const struct frame *frame, struct walk_event *event,
                      const struct step *step, struct result *result)
{
	static const struct verdict accept = {VERDICT_ACCEPT, NULL};
	const struct verdict *verdict = NULL;
	size_t box;

	switch (step->kind) {
	case STEP_MATCH:
		box = find_box(walk, step);
		if (!step->negated)
			note_box(event, step, box);
		return (box < count_boxes(step)) != step->negated;
	case STEP_UNKNOWN:
		return walk->oracle(walk->oracle_data, step, step, 0);
	case STEP_VERDICT:
		verdict = step->verdicts.items;
		break;
	case STEP_VERDICT_MAP:
		box = find_box(walk, step);
		if (box == step->verdicts.n)
			return false;
		note_box(event, step, box);
		verdict = &step->verdicts.items[box];
		break;
	case STEP_NAT:
		if (!applies(walk, step))
			return true;
		verdict = &accept;
		walk->nat = step;
		walk->nat_by = *event;
		walk->nat_by.verdict = VERDICT_ACCEPT;
		break;
	case STEP_ASSIGN:
	case STEP_COPY:
	case STEP_FORGET:
		if (applies(walk, step))
			change_field(walk, step);
		return true;
	case STEP_NOTRACK:
		/* Only where there is no flow, be it not yet: notrack_tg() in xt_CT.c. */
		if (walk->packet.values[FIELD_STATE] == STATE_INVALID)
			walk->packet.values[FIELD_STATE] = STATE_UNTRACKED;
		return true;
	case STEP_EFFECT:
		return true;
	}
	if (!verdict || verdict->kind == VERDICT_CONTINUE)
		return true;
	*result = obey(walk, frame, event, step, verdict);
	return false;
}

/* Takes a rule's steps until one does not match or ends it. */
static struct result walk_rule(struct walk *walk, const struct frame *frame,
                               const struct rule *rule)
{
	struct result result = {.kind = VERDICT_CONTINUE};
	struct walk_event event = {.table = frame->table, .chain = frame->chain, .rule = rule};

	vec_foreach(step, &rule->steps)
		if (!walk_step(walk, frame, &event, step, &result))
			return result;
	remember(walk, &event);
	return result;
}

/* Takes a chain's rules until one says where the packet goes. Jumps bound how deep this goes. */
static struct result walk_chain(struct walk *walk, const struct frame *frame)
{
	struct result result = {.kind = VERDICT_CONTINUE};

	vec_foreach(rule, &frame->chain->rules) {
		result = walk_rule(walk, frame, rule);
		if (result.kind != VERDICT_CONTINUE)
			break;
	}
	return result;
}

/* Takes a base chain, and its policy where no rule decides. */
static struct result walk_base(struct walk *walk, const struct frame *frame)
{
	struct result result = walk_chain(walk, frame);

	if (result.kind == VERDICT_ACCEPT || result.kind == VERDICT_DROP)
		return result;
	result.kind = frame->chain->policy.kind == VERDICT_DROP ? VERDICT_DROP : VERDICT_ACCEPT;
	result.by = (struct walk_event){
	    .table = frame->table, .chain = frame->chain, .verdict = result.kind};
	remember(walk, &result.by);
	return result;
}

/* Of two that accepted a packet, the one to name. */
static struct walk_event decider(const struct walk_event *first, const struct walk_event *second)
{
	const struct reach_note a = {first->table, first->chain, first->rule};
	const struct reach_note b = {second->table, second->chain, second->rule};

	return reach_note_replaces(&a, &b) ? *second : *first;
}

bool ruleset_walk_base(struct walk *walk, uint32_t base, struct walk_event *ret_by)
{
	const struct graph_chain *found = &walk->graph->chains.items[base];
	const struct frame frame = {found->table, found->chain};
	struct result result = walk_base(walk, &frame);

	*ret_by = result.by;
	return result.kind == VERDICT_ACCEPT;
}

int ruleset_walk(struct walk *walk, unsigned hook, struct walk_end *ret_end)
{
	uint8_t family = (uint8_t)walk->packet.values[FIELD_FAMILY];
	struct walk_end end = {.accepted = true};
	_cleanup_free_ uint32_t *bases = NULL;
	size_t n;
	int status = chain_graph_bases(walk->graph, hook, family, &bases, &n);

	if (status < 0)
		return status;
	for (size_t i = 0; i < n && end.accepted; i++) {
		const struct graph_chain *base = &walk->graph->chains.items[bases[i]];
		struct walk_event by;

		if (base->chain->type == CHAIN_NAT && walk->packet.values[FIELD_STATE] != STATE_NEW)
			continue;
		end.accepted = ruleset_walk_base(walk, bases[i], &by);
		end.by = end.accepted ? decider(&end.by, &by) : by;
	}
	*ret_end = end;
	return walk->status;
}
