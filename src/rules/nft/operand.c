/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two sides of a comparison: the fields on its left, the set on its right. */
#include "rules/nft/build.h"

#include <linux/netfilter.h>
#include <string.h>

/* Protocols whose headers begin with ports. */
static const uint8_t with_ports[] = {6, 17, 33, 132, 136};

/* Takes a constant into what is done with a field. -EOPNOTSUPP for shifts. */
static int operand_change(struct nft_operand *operand, enum nft_op op, field_value with)
{
	switch (op) {
	case OP_AND:
		operand->mask &= with;
		operand->flip &= with;
		return 0;
	case OP_OR:
		operand->mask &= ~with;
		operand->flip |= with;
		return 0;
	case OP_XOR:
		operand->flip ^= with;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* A field as it stands. */
static void field_read(struct build *build, const struct nft_node *node,
                       struct nft_operand *operand, bool *own)
{
	const struct known *known = &build->known;
	const struct nft_field *field = node->field;
	const struct nft_field *raw =
	    field->group[0] == '@' && node->word.len > 0
	        ? nft_field_raw(node->word, known->family, known->protocol)
	        : NULL;

	if (raw)
		field = raw;
	*operand = (struct nft_operand){.field = field, .mask = nft_type_ones(field->type)};
	operand->opaque = field->field == FIELDS;
	if (field->needs & NEED_PORTS && (known->no_ports || (known->protocol && !known->ports)))
		operand->opaque = true;
	if (field->needs & NEED_FIXED &&
	    (build->family == NFPROTO_BRIDGE || build->family == NFPROTO_NETDEV)) {
		operand->mask = 0;
		operand->flip = build->family;
	}
	*own = *own || (field->needs & NEED_OWN && !(field->needs & NEED_FIXED));
}

/* A field, or one that constants are applied to. */
static int operand_read(struct build *build, const struct nft_node *node,
                        struct nft_operand *operand, bool *own)
{
	struct interval with = {0};
	int status;

	switch ((enum nft_kind)node->kind) {
	case NFT_FIELD:
		field_read(build, node, operand, own);
		return 0;
	case NFT_BINARY:
		status = operand_read(build, node->child, operand, own);
		if (status < 0 || operand->opaque)
			return status;
		status = nft_value(build->nft, operand->field->type, node->last, &with);
		if (status == 0)
			status = operand_change(operand, node->op, with.first);
		if (status != -EOPNOTSUPP)
			return status;
		operand->opaque = true;
		return 0;
	case NFT_MAP:
		*operand = (struct nft_operand){
		    .field = nft_field_other((struct nft_slice){"numgen", 6}), .opaque = true};
		*own = true;
		return 0;
	default:
		return nft_wrong(build->nft, node->at, "expected a field of packets");
	}
}

int operands_read(struct build *build, const struct nft_node *left, struct nft_operands *ret)
{
	const struct nft_node *node = left->kind == NFT_CONCAT ? left->child : left;

	*ret = (struct nft_operands){0};
	for (; node; node = left->kind == NFT_CONCAT ? node->next : NULL) {
		int status;

		if (ret->n == NFT_DIMENSIONS)
			return nft_wrong(build->nft, node->at, "expected at most %d fields",
			                 NFT_DIMENSIONS);
		status = operand_read(build, node, &ret->items[ret->n], &ret->own);
		if (status < 0)
			return status;
		ret->opaque = ret->opaque || ret->items[ret->n].opaque;
		ret->n++;
	}
	return 0;
}

/* Whether all elements have a protocol with ports beside the port. */
static bool set_has_ports(const struct nft_operands *operands, const struct nft_set *set)
{
	for (unsigned i = 0; i < operands->n && set->n_types == operands->n; i++) {
		bool all = operands->items[i].field->field == FIELD_PROTOCOL && set->n > 0;

		for (size_t k = 0; k < set->n && all; k++) {
			const struct interval *key = &set->keys.items[k * set->n_types + i];

			all = key->first == key->last && key->first <= UINT8_MAX &&
			      memchr(with_ports, (int)key->first, sizeof(with_ports));
		}
		if (all)
			return true;
	}
	return false;
}

/* Adds the match that the protocol is (not) one with ports. */
static int build_ports(struct build *build, bool negated)
{
	struct step *step = build_step(build, STEP_MATCH);

	if (!step)
		return -ENOMEM;
	step->n_fields = 1;
	step->fields = field_whole(FIELD_PROTOCOL);
	step->negated = negated;
	for (size_t i = 0; i < sizeof(with_ports); i++)
		if (step_add_interval(step, with_ports[i], with_ports[i]) < 0)
			return nft_no_memory(build->nft);
	return 0;
}

int operands_ports(struct build *build, const struct nft_operands *operands,
                   const struct nft_set *set, const char *at)
{
	bool asks = false;
	struct fork fork = {0};
	int status;

	for (unsigned i = 0; i < operands->n; i++)
		asks = asks || operands->items[i].field->needs & NEED_PORTS;
	if (!asks || build->known.ports || build->known.no_ports || build->known.protocol ||
	    (set && set_has_ports(operands, set)))
		return 0;
	status = fork_begin(build, &fork, at);
	for (unsigned negated = 0; negated < 2 && status == 0; negated++) {
		status = build_ports(build, negated);
		build->known.ports = !negated;
		build->known.no_ports = negated;
		build->next--;
		if (status == 0)
			status = fork_outcome(build, &fork);
	}
	return status < 0 ? status : fork_end(build, &fork);
}

/* One value, as a set of one. */
static int single_set(struct build *build, const struct nft_node *right, struct nft_set *set)
{
	const struct nft_node *part = right->kind == NFT_CONCAT ? right->child : right;

	set->keys.items = calloc(NFT_DIMENSIONS, sizeof(*set->keys.items));
	if (!set->keys.items)
		return nft_no_memory(build->nft);
	set->keys.room = NFT_DIMENSIONS;
	for (unsigned i = 0; i < set->n_types; i++) {
		struct interval value = {0, 0};
		int status;

		if (!part)
			return nft_wrong(build->nft, right->at,
			                 "expected %u values joined by \" . \"", set->n_types);
		status = nft_value(build->nft, set->types[i], part, &value);
		if (status < 0 && status != -EOPNOTSUPP)
			return status;
		set->opaque = set->opaque || status < 0;
		set->keys.items[set->keys.n++] = value;
		part = right->kind == NFT_CONCAT ? part->next : NULL;
	}
	if (part)
		return nft_wrong(build->nft, part->at, "expected %u value%s, found more",
		                 set->n_types, set->n_types == 1 ? "" : "s");
	set->n = 1;
	return 0;
}

int operands_set(struct build *build, const struct nft_operands *operands,
                 const struct nft_node *right, const uint8_t *data, unsigned n_data,
                 struct nft_set *scratch, const struct nft_set **ret_set)
{
	struct nft_set *found;
	int status;

	if (right->kind == NFT_NAME) {
		found = nft_set_lookup(build->nft, build->table, right->word);
		if (!found)
			return nft_expected(build->nft, right->at, right->word,
			                    n_data ? "a map of this table" : "a set of this table");
		if (found->n_types != operands->n && !operands->opaque)
			return nft_wrong(build->nft, right->at,
			                 "expected a set of %u field%s, found one of %u",
			                 operands->n, operands->n == 1 ? "" : "s", found->n_types);
		if (n_data > 0 && found->n_data == 0)
			return nft_expected(build->nft, right->at, right->word, "a map, not a set");
		if (n_data > 0 &&
		    (data[0] == TYPE_VERDICT) != (found->data_types[0] == TYPE_VERDICT))
			return nft_expected(build->nft, right->at, right->word,
			                    data[0] == TYPE_VERDICT ? "a map of verdicts"
			                                            : "a map of values");
		*ret_set = found;
		build->nft->work += found->n;
		return build->nft->work < NFT_WORK_MAX
		           ? 0
		           : nft_too_many(build->nft, right->at, NFT_WORK_MAX,
		                          "words, those of variables and sets too");
	}
	scratch->n_types = (uint8_t)operands->n;
	scratch->n_data = (uint8_t)n_data;
	for (unsigned i = 0; i < operands->n; i++)
		scratch->types[i] =
		    operands->items[i].opaque ? TYPE_ANY : operands->items[i].field->type;
	if (n_data > 0)
		memcpy(scratch->data_types, data, n_data);
	*ret_set = scratch;
	if (right->kind == NFT_SET)
		status = nft_set_fill(build->nft, build->table, scratch, right);
	else if (n_data > 0)
		return nft_wrong(build->nft, right->at, "expected a map");
	else
		status = single_set(build, right, scratch);
	return status;
}
