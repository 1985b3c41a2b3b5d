/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Targets of iptables that change what later rules look at: MARK, CONNMARK, DSCP, TOS, TTL, HL.
 *
 * All of them let the packet go on. MARK's options come down to one form, mark = (mark & ~mask) ^
 * value, as in the kernel; copies between the packet's mark and the flow's are steps of their own,
 * and values that no rule names are forgotten.
 */
#include "rules/xtables/xt.h"

#include <string.h>

/* Options of MARK and CONNMARK, and of TOS. */
enum action { NO_ACTION, SET, SET_XOR, AND, OR, XOR, SAVE, RESTORE, SHIFT };

/* One action for each use. */
static int only_action(struct xt_draft *draft, unsigned *action, const struct xt_argument *argument)
{
	if (*action)
		return xt_wrong(draft->reader, argument->option,
		                "found a second change by one target, expected one");
	*action = argument->key;
	return 0;
}

/* Brings an action with a value and a mask into the form of STEP_ASSIGN. */
static void normalize(unsigned action, uint32_t ones, uint32_t *value, uint32_t *mask)
{
	switch (action) {
	case SET:
		*mask |= *value;
		break;
	case AND:
		*mask = ~*value & ones;
		*value = 0;
		break;
	case OR:
		*mask = *value;
		break;
	case XOR:
		*mask = 0;
		break;
	default: /* SET_XOR is the form itself. */
		break;
	}
}

/* --set-mark, --set-xmark, --and-mark, --or-mark, --xor-mark */
static int read_mark(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	bool has_mask;
	int status = only_action(draft, &use->mark.action, argument);

	if (status == 0)
		status = xt_masked(draft->reader, argument->values, UINT32_MAX, &use->mark.value,
		                   &use->mark.mask, &has_mask);
	if (status < 0)
		return status;
	normalize(argument->key, UINT32_MAX, &use->mark.value, &use->mark.mask);
	return 0;
}

/* --save-mark, --restore-mark */
static int read_copy(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	return only_action(draft, &use->mark.action, argument);
}

/* --nfmask (key 1), --ctmask (key 2), --mask (both) */
static int read_copy_mask(struct xt_draft *draft, struct xt_use *use,
                          const struct xt_argument *argument)
{
	uint64_t mask;
	int status = xt_number(draft->reader, argument->values, UINT32_MAX, &mask);

	if (status < 0)
		return status;
	if (argument->key & 1)
		use->mark.nf_mask = ~(uint32_t)mask;
	if (argument->key & 2)
		use->mark.ct_mask = ~(uint32_t)mask;
	return 0;
}

/* --left-shift-mark, --right-shift-mark */
static int read_shift(struct xt_draft *draft, struct xt_use *use,
                      const struct xt_argument *argument)
{
	uint64_t bits;
	int status = xt_number(draft->reader, argument->values, 32, &bits);

	if (status == 0 && bits > 0)
		use->mark.shifted = true;
	return status;
}

/* finish() of MARK */
static int finish_mark(struct xt_draft *draft, struct xt_use *use)
{
	if (!use->mark.action)
		return xt_expected(draft->reader, &use->name, "--set-mark or the like with it");
	return xt_assign(draft, FIELD_MARK, use->mark.mask, use->mark.value);
}

/*
 * Adds a copy of one mark's bits under a mask over the other's. The masks are kept as their
 * complements, so that zeroed memory means all ones.
 */
static int add_copy(struct xt_draft *draft, struct xt_use *use)
{
	bool save = use->mark.action == SAVE;
	field_value nf_mask = (uint32_t)~use->mark.nf_mask, ct_mask = (uint32_t)~use->mark.ct_mask;
	struct step *step;

	if (use->mark.shifted)
		return xt_forget(draft, use, save ? FIELD_CT_MARK : FIELD_MARK, UINT32_MAX);
	step = rule_add_step(&draft->rule, STEP_COPY);
	if (!step)
		return -ENOMEM;
	step->field = save ? FIELD_CT_MARK : FIELD_MARK;
	step->from = save ? FIELD_MARK : FIELD_CT_MARK;
	step->mask = save ? ct_mask : nf_mask;
	step->value = save ? nf_mask : ct_mask;
	return 0;
}

/* finish() of CONNMARK: without a flow, nothing happens. */
static int finish_connmark(struct xt_draft *draft, struct xt_use *use)
{
	int status;

	if (!use->mark.action)
		return xt_expected(draft->reader, &use->name,
		                   "--set-mark, --save-mark, --restore-mark or the like with it");
	status = xt_match_tracked(draft);
	if (status < 0)
		return status;
	if (use->mark.action == SAVE || use->mark.action == RESTORE)
		return add_copy(draft, use);
	if (use->mark.shifted)
		return xt_forget(draft, use, FIELD_CT_MARK, UINT32_MAX);
	return xt_assign(draft, FIELD_CT_MARK, use->mark.mask, use->mark.value);
}

static const struct xt_option mark[] = {
    {"set-xmark", 1, 0, read_mark, SET_XOR}, {"set-mark", 1, 0, read_mark, SET},
    {"and-mark", 1, 0, read_mark, AND},      {"or-mark", 1, 0, read_mark, OR},
    {"xor-mark", 1, 0, read_mark, XOR},      {0},
};
static const struct xt_option connmark[] = {
    {"set-xmark", 1, 0, read_mark, SET_XOR},
    {"set-mark", 1, 0, read_mark, SET},
    {"and-mark", 1, 0, read_mark, AND},
    {"or-mark", 1, 0, read_mark, OR},
    {"xor-mark", 1, 0, read_mark, XOR},
    {"save-mark", 0, 0, read_copy, SAVE},
    {"restore-mark", 0, 0, read_copy, RESTORE},
    {"nfmask", 1, 0, read_copy_mask, 1},
    {"ctmask", 1, 0, read_copy_mask, 2},
    {"mask", 1, 0, read_copy_mask, 3},
    {"left-shift-mark", 1, 0, read_shift, 0},
    {"right-shift-mark", 1, 0, read_shift, 0},
    {0},
};

/* Keeps a change of a field for finish_change(). */
static int keep_change(struct xt_draft *draft, struct xt_use *use,
                       const struct xt_argument *argument, field_value mask, field_value value)
{
	if (use->change.kept)
		return xt_wrong(draft->reader, argument->option,
		                "found a second change by one target, expected one");
	use->change.kept = true;
	use->change.mask = mask;
	use->change.value = value;
	return 0;
}

/* --set-dscp, --set-dscp-class */
static int read_dscp(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	enum { ALL = 0x3f };
	uint64_t value;
	int status = xt_dscp(draft->reader, argument->values, argument->key, &value);

	return status < 0 ? status : keep_change(draft, use, argument, ALL, value);
}

static const struct xt_option dscp[] = {
    {"set-dscp", 1, 0, read_dscp, false}, {"set-dscp-class", 1, 0, read_dscp, true}, {0}};

/* --set-tos, --and-tos, --or-tos, --xor-tos: of the byte, the upper six bits are a field */
static int read_tos(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	enum { ECN_BITS = 2 };
	uint8_t byte, byte_mask;
	int status = xt_read_tos(draft, argument->values, &byte, &byte_mask);
	uint32_t value, mask;

	if (status < 0)
		return status;
	value = byte;
	mask = byte_mask;
	normalize(argument->key, UINT8_MAX, &value, &mask);
	return keep_change(draft, use, argument, mask >> ECN_BITS, value >> ECN_BITS);
}

static const struct xt_option tos[] = {
    {"set-tos", 1, 0, read_tos, SET_XOR},
    {"and-tos", 1, 0, read_tos, AND},
    {"or-tos", 1, 0, read_tos, OR},
    {"xor-tos", 1, 0, read_tos, XOR},
    {0},
};

/* --ttl-set (key 0); --ttl-inc and --ttl-dec (key 1), after which it is not known */
static int read_hops(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
{
	uint64_t value;
	int status = xt_number(draft->reader, argument->values, UINT8_MAX, &value);

	use->change.forget = argument->key;
	return status < 0 ? status : keep_change(draft, use, argument, UINT8_MAX, value);
}

static const struct xt_option ttl[] = {{"ttl-set", 1, 0, read_hops, 0},
                                       {"ttl-inc", 1, 0, read_hops, 1},
                                       {"ttl-dec", 1, 0, read_hops, 1},
                                       {0}};
static const struct xt_option hl[] = {{"hl-set", 1, 0, read_hops, 0},
                                      {"hl-inc", 1, 0, read_hops, 1},
                                      {"hl-dec", 1, 0, read_hops, 1},
                                      {0}};

/* Makes a step of the change that was kept. */
static int finish_change(struct xt_draft *draft, struct xt_use *use, enum field field)
{
	if (!use->change.kept)
		return xt_expected(draft->reader, &use->name,
		                   "an option of it that says the value");
	if (use->change.forget)
		return xt_forget(draft, use, field, use->change.mask);
	return xt_assign(draft, field, use->change.mask, use->change.value);
}

/* finish() of DSCP and TOS */
static int finish_dscp(struct xt_draft *draft, struct xt_use *use)
{
	return finish_change(draft, use, FIELD_DSCP);
}

/* finish() of TTL and HL */
static int finish_hops(struct xt_draft *draft, struct xt_use *use)
{
	return finish_change(draft, use, FIELD_HOP_LIMIT);
}

const struct xt_extension xt_mark_targets[] = {
    {.name = "MARK", .options = mark, .finish = finish_mark},
    {.name = "CONNMARK", .options = connmark, .finish = finish_connmark},
    {.name = "DSCP", .options = dscp, .finish = finish_dscp},
    {.name = "TOS", .options = tos, .finish = finish_dscp},
    {.name = "TTL", .family = NFPROTO_IPV4, .options = ttl, .finish = finish_hops},
    {.name = "HL", .family = NFPROTO_IPV6, .options = hl, .finish = finish_hops},
    {0},
};
