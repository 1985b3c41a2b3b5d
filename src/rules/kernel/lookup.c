/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookups in sets, verdict maps and maps (nft_lookup.c, nft_objref.c).
 *
 * Where some of a key is no field's, the rest still says that a packet is in no element. A map of
 * values forks the rule by what it gives: each value is a constant from there on.
 */
#include "rules/kernel/kernel.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* Whether the path allows a box at all: not, when it is of another family or protocol. */
static bool box_allowed(const struct known *known, const struct operand_field *operands,
                        const struct interval *box, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (operands[i].mask != ~(field_value)0 || box[i].first != box[i].last)
			continue;
		if (operands[i].field == FIELD_PROTOCOL && box[i].first <= UINT8_MAX &&
		    !known_protocol(known, (uint8_t)box[i].first))
			return false;
	}
	return true;
}

/* What boxes are made of. */
struct boxing {
	struct decode *decode;
	const struct box_request *request;
	const struct part *parts[KERNEL_PIECES]; /* those that are fields */
	struct operand_field operands[KERNEL_PIECES];
	unsigned n;
	struct step *step;
	struct intervals pieces[KERNEL_PIECES];
};

/* Adds a box for each combination of the pieces of an element. */
static int add_product(struct boxing *boxing, const struct verdict *verdict)
{
	unsigned at[KERNEL_PIECES] = {0}, i;
	struct interval box[KERNEL_PIECES];
	struct kernel *kernel = boxing->decode->kernel;
	int status = 0;

	for (i = 0; i < boxing->n; i++)
		if (boxing->pieces[i].n == 0)
			return 0;
	do {
		for (i = 0; i < boxing->n; i++)
			box[i] = boxing->pieces[i].items[at[i]];
		if (box_allowed(&boxing->decode->path->known, boxing->operands, box, boxing->n)) {
			if (++kernel->n_boxes > KERNEL_BOXES_MAX)
				return error_set(kernel->ret_error, E2BIG,
				                 "the elements of sets that rules look into are "
				                 "more than %d",
				                 KERNEL_BOXES_MAX);
			for (i = 0; i < boxing->n && status == 0; i++)
				status = step_add_interval(boxing->step, box[i].first, box[i].last);
			if (status == 0 && verdict) {
				struct verdict *added = vec_push(&boxing->step->verdicts);

				if (!added)
					return -ENOMEM;
				*added = *verdict;
			}
		}
		for (i = 0; i < boxing->n && ++at[i] == boxing->pieces[i].n; i++)
			at[i] = 0;
	} while (status == 0 && i < boxing->n);
	return status;
}

/* Adds an element. A constant in the key is compared at once. */
static int add_element(struct boxing *boxing, const struct kernel_element *element)
{
	const struct parts *parts = boxing->request->parts;
	struct verdict verdict, *given = NULL;
	int status = 0;

	for (unsigned i = 0; i < parts->n && !element->catchall; i++) {
		const struct part *part = &parts->items[i];
		const uint8_t *bytes = part->load->bytes + part->byte;

		if (part->constant &&
		    (memcmp(bytes, element->first + part->at, part->piece.bytes) < 0 ||
		     memcmp(bytes, element->last + part->at, part->piece.bytes) > 0))
			return 0;
	}
	for (unsigned i = 0; i < boxing->n && status == 0; i++) {
		const struct part *part = boxing->parts[i];

		boxing->pieces[i].n = 0;
		if (element->catchall) {
			struct interval *all = vec_push(&boxing->pieces[i]);

			if (!all)
				return -ENOMEM;
			*all = all_of(boxing->operands[i].field);
			continue;
		}
		status = part_intervals(boxing->decode, part, element->first + part->at,
		                        element->last + part->at, &boxing->pieces[i]);
	}
	if (status == 0 && boxing->request->kind == STEP_VERDICT_MAP) {
		if (!verdict_of_data(element->data, &verdict))
			return error_set(boxing->decode->kernel->ret_error, EBADMSG,
			                 "an element of set %s has no verdict",
			                 boxing->request->set->name);
		if (verdict.chain) {
			verdict.chain =
			    arena_strdup(&boxing->decode->kernel->ruleset->arena, verdict.chain);
			boxing->decode->jumps_behind_fork = true;
			if (!verdict.chain)
				return -ENOMEM;
		}
		given = &verdict;
	}
	return status < 0 ? status : add_product(boxing, given);
}

/* Adds all elements that are asked for. */
static int add_elements(struct boxing *boxing)
{
	const struct box_request *request = boxing->request;
	size_t end = request->end ? request->end : request->set->elements.n;
	int status = 0;

	for (size_t i = request->first; i < end && status == 0; i++)
		if (!request->pick ||
		    request->pick(&request->set->elements.items[i], request->group))
			status = add_element(boxing, &request->set->elements.items[i]);
	for (unsigned i = 0; i < boxing->n; i++)
		vec_done(&boxing->pieces[i]);
	return status;
}

int decode_boxes(struct decode *decode, const struct box_request *request, bool *ret_exact,
                 struct step **ret_step)
{
	struct boxing boxing = {.decode = decode, .request = request};
	const struct parts *parts = request->parts;
	int status;

	*ret_exact = !parts->opaque;
	*ret_step = NULL;
	for (unsigned i = 0; i < parts->n; i++) {
		if (!part_operand(&parts->items[i], &boxing.operands[boxing.n]))
			continue;
		boxing.parts[boxing.n++] = &parts->items[i];
	}
	if (boxing.n == 0) {
		*ret_exact = false;
		return 0;
	}
	boxing.step =
	    decode_match_fields(decode, request->kind, request->negated, boxing.n, boxing.operands);
	if (!boxing.step)
		return -ENOMEM;
	status = add_elements(&boxing);
	if (status == -EOPNOTSUPP) {
		vec_done(&boxing.step->boxes);
		vec_done(&boxing.step->verdicts);
		decode->path->rule.steps.n--;
		*ret_exact = false;
		return 0;
	}
	if (status < 0)
		return status;
	if (request->kind == STEP_MATCH)
		decode_learn(decode, boxing.step);
	if (boxing.step->boxes.n == 0 && !request->negated)
		decode_never(decode);
	*ret_step = boxing.step;
	return 0;
}

/* All elements but the one for all others. */
static bool pick_listed(const struct kernel_element *element, uint32_t group)
{
	(void)group;
	return !element->catchall;
}

/* Elements of a group. */
static bool pick_group(const struct kernel_element *element, uint32_t group)
{
	return !element->catchall && element->data_group == group;
}

/* Whether a set has an element for all others. */
static bool has_catchall(const struct kernel_set *set)
{
	return set->elements.n > 0 && set->elements.items[set->elements.n - 1].catchall;
}

/* In the set as it is listed: exactly, or where it cannot be told, maybe. */
static int in_listed(struct decode *decode, const struct box_request *request, bool sure)
{
	struct step *step;
	bool exact;
	int status = decode_boxes(decode, request, &exact, &step);

	if (status < 0 || decode->path->dead || (exact && sure))
		return status;
	return decode_unknown(decode, sure && !request->parts->own);
}

int decode_in_set(struct decode *decode, const struct kernel_set *set, const struct parts *parts,
                  bool negated)
{
	struct box_request request = {
	    .set = set, .parts = parts, .kind = STEP_MATCH, .pick = pick_listed};
	bool unsure = parts->opaque || set->deleted_from;
	struct fork fork;
	int status;

	if (has_catchall(set)) {
		if (negated)
			decode_never(decode);
		return 0;
	}
	if (!unsure && !(set->added_to && !negated)) {
		request.negated = negated;
		status = in_listed(decode, &request, !set->added_to);
		return status;
	}
	if (!set->added_to && !negated)
		return in_listed(decode, &request, !set->deleted_from);
	/* Listed, or not: two outcomes, of which one or both are not sure. */
	status = decode_fork_begin(decode, &fork);
	if (status < 0)
		return status;
	if (!negated || unsure)
		status = in_listed(decode, &request, !set->deleted_from && !negated);
	if (decode_fork_end(decode, &fork) < 0)
		return -ENOMEM;
	request.negated = true;
	if (status == 0 && parts->opaque && !negated)
		return decode_unknown(decode, false);
	if (status == 0)
		status = in_listed(decode, &request, negated && !set->added_to && !parts->opaque);
	return status;
}

/* A verdict map of keys that are no fields: an unknown for each element. */
static int map_of_unknowns(struct decode *decode, const struct kernel_set *set,
                           const struct parts *parts)
{
	int status = 0;

	for (size_t i = 0; i < set->elements.n && status == 0; i++) {
		const struct kernel_element *element = &set->elements.items[i];
		struct box_request request = {.set = set,
		                              .parts = parts,
		                              .kind = STEP_MATCH,
		                              .pick = pick_group,
		                              .group = element->data_group};
		struct verdict verdict;
		struct step *step;
		struct fork fork;
		bool exact;

		if (element->data_group != i && !element->catchall)
			continue;
		if (!verdict_of_data(element->data, &verdict))
			return error_set(decode->kernel->ret_error, EBADMSG,
			                 "an element of set %s has no verdict", set->name);
		status = decode_fork_begin(decode, &fork);
		if (status < 0)
			return status;
		if (!element->catchall)
			status = decode_boxes(decode, &request, &exact, &step);
		if (status == 0 && !decode->path->dead)
			status = decode_unknown(decode, false);
		if (status == 0 && !decode->path->dead)
			status = decode_verdict(decode, verdict.kind, verdict.chain);
		if (decode_fork_end(decode, &fork) < 0)
			return -ENOMEM;
	}
	decode_never(decode);
	return status;
}

/* A verdict map: a hit ends the rule, or goes on with it. */
static int lookup_verdict(struct decode *decode, const struct kernel_set *set,
                          const struct parts *parts)
{
	struct box_request request = {.set = set, .parts = parts, .kind = STEP_VERDICT_MAP};
	struct step *step = NULL;
	bool exact = false;
	int status = 0;

	if (!parts->opaque && !set->added_to && !set->deleted_from)
		status = decode_boxes(decode, &request, &exact, &step);
	if (status < 0 || exact)
		return status;
	return map_of_unknowns(decode, set, parts);
}

/* Puts what a map gives into a register. */
static int load_data(struct decode *decode, uint32_t reg, const struct kernel_set *set,
                     struct span nest)
{
	struct span data = attr_data(nest);
	struct load load = {.kind = LOAD_CONSTANT, .len = (uint8_t)data.len};

	if (!data.data || data.len == 0 || data.len > KERNEL_BYTES)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "an element of map %s has no value", set->name);
	memcpy(load.bytes, data.data, data.len);
	return register_load(decode, reg, &load);
}

/* One outcome of a map: what its elements with the same data give. */
static int map_outcome(struct decode *decode, const struct kernel_set *set,
                       const struct parts *parts, uint32_t reg,
                       const struct kernel_element *element)
{
	struct box_request request = {.set = set,
	                              .parts = parts,
	                              .kind = STEP_MATCH,
	                              .negated = element->catchall,
	                              .pick = element->catchall ? pick_listed : pick_group,
	                              .group = element->data_group};
	bool unsure = set->added_to || set->deleted_from;
	int status = 0;

	if (set->elements.n > KERNEL_GROUPED_MAX && !element->catchall) {
		request.first = (size_t)(element - set->elements.items);
		request.end = request.first + 1;
	}
	if (set->elements.n > 1 || !element->catchall)
		status = in_listed(decode, &request, !unsure && !parts->own && !parts->opaque);
	return status < 0 || decode->path->dead ? status
	                                        : load_data(decode, reg, set, element->data);
}

/* Notes which fields outcomes are told apart by. */
static void note_fork(struct decode *decode, const struct parts *parts)
{
	struct operand_field operand;

	for (unsigned i = 0; i < parts->n; i++)
		if (part_operand(&parts->items[i], &operand))
			decode->fork_fields |= 1u << operand.field;
}

/* A map of values: an outcome for each. */
static int lookup_data(struct decode *decode, const struct kernel_set *set,
                       const struct parts *parts, uint32_t reg)
{
	enum { MANY = 256 };
	struct load load = {.kind = LOAD_OPAQUE, .len = (uint8_t)set->data_len, .may_break = true};
	int status = 0;

	/* Of what is another one each time, outcomes do not exclude each other. */
	if (decode->no_forks || set->added_to || (parts->opaque && set->elements.n > MANY)) {
		load.own = true;
		return set->data_len && set->data_len <= KERNEL_BYTES
		           ? register_load(decode, reg, &load)
		           : error_set(decode->kernel->ret_error, EBADMSG,
		                       "map %s has values of %u bytes", set->name, set->data_len);
	}
	note_fork(decode, parts);
	for (size_t i = 0; i < set->elements.n && status == 0; i++) {
		const struct kernel_element *element = &set->elements.items[i];
		struct fork fork;

		if (element->data_group != i && !element->catchall)
			continue;
		status = decode_fork_begin(decode, &fork);
		if (status < 0)
			return status;
		status = map_outcome(decode, set, parts, reg, element);
		if (decode_fork_end(decode, &fork) < 0)
			return -ENOMEM;
	}
	decode_never(decode);
	return status;
}

int decode_lookup(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const char *name = attr_string(attr[NFTA_LOOKUP_SET]);
	uint32_t to = attr_u32(attr[NFTA_LOOKUP_DREG], NFT_REG_VERDICT);
	const struct kernel_set *set;
	struct parts parts;
	int status;

	if (!name)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a lookup expression of table %s has no set", decode->table);
	set = kernel_set_find(decode->kernel, decode->family, decode->table, name, &status);
	if (!set)
		return status;
	parts_read(decode, attr_u32(attr[NFTA_LOOKUP_SREG], 0), set->key_len, &parts);
	if (!attr[NFTA_LOOKUP_DREG].data)
		return decode_in_set(decode, set, &parts,
		                     attr_u32(attr[NFTA_LOOKUP_FLAGS], 0) & NFT_LOOKUP_F_INV);
	if (to == NFT_REG_VERDICT)
		return lookup_verdict(decode, set, &parts);
	return lookup_data(decode, set, &parts, to);
}
