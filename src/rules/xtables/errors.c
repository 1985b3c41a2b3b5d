/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conntrack's --ctproto, which is the protocol of the packet's flow.
 *
 * Theory of operation. That is the packet's own protocol, but for an ICMP error: it is RELATED to
 * the flow of the packet that it speaks of, and has that flow's protocol, which no field tells. So
 * such a rule becomes two, one after the other. The first leaves the errors out and is exact; the
 * second is for the errors alone, with an unknown. No packet meets both, so that what they do is
 * done once.
 */
#include "rules/xtables/xt.h"

/* What is asked of a flow's protocol. */
struct flow_protocol {
	uint8_t protocol;
	bool negated;
	bool errors; /* errors match whatever it is */
};

/* The protocol of errors. */
static uint8_t error_protocol(const struct xt_draft *draft)
{
	return xt_family(draft) == NFPROTO_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

/* Adds boxes of a state with the protocols that match in it; of errors, all or none. */
static int add_protocols(struct xt_draft *draft, struct step *step, enum packet_state state,
                         const struct flow_protocol *flow)
{
	unsigned first = 0, n = 0;
	int status;

	for (unsigned at = 0; at <= UINT8_MAX + 1; at++) {
		bool error = state == STATE_RELATED && at == error_protocol(draft);
		bool matches = error ? flow->errors : (at == flow->protocol) != flow->negated;

		if (at <= UINT8_MAX && matches) {
			first = n++ == 0 ? at : first;
			continue;
		}
		if (n == 0)
			continue;
		status = step_add_interval(step, state, state);
		if (status == 0)
			status = step_add_interval(step, first, at - 1);
		if (status < 0)
			return status;
		n = 0;
	}
	return 0;
}

/* The two fields that it is about. */
static const struct operand_field fields[] = {{FIELD_STATE, ~(field_value)0},
                                              {FIELD_PROTOCOL, ~(field_value)0}};

int xt_match_flow_protocol(struct xt_draft *draft, const struct xt_use *use, uint8_t protocol,
                           bool negated, bool guarded)
{
	static const enum packet_state flowless[] = {STATE_INVALID, STATE_UNTRACKED};
	/* A second one in a rule lets errors pass: they are left out, or decided, by then. */
	const struct flow_protocol flow = {protocol, negated, draft->errors_step > 0};
	struct step *step;
	int status = 0;

	if (!draft->errors_step) {
		draft->errors_step = draft->rule.steps.n + 1;
		draft->errors_text = xt_use_words(draft, use);
		if (!draft->errors_text)
			return -ENOMEM;
	}
	step = xt_match_fields(draft, false, 2, fields);
	if (!step)
		return -ENOMEM;
	for (unsigned i = 0; i < 2 && guarded && status == 0; i++) {
		status = step_add_interval(step, flowless[i], flowless[i]);
		if (status == 0)
			status = xt_add_any(step, FIELD_PROTOCOL);
	}
	for (unsigned i = STATE_ESTABLISHED; i <= STATE_NEW && status == 0; i++)
		status = add_protocols(draft, step, (enum packet_state)i, &flow);
	return status;
}

/* Makes the two steps that take the place of the one that leaves errors out. */
static int error_steps(struct xt_draft *draft, struct rule *steps)
{
	struct step *step = xt_match_fields(draft, false, 2, fields);
	uint8_t protocol = error_protocol(draft);
	int status;

	if (!step)
		return -ENOMEM;
	status = step_add_interval(step, STATE_RELATED, STATE_RELATED);
	if (status == 0)
		status = step_add_interval(step, protocol, protocol);
	if (status == 0)
		status = rule_add_unknown(draft->reader->ruleset, &draft->rule, true,
		                          draft->errors_text);
	return status < 0 ? status : rule_pack(draft->reader->ruleset, &draft->rule, steps);
}

int xt_add_errors_rule(struct xt_draft *draft, struct chain *chain)
{
	/* By value: rules move when one is added. What it owns is in the arena. */
	const struct rule exact = chain->rules.items[chain->rules.n - 1];
	size_t place = draft->errors_step - 1;
	struct rule replacing = {0}, *rule;
	struct step *steps;
	int status = error_steps(draft, &replacing);

	if (status < 0)
		return status;
	rule = chain_add_rule(chain);
	steps = arena_alloc(&draft->reader->ruleset->arena, (exact.steps.n + 1) * sizeof(*steps));
	if (!rule || !steps)
		return -ENOMEM;
	*rule = exact;
	rule->steps.items = steps;
	rule->steps.n = exact.steps.n + 1;
	for (size_t i = 0; i < place; i++)
		*steps++ = exact.steps.items[i];
	for (size_t i = 0; i < replacing.steps.n; i++)
		*steps++ = replacing.steps.items[i];
	for (size_t i = place + 1; i < exact.steps.n; i++)
		*steps++ = exact.steps.items[i];
	return 0;
}
