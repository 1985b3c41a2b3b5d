/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matches of iptables that a packet's flow decides: conntrack, state, connmark.
 *
 * A packet without a flow - invalid, or untracked - is told by --ctstate alone: with it, the rest
 * of the match is not looked at for such a packet; without it, such a packet never matches. So each
 * other condition C of a match with --ctstate reads "no flow, or C", a match of two fields, and a
 * match without --ctstate begins with "has a flow". connmark, too, matches nothing without one,
 * negated or not. (conntrack_mt() and connmark_mt() in net/netfilter.)
 */
#include "rules/xtables/xt.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <string.h>

/* --ctstate, --state */
static int read_states(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	static const struct xt_name states[] = {
	    {"INVALID", 1 << STATE_INVALID, 0},
	    {"NEW", 1 << STATE_NEW, 0},
	    {"ESTABLISHED", 1 << STATE_ESTABLISHED, 0},
	    {"RELATED", 1 << STATE_RELATED, 0},
	    {"UNTRACKED", 1 << STATE_UNTRACKED, 0},
	    {"SNAT", XT_STATE_SNAT, 0},
	    {"DNAT", XT_STATE_DNAT, 0},
	    {NULL, 0, 0},
	};

	use->ct.has_states = true;
	use->ct.states_negated = argument->negated;
	return xt_name_list(draft->reader, argument->values, states,
	                    "states, as NEW,ESTABLISHED: of INVALID NEW ESTABLISHED RELATED "
	                    "UNTRACKED SNAT DNAT",
	                    &use->ct.states);
}

/* Keeps a condition for the end of the match. */
static int keep(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument,
                struct operand_field operand, struct interval interval)
{
	struct xt_condition *condition = vec_push(&draft->conditions);

	if (!condition)
		return -ENOMEM;
	*condition = (struct xt_condition){.use = (size_t)(use - draft->uses.items),
	                                   .operand = operand,
	                                   .interval = interval,
	                                   .negated = argument->negated};
	return 0;
}

/* --ctorigsrc, --ctorigdst */
static int read_original_address(struct xt_draft *draft, struct xt_use *use,
                                 const struct xt_argument *argument)
{
	struct operand_field operand = {(enum field)argument->key, ~(field_value)0};
	const char *text = argument->values->text;
	uint8_t family = xt_family(draft);
	struct interval interval;
	field_value mask;
	int status = xt_network(draft->reader, argument->values, 0, strlen(text), family,
	                        &interval.first, &mask);

	if (status < 0)
		return status;
	interval.last = interval.first;
	if (xt_mask_is_prefix(family, mask))
		interval.last |= ~mask & xt_address_ones(family);
	else
		operand.mask = mask;
	return keep(draft, use, argument, operand, interval);
}

/* --ctorigsrcport, --ctorigdstport */
static int read_original_port(struct xt_draft *draft, struct xt_use *use,
                              const struct xt_argument *argument)
{
	const struct xt_word *word = argument->values;
	struct operand_field operand = {(enum field)argument->key, ~(field_value)0};
	struct interval ports;
	int status = xt_ports(draft->reader, word, 0, strlen(word->text), ':', &ports);

	return status < 0 ? status : keep(draft, use, argument, operand, ports);
}

/* --ctdir; it is never negated, but REPLY is kept as what is not ORIGINAL */
static int read_direction(struct xt_draft *draft, struct xt_use *use,
                          const struct xt_argument *argument)
{
	static const struct xt_name directions[] = {
	    {"ORIGINAL", 0, 0}, {"REPLY", 1, 0}, {NULL, 0, 0}};
	const char *text = argument->values->text;
	const struct xt_name *name = xt_name_find(directions, text, strlen(text));
	const struct operand_field operand = {FIELD_CT_REPLY, ~(field_value)0};

	if (!name)
		return xt_expected(draft->reader, argument->values, "ORIGINAL or REPLY");
	return keep(draft, use, argument, operand, (struct interval){name->value, name->value});
}

/* --ctstatus; NONE is no bit, which no flow has one of */
static int read_status(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	static const struct xt_name statuses[] = {
	    {"NONE", 0, 0},
	    {"EXPECTED", IPS_EXPECTED, 0},
	    {"SEEN_REPLY", IPS_SEEN_REPLY, 0},
	    {"ASSURED", IPS_ASSURED, 0},
	    {"CONFIRMED", IPS_CONFIRMED, 0},
	    {NULL, 0, 0},
	};
	struct operand_field operand = {FIELD_CT_STATUS, 0};
	unsigned bits;
	int status = xt_name_list(draft->reader, argument->values, statuses,
	                          "a status, of NONE EXPECTED SEEN_REPLY ASSURED CONFIRMED", &bits);

	if (status < 0)
		return status;
	operand.mask = bits;
	return keep(draft, use, argument, operand, (struct interval){1, UINT32_MAX});
}

/* --ctproto; what it matches is in ruleset_xt_errors.c. */
static int read_flow_protocol(struct xt_draft *draft, struct xt_use *use,
                              const struct xt_argument *argument)
{
	const struct operand_field operand = {FIELD_PROTOCOL, ~(field_value)0};
	uint8_t protocol;
	int status = xt_protocol(draft->reader, argument->values, &protocol);

	if (status < 0)
		return status;
	if (protocol == 0)
		return xt_expected(draft->reader, argument->values, "a protocol other than all");
	return keep(draft, use, argument, operand, (struct interval){protocol, protocol});
}

/* --ctexpire */
static int read_expiry(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument)
{
	struct interval range;
	int status = xt_range(draft->reader, argument->values, UINT32_MAX, &range);

	return status < 0 ? status : xt_read_unknown(draft, use, argument);
}

/* Adds the intervals of states whose bits are set. */
static int add_states(struct step *step, unsigned states, bool with_status)
{
	int status = 0;

	for (unsigned state = 0; state < PACKET_STATES && status == 0; state++) {
		if (!(states & 1u << state))
			continue;
		status = step_add_interval(step, state, state);
		if (status == 0 && with_status)
			status = xt_add_any(step, FIELD_CT_STATUS);
	}
	return status;
}

/* Adds the match of --ctstate; SNAT and DNAT are bits of the flow's status, beside its state. */
static int match_states(struct xt_draft *draft, const struct xt_use *use)
{
	unsigned states = use->ct.states;
	field_value status_bits = (states & XT_STATE_SNAT ? IPS_SRC_NAT : 0u) |
	                          (states & XT_STATE_DNAT ? IPS_DST_NAT : 0u);
	const struct operand_field both[] = {{FIELD_STATE, ~(field_value)0},
	                                     {FIELD_CT_STATUS, status_bits}};
	struct step *step;
	int status;

	if (!status_bits) {
		step = rule_add_match(draft->reader->ruleset, &draft->rule, FIELD_STATE,
		                      use->ct.states_negated);
		return step ? add_states(step, states, false) : -ENOMEM;
	}
	step = xt_match_fields(draft, use->ct.states_negated, 2, both);
	if (!step)
		return -ENOMEM;
	status = add_states(step, states, true);
	if (status == 0)
		status = step_add_interval(step, STATE_ESTABLISHED, STATE_NEW);
	return status < 0 ? status : step_add_interval(step, 1, status_bits);
}

/* Adds "no flow, or the condition"; negated it is "not: a flow, and the condition". */
static int match_guarded(struct xt_draft *draft, const struct xt_condition *condition)
{
	static const unsigned flowless[] = {STATE_INVALID, STATE_UNTRACKED};
	const struct operand_field both[] = {{FIELD_STATE, ~(field_value)0}, condition->operand};
	struct step *step = xt_match_fields(draft, condition->negated, 2, both);
	int status = 0;

	if (!step)
		return -ENOMEM;
	for (unsigned i = 0; i < 2 && !condition->negated && status == 0; i++) {
		status = step_add_interval(step, flowless[i], flowless[i]);
		if (status == 0)
			status = xt_add_any(step, condition->operand.field);
	}
	if (status == 0)
		status = step_add_interval(step, STATE_ESTABLISHED, STATE_NEW);
	if (status < 0)
		return status;
	return step_add_interval(step, condition->interval.first, condition->interval.last);
}

/* Adds a condition of a flow that is there. */
static int match_condition(struct xt_draft *draft, const struct xt_condition *condition)
{
	struct step *step = xt_match_fields(draft, condition->negated, 1, &condition->operand);

	return step ? step_add_interval(step, condition->interval.first, condition->interval.last)
	            : -ENOMEM;
}

/* finish() of conntrack and state. */
static int finish_conntrack(struct xt_draft *draft, struct xt_use *use)
{
	int status = use->ct.has_states ? match_states(draft, use) : xt_match_tracked(draft);

	vec_foreach(condition, &draft->conditions) {
		if (status < 0 || condition->use != (size_t)(use - draft->uses.items))
			continue;
		if (condition->operand.field == FIELD_PROTOCOL)
			status =
			    xt_match_flow_protocol(draft, use, (uint8_t)condition->interval.first,
			                           condition->negated, use->ct.has_states);
		else
			status = use->ct.has_states ? match_guarded(draft, condition)
			                            : match_condition(draft, condition);
	}
	return status;
}

static const struct xt_option conntrack_options[] = {
    {"ctstate", 1, XT_NOT, read_states, 0},
    {"state", 1, XT_NOT, read_states, 0},
    {"ctproto", 1, XT_NOT, read_flow_protocol, 0},
    {"ctorigsrc", 1, XT_NOT, read_original_address, FIELD_ORIGINAL_SOURCE},
    {"ctorigdst", 1, XT_NOT, read_original_address, FIELD_ORIGINAL_DESTINATION},
    {"ctreplsrc", 1, XT_NOT, xt_read_unknown, 0},
    {"ctrepldst", 1, XT_NOT, xt_read_unknown, 0},
    {"ctorigsrcport", 1, XT_NOT, read_original_port, FIELD_ORIGINAL_SOURCE_PORT},
    {"ctorigdstport", 1, XT_NOT, read_original_port, FIELD_ORIGINAL_DESTINATION_PORT},
    {"ctreplsrcport", 1, XT_NOT, xt_read_unknown, 0},
    {"ctrepldstport", 1, XT_NOT, xt_read_unknown, 0},
    {"ctstatus", 1, XT_NOT, read_status, 0},
    {"ctexpire", 1, XT_NOT, read_expiry, 0},
    {"ctdir", 1, 0, read_direction, 0},
    {0},
};

static const struct xt_option state_options[] = {{"state", 1, XT_NOT, read_states, 0}, {0}};

/* --mark VALUE[/MASK] of the flow */
static int read_connmark(struct xt_draft *draft, struct xt_use *use,
                         const struct xt_argument *argument)
{
	uint32_t value, mask;
	bool has_mask;
	int status =
	    xt_masked(draft->reader, argument->values, UINT32_MAX, &value, &mask, &has_mask);

	(void)use;
	if (status == 0)
		status = xt_match_tracked(draft);
	return status < 0 ? status
	                  : xt_match_masked(draft, FIELD_CT_MARK, argument->negated, mask, value);
}

static const struct xt_option connmark_options[] = {{"mark", 1, XT_NOT, read_connmark, 0}, {0}};

const struct xt_extension xt_flow_matches[] = {
    {.name = "conntrack", .options = conntrack_options, .finish = finish_conntrack},
    {.name = "state", .options = state_options, .finish = finish_conntrack},
    {.name = "connmark", .options = connmark_options},
    {0},
};
