/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements that change fields, and translations. */
#include "rules/nft/build.h"

#include <linux/netfilter.h>
#include <string.h>

/* Whether a field can be set in the form. */
static bool can_set(const struct nft_field *field)
{
	return field->field != FIELDS && field->how == HOW_PLAIN;
}

/* field = (field & ~mask) ^ value */
static int build_assign(struct build *build, enum field field, field_value mask, field_value value)
{
	struct step *step = build_step(build, STEP_ASSIGN);

	const unsigned bits = field_bits(field);
	const field_value ones = bits >= 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1;

	if (!step)
		return -ENOMEM;
	step->field = field;
	step->mask = mask & ones;
	step->value = value & ones;
	return 0;
}

/* The field becomes something that the form cannot tell. */
static int build_forget(struct build *build, const struct nft_statement *statement)
{
	const char *words = build_words(build, statement);
	struct step *step = words ? build_step(build, STEP_FORGET) : NULL;

	if (!step)
		return -ENOMEM;
	step->field = statement->left->field->field;
	step->mask = nft_type_ones(statement->left->field->type);
	step->text = words;
	return 0;
}

/* Sets the field to what a map has for an element. */
static int set_element(struct build *build, const struct nft_statement *statement,
                       const struct nft_set *set, size_t element)
{
	const struct nft_field *field = statement->left->field;
	const struct interval *value;

	if (element >= set->n || set->data.n < (element + 1) * set->n_data)
		return build_forget(build, statement);
	value = &set->data.items[element * set->n_data];
	if (value->first != value->last)
		return build_forget(build, statement);
	return build_assign(build, field->field, nft_type_ones(field->type), value->first);
}

/* Whether an expression loads a field of the form. */
static bool loads(const struct nft_node *node, enum field field)
{
	if (node->kind == NFT_FIELD)
		return node->field->field == field;
	for (const struct nft_node *child = node->child; child; child = child->next)
		if (loads(child, field))
			return true;
	return false;
}

/* Whether loading an expression may fail by something that the form does not have. */
static bool may_fail(const struct nft_node *node)
{
	static const char *const sure[] = {"numgen", "jhash", "symhash", "meta"};

	if (node->kind == NFT_MAP)
		return true;
	if (node->kind == NFT_FIELD && node->field->field == FIELDS) {
		for (size_t i = 0; i < sizeof(sure) / sizeof(*sure); i++)
			if (strcmp(node->field->group, sure[i]) == 0)
				return false;
		return true;
	}
	for (const struct nft_node *child = node->child; child; child = child->next)
		if (may_fail(child))
			return true;
	return false;
}

/* Sets a field to another, or to itself, with constants applied. */
static int build_copy(struct build *build, const struct nft_statement *statement)
{
	const struct nft_field *field = statement->left->field;
	const field_value ones = nft_type_ones(field->type);
	struct nft_operands from = {0};
	struct step *step;
	int status = operands_read(build, statement->right, &from);

	if (status == 0)
		status = build_needs(build, statement->right);
	if (status == 0 && from.opaque && may_fail(statement->right))
		status = build_unknown(build, false, build_words(build, statement));
	if (status < 0)
		return status;
	if (from.n != 1 || from.opaque || from.items[0].field->how != HOW_PLAIN ||
	    field_bits(from.items[0].field->field) > field_bits(field->field))
		return build_forget(build, statement);
	if (from.items[0].field->field == field->field)
		return build_assign(build, field->field, ones & ~from.items[0].mask,
		                    from.items[0].flip);
	step = build_step(build, STEP_COPY);
	if (!step)
		return -ENOMEM;
	step->field = field->field;
	step->from = from.items[0].field->field;
	step->mask = ones;
	step->value = from.items[0].mask;
	return from.items[0].flip ? build_assign(build, field->field, 0, from.items[0].flip) : 0;
}

/* Whether an expression has a field somewhere: then it is no constant. */
static bool has_field(const struct nft_node *node)
{
	if (node->kind == NFT_FIELD || node->kind == NFT_MAP)
		return true;
	for (const struct nft_node *child = node->child; child; child = child->next)
		if (has_field(child))
			return true;
	return false;
}

int build_set_field(struct build *build, const struct nft_statement *statement)
{
	const struct nft_field *field = statement->left->field;
	const struct nft_node *right = statement->right;
	const uint8_t type = field->type;
	struct interval value = {0};
	int status = 0;

	/* Keys of ct are set where there is a flow, and else the rule goes on. */
	if (!(field->needs & NEED_FLOW))
		status = build_needs(build, statement->left);
	if (status < 0)
		return status;
	if (field->field == FIELDS) {
		status = build_needs(build, right);
		return status < 0 ? status : build_effect(build, build_words(build, statement));
	}
	if (!can_set(field))
		return build_forget(build, statement);
	if (right->kind == NFT_MAP && !loads(right->child, field->field))
		return build_map(build, statement, right->child, right->last, &type, 1,
		                 set_element);
	if (right->kind == NFT_MAP) {
		status = build_member(build, statement, right->child, right->last, &type, 1);
		return status != 0 ? status : build_forget(build, statement);
	}
	if (has_field(right))
		return build_copy(build, statement);
	status = nft_value(build->nft, type, right, &value);
	if (status == -EOPNOTSUPP || (status == 0 && value.first != value.last))
		return build_forget(build, statement);
	return status < 0 ? status
	                  : build_assign(build, field->field, nft_type_ones(type), value.first);
}

/* The type of the addresses that a translation is to. */
static enum nft_type address_type(const struct build *build, const struct nft_statement *statement)
{
	const uint8_t family = statement->family ? statement->family : build->known.family;

	return family == NFPROTO_IPV4   ? TYPE_IPV4
	       : family == NFPROTO_IPV6 ? TYPE_IPV6
	                                : TYPE_ADDRESS;
}

/* Adds the translation to an address and to ports, NULL where it has none. */
static int add_nat(struct build *build, const struct nft_statement *statement,
                   const struct interval *address, const struct interval *ports)
{
	struct step *step = build_step(build, STEP_NAT);

	if (!step)
		return -ENOMEM;
	step->nat = statement->prefix ? NAT_NETMAP : statement->nat;
	step->nat_address = address;
	step->nat_port = ports;
	if (address)
		step->addresses = *address;
	if (ports)
		step->ports = *ports;
	return 0;
}

/* One part of a translation as an interval; a value that cannot be told is any. */
static int nat_part(struct build *build, enum nft_type type, const struct nft_node *node,
                    struct interval *ret)
{
	int status;

	if (has_field(node)) {
		*ret = (struct interval){0, nft_type_ones(type)};
		return build_needs(build, node);
	}
	status = nft_value(build->nft, type, node, ret);
	return status == -EOPNOTSUPP
	           ? nft_wrong(build->nft, node->at, "expected %s", nft_type_wanted(type))
	           : status;
}

/* The translation that a map's element asks for. */
static int nat_element(struct build *build, const struct nft_statement *statement,
                       const struct nft_set *set, size_t element)
{
	const bool to_port = !statement->left || statement->left->kind != NFT_MAP;
	struct interval any_address = {0, nft_type_ones(address_type(build, statement))};
	struct interval any_port = {0, UINT16_MAX}, part = {0, 0}, *address = NULL, *port = NULL;
	int status;

	if (element < set->n && set->data.n >= (element + 1) * set->n_data) {
		struct interval *data = &set->data.items[element * set->n_data];

		address = to_port ? NULL : data;
		port = to_port ? data : set->n_data > 1 ? data + 1 : NULL;
	} else {
		address = to_port ? NULL : &any_address;
		port = to_port || set->n_data > 1 ? &any_port : NULL;
	}
	if (to_port && statement->left) {
		status = nat_part(build, address_type(build, statement), statement->left, &part);
		address = &part;
	} else if (!to_port && statement->port) {
		status = nat_part(build, TYPE_PORT, statement->port, &part);
		port = &part;
	} else {
		status = 0;
	}
	return status < 0 ? status : add_nat(build, statement, address, port);
}

/* How many values a map of translations has for each key: an address, or a port with it. */
static unsigned data_parts(const struct nft_node *set)
{
	const struct nft_node *element = set->kind == NFT_SET ? set->child : NULL;

	while (element && element->kind == NFT_SET)
		element = element->child;
	return element && element->kind == NFT_ELEMENT && element->last->kind == NFT_CONCAT ? 2 : 1;
}

int build_nat(struct build *build, const struct nft_statement *statement)
{
	const enum nft_type type = address_type(build, statement);
	const uint8_t types[] = {(uint8_t)type, TYPE_PORT}, port_type[] = {TYPE_PORT};
	const struct nft_node *left = statement->left, *port = statement->port;
	struct interval address = {0}, ports = {0};
	int status = statement->family ? build_family(build, statement->family) : 0;

	if (status == 0 && statement->nat == NAT_TPROXY)
		status = build_unknown(build, true, "tproxy: a socket takes it");
	if (status < 0)
		return status;
	if (left && left->kind == NFT_MAP)
		return build_map(build, statement, left->child, left->last, types,
		                 data_parts(left->last), nat_element);
	if (port && port->kind == NFT_MAP)
		return build_map(build, statement, port->child, port->last, port_type, 1,
		                 nat_element);
	if (left)
		status = nat_part(build, type, left, &address);
	if (status == 0 && port)
		status = nat_part(build, TYPE_PORT, port, &ports);
	return status < 0 ? status
	                  : add_nat(build, statement, left ? &address : NULL, port ? &ports : NULL);
}
