/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparisons of nft as boxes of the form.
 *
 * Most fields are the form's own, or lie in a byte of one. Some of nft's have values that the form
 * numbers otherwise (a state is a bit, the family an EtherType): each value that there is is looked
 * at, so any comparison of them can be said.
 */
#include "rules/nft/build.h"

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <string.h>

/* A value of nft's, and what the form has for it. */
struct said {
	field_value theirs, ours;
};

static const struct said states[] = {
    {1, STATE_INVALID}, {2, STATE_ESTABLISHED}, {4, STATE_RELATED},
    {8, STATE_NEW},     {64, STATE_UNTRACKED},
};
static const struct said families[] = {
    {NFPROTO_IPV4, NFPROTO_IPV4},
    {NFPROTO_IPV6, NFPROTO_IPV6},
};
static const struct said ether_types[] = {
    {ETH_P_IP, NFPROTO_IPV4},
    {ETH_P_IPV6, NFPROTO_IPV6},
};

/* The values of a field that is said by a list; their number, or 0 for other fields. */
static unsigned said_values(enum nft_how how, const struct said **ret_values)
{
	switch (how) {
	case HOW_STATE:
		*ret_values = states;
		return sizeof(states) / sizeof(*states);
	case HOW_FAMILY:
		*ret_values = families;
		return sizeof(families) / sizeof(*families);
	case HOW_ETHER_TYPE:
		*ret_values = ether_types;
		return sizeof(ether_types) / sizeof(*ether_types);
	default:
		return 0;
	}
}

/* What an interval of nft's values is in the form: up to 5 intervals. */
struct pieces {
	struct interval items[5];
	unsigned n;
};

/* All ones in a field of the form. */
static field_value field_ones(enum field field)
{
	const unsigned bits = field_bits(field);

	return bits >= 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1;
}

/* Of a field whose values are listed: those that lie in the interval. */
static void listed_pieces(const struct nft_operand *operand, const struct said *values, unsigned n,
                          struct interval value, struct pieces *pieces)
{
	for (unsigned i = 0; i < n; i++) {
		const field_value seen = (values[i].theirs & operand->mask) ^ operand->flip;

		if (seen < value.first || seen > value.last)
			continue;
		if (pieces->n > 0 && pieces->items[pieces->n - 1].last + 1 == values[i].ours)
			pieces->items[pieces->n - 1].last++;
		else
			pieces->items[pieces->n++] =
			    (struct interval){values[i].ours, values[i].ours};
	}
}

/* Of the fragment's offset only 0 and not 0 can be told apart. */
static int offset_pieces(const struct nft_operand *operand, struct interval value,
                         struct pieces *pieces)
{
	enum { OFFSET = 0x1fff };
	const bool all = value.first <= 1 && value.last >= OFFSET;

	if (operand->mask != OFFSET || operand->flip)
		return -EOPNOTSUPP;
	if (!all && value.last > 0 && value.first <= OFFSET)
		return -EOPNOTSUPP;
	if (value.first == 0)
		pieces->items[pieces->n++] = (struct interval){0, 0};
	if (all)
		pieces->items[pieces->n++] = (struct interval){1, 1};
	return 0;
}

/* What an interval of nft's values is in the form. 0 or -EOPNOTSUPP. */
static int say(const struct nft_operand *operand, struct interval value, struct pieces *pieces)
{
	enum { IPV6_HEADER = 40 };
	const struct nft_field *field = operand->field;
	const field_value ones = field_ones(field->field);
	const struct said *values;
	const unsigned n = said_values(field->how, &values);

	pieces->n = 0;
	if (n > 0) {
		listed_pieces(operand, values, n, value, pieces);
		return 0;
	}
	if (field->how == HOW_OFFSET)
		return offset_pieces(operand, value, pieces);
	if (operand->flip) {
		if (value.first != value.last)
			return -EOPNOTSUPP;
		value.first = value.last = value.first ^ operand->flip;
	}
	if (field->how == HOW_HIGH) {
		if (value.first > UINT8_MAX)
			return 0;
		value.first <<= 8;
		value.last = (value.last > UINT8_MAX ? UINT8_MAX : value.last) << 8 |
		             (operand->mask >= UINT8_MAX ? UINT8_MAX : 0);
	} else if (field->how == HOW_PAYLOAD) {
		if (operand->mask < UINT16_MAX)
			return -EOPNOTSUPP;
		if (value.first > UINT16_MAX)
			return 0;
		value.first += IPV6_HEADER;
		value.last = (value.last > UINT16_MAX ? UINT16_MAX : value.last) + IPV6_HEADER;
	}
	if (value.first > ones)
		return 0;
	if (value.last > ones)
		value.last = ones;
	pieces->items[pieces->n++] = value;
	return 0;
}

/* The fields of a step; one whole field is shared by all. NULL without memory. */
static const struct operand_field *operand_fields(struct build *build,
                                                  const struct nft_operands *operands)
{
	struct operand_field *fields;

	if (operands->n == 1 && operands->items[0].field->how != HOW_LOW &&
	    operands->items[0].mask == nft_type_ones(operands->items[0].field->type))
		return field_whole(operands->items[0].field->field);
	fields = arena_alloc(&build->nft->ruleset->arena, operands->n * sizeof(*fields));
	if (!fields)
		return NULL;
	for (unsigned i = 0; i < operands->n; i++) {
		const struct nft_operand *operand = &operands->items[i];
		const struct said *values;
		const bool whole = operand->mask == nft_type_ones(operand->field->type);
		field_value mask = whole ? ~(field_value)0 : operand->mask;

		if (operand->field->how == HOW_LOW)
			mask &= UINT8_MAX;
		else if (operand->field->how == HOW_HIGH && !whole)
			mask = (mask & UINT8_MAX) << 8;
		else if (operand->field->how == HOW_OFFSET || operand->field->how == HOW_PAYLOAD ||
		         said_values(operand->field->how, &values) > 0)
			mask = ~(field_value)0;
		fields[i] = (struct operand_field){operand->field->field, mask};
	}
	return fields;
}

/* Adds a box for each combination of the pieces of one element. */
static int add_product(struct build *build, struct step *step, const struct pieces *pieces,
                       unsigned n, const struct verdict *verdict)
{
	unsigned at[NFT_DIMENSIONS] = {0};

	for (unsigned i = 0; i < n; i++)
		if (pieces[i].n == 0)
			return 0;
	for (;;) {
		unsigned i;

		if ((build->nft->n_boxes += n) > NFT_BOXES_MAX)
			return nft_too_many(build->nft, build->nft->start, NFT_BOXES_MAX,
			                    "values of sets in rules");
		for (i = 0; i < n; i++)
			if (step_add_interval(step, pieces[i].items[at[i]].first,
			                      pieces[i].items[at[i]].last) < 0)
				return nft_no_memory(build->nft);
		if (verdict) {
			struct verdict *added = vec_push(&step->verdicts);

			if (!added)
				return nft_no_memory(build->nft);
			*added = *verdict;
		}
		for (i = 0; i < n && ++at[i] == pieces[i].n; i++)
			at[i] = 0;
		if (i == n)
			return 0;
	}
}

/* Adds the boxes of elements. 0, -EOPNOTSUPP or another negative errno. */
static int add_elements(struct build *build, const struct nft_operands *operands,
                        const struct nft_set *set, size_t first, size_t n, bool verdicts,
                        struct step *step)
{
	for (size_t k = first; k < first + n; k++) {
		struct pieces pieces[NFT_DIMENSIONS];
		int status = 0;

		for (unsigned i = 0; i < operands->n && status == 0; i++)
			status = say(&operands->items[i], set->keys.items[k * set->n_types + i],
			             &pieces[i]);
		if (status == 0)
			status = add_product(build, step, pieces, operands->n,
			                     verdicts ? &set->verdicts.items[k] : NULL);
		if (status < 0)
			return status;
	}
	return 0;
}

int build_boxes(struct build *build, const struct nft_operands *operands, const struct nft_set *set,
                size_t first, size_t n, bool negated, bool verdicts, struct step **ret_step)
{
	const struct operand_field *fields;
	struct step *step;
	int status;

	*ret_step = NULL;
	if (operands->opaque || set->opaque || operands->n != set->n_types)
		return 0;
	step = build_step(build, verdicts ? STEP_VERDICT_MAP : STEP_MATCH);
	fields = step ? operand_fields(build, operands) : NULL;
	if (!fields)
		return nft_no_memory(build->nft);
	step->fields = fields;
	step->n_fields = (uint8_t)operands->n;
	step->negated = negated;
	status = add_elements(build, operands, set, first, n, verdicts, step);
	if (status == -EOPNOTSUPP) {
		vec_done(&step->boxes);
		vec_done(&step->verdicts);
		build->steps.n--;
		return 0;
	}
	if (status == 0)
		*ret_step = step;
	return status;
}

/* Turns the match of listed values into one of those that it holds for. */
static void say_plainly(const struct nft_operand *operand, struct step *step)
{
	const struct said *values;
	const unsigned n = said_values(operand->field->how, &values);
	struct interval kept[5];
	unsigned n_kept = 0;

	if (n == 0 || !step->negated)
		return;
	for (unsigned i = 0; i < n; i++) {
		bool in = false;

		for (size_t k = 0; k < step->boxes.n; k++)
			in = in || (values[i].ours >= step->boxes.items[k].first &&
			            values[i].ours <= step->boxes.items[k].last);
		if (in)
			continue;
		if (n_kept > 0 && kept[n_kept - 1].last + 1 == values[i].ours)
			kept[n_kept - 1].last++;
		else
			kept[n_kept++] = (struct interval){values[i].ours, values[i].ours};
	}
	step->negated = false;
	step->boxes.n = 0;
	for (unsigned i = 0; i < n_kept; i++)
		if (step_add_interval(step, kept[i].first, kept[i].last) < 0)
			step->negated = true; /* without memory nothing else works either */
}

/* The values that an ordering sign stands for. */
static struct interval ordered(enum nft_op op, field_value value, field_value ones)
{
	switch (op) {
	case OP_LT:
		return value == 0 ? (struct interval){1, 0} : (struct interval){0, value - 1};
	case OP_GT:
		return value >= ones ? (struct interval){1, 0} : (struct interval){value + 1, ones};
	case OP_LE:
		return (struct interval){0, value};
	default:
		return (struct interval){value, ones};
	}
}

/*
 * Puts a comparison that is not with a set into the terms of one with a set of one value.
 * operand: of a test of bits, its mask becomes those.
 */
static int single_value(struct build *build, const struct nft_statement *statement,
                        struct nft_operands *operands, struct nft_set *set, bool *negated)
{
	struct nft_operand *operand = &operands->items[0];
	const enum nft_type type = operand->field->type;
	struct interval *value = &set->keys.items[0];
	const bool bits = nft_type_is_flags(type) && statement->left->kind == NFT_FIELD &&
	                  (statement->op == OP_NONE || statement->op == OP_NOT);

	if (operands->n > 1 || operands->opaque || set->opaque) {
		if (statement->op > OP_NE && statement->op != OP_NOT && !operands->opaque)
			return nft_wrong(build->nft, statement->at, "expected one field, == or !=");
		return 0;
	}
	if (bits) {
		operand->mask &= value->first;
		*value = (struct interval){0, 0};
		*negated = statement->op == OP_NONE;
	} else if (statement->op > OP_NE && statement->op != OP_NOT) {
		*value = ordered(statement->op, value->first, nft_type_ones(type));
		if (value->first > value->last)
			set->n = 0;
	}
	return 0;
}

/* Notes what a comparison that holds says of the packet from there on. */
static void learn(struct build *build, const struct nft_operands *operands, const struct step *step)
{
	static const uint8_t with_ports[] = {6, 17, 33, 132, 136};
	const struct operand_field *field = &step->fields[0];
	const struct interval *box = step->boxes.items;
	bool ports = step->boxes.n > 0;

	if (operands->n != 1 || step->negated || field->mask != ~(field_value)0)
		return;
	if (field->field == FIELD_FAMILY && step->boxes.n == 1 && box->first == box->last &&
	    !build->known.family)
		build->known.family = (uint8_t)box->first;
	if (field->field != FIELD_PROTOCOL)
		return;
	if (step->boxes.n == 1 && box->first == box->last && !build->known.protocol)
		build->known.protocol = (uint8_t)box->first;
	for (size_t i = 0; i < step->boxes.n; i++)
		ports = ports && step->boxes.items[i].first == step->boxes.items[i].last &&
		        memchr(with_ports, (int)step->boxes.items[i].first, sizeof(with_ports));
	build->known.ports = build->known.ports || ports;
}

/* The packet's value is listed, or it may have been added since: two outcomes. */
static int build_grown(struct build *build, const struct nft_statement *statement,
                       const struct nft_operands *operands, const struct nft_set *set)
{
	const char *words = build_words(build, statement);
	struct step *step;
	struct fork fork = {0};
	int status = words ? fork_begin(build, &fork, statement->at) : -ENOMEM;

	if (status < 0)
		return status;
	if (set->n > 0) {
		status = build_boxes(build, operands, set, 0, set->n, false, false, &step);
		if (status == 0 && set->deleted_from)
			status = build_unknown(build, false, words);
		if (status == 0)
			status = fork_outcome(build, &fork);
		if (status == 0)
			status = build_boxes(build, operands, set, 0, set->n, true, false, &step);
	}
	if (status == 0 && set->added_to) {
		status = build_unknown(build, false, words);
		if (status == 0)
			status = fork_outcome(build, &fork);
	}
	return status < 0 ? status : fork_end(build, &fork);
}

/* Builds a comparison with a set whose elements are known. */
static int build_lookup(struct build *build, const struct nft_statement *statement,
                        const struct nft_operands *operands, const struct nft_set *set,
                        bool negated)
{
	const bool sure = !set->added_to && !set->deleted_from;
	struct step *step;
	int status;

	if (!sure && !negated && !operands->opaque && !set->opaque)
		return build_grown(build, statement, operands, set);
	status = set->deleted_from && negated
	             ? (step = NULL, 0)
	             : build_boxes(build, operands, set, 0, set->n, negated, false, &step);
	if (status < 0)
		return status;
	if (step && operands->n == 1)
		say_plainly(&operands->items[0], step);
	if (step)
		learn(build, operands, step);
	if (step && sure)
		return 0;
	return build_unknown(build, !operands->own && sure, build_words(build, statement));
}

/* A link-layer header that is not there: what is not equal, or no address, does not hold then. */
static int build_link(struct build *build, const struct nft_operands *operands, bool negated)
{
	if (build->family == NFPROTO_BRIDGE || build->family == NFPROTO_NETDEV)
		return 0;
	for (unsigned i = 0; i < operands->n; i++) {
		const struct nft_field *field = operands->items[i].field;

		if (field->needs & NEED_ETHER && (negated || field->how == HOW_ETHER_TYPE))
			return build_unknown(build, true, "meta iiftype ether");
	}
	return 0;
}

int build_comparison(struct build *build, const struct nft_statement *statement)
{
	struct nft_operands operands = {0};
	struct nft_set scratch = {0};
	const struct nft_set *set;
	bool negated = statement->op == OP_NE;
	int status = operands_read(build, statement->left, &operands);

	if (status == 0)
		status = operands_set(build, &operands, statement->right, NULL, 0, &scratch, &set);
	if (status == 0)
		status = operands_ports(build, &operands, set, statement->at);
	if (status == 0)
		status = build_needs(build, statement->left);
	if (status == 0 && statement->right->kind != NFT_SET && set == &scratch)
		status = single_value(build, statement, &operands, &scratch, &negated);
	if (status == 0)
		status = build_link(build, &operands, negated);
	if (status == 0)
		status = build_lookup(build, statement, &operands, set, negated);
	nft_set_done(&scratch);
	return status;
}

int build_member(struct build *build, const struct nft_statement *statement,
                 const struct nft_node *key, const struct nft_node *map, const uint8_t *data,
                 unsigned n_data)
{
	struct nft_operands operands = {0};
	struct nft_set scratch = {0};
	const struct nft_set *set;
	int status = operands_read(build, key, &operands);

	if (status == 0)
		status = operands_set(build, &operands, map, data, n_data, &scratch, &set);
	if (status == 0)
		status = operands_ports(build, &operands, set, statement->at);
	if (status == 0)
		status = build_needs(build, key);
	if (status == 0 && (set->added_to || set->deleted_from))
		status = build_unknown(build, false, build_words(build, statement));
	else if (status == 0 && !set->any)
		status = build_lookup(build, statement, &operands, set, false);
	nft_set_done(&scratch);
	return status;
}

int build_object(struct build *build, const struct nft_statement *statement)
{
	static const uint8_t any[] = {TYPE_ANY};
	int status = 0;

	if (statement->left)
		status = build_member(build, statement, statement->left, statement->right, any, 1);
	if (status != 0)
		return status;
	return statement->own ? build_unknown(build, false, statement->text)
	                      : build_effect(build, statement->text);
}
