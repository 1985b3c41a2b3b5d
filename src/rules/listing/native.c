/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A native nf_tables rule in the spelling of `nft list ruleset`: items and operands. */
#include "rules/listing/native.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

enum { ITEMS_MAX = 512 };

void native_init(struct native *native, const struct netview *view, uint8_t family,
                 const char *table)
{
	*native = (struct native){
	    .view = view,
	    .family = family,
	    .table = table,
	    .link = HEADER_ETHER,
	    .network = family == NFPROTO_IPV4   ? HEADER_IP
	               : family == NFPROTO_IPV6 ? HEADER_IP6
	               : family == NFPROTO_ARP  ? HEADER_ARP
	                                        : HEADER_UNKNOWN,
	    .transport = HEADER_TH,
	    .link_item = NATIVE_NO_ITEM,
	    .network_item = NATIVE_NO_ITEM,
	    .transport_item = NATIVE_NO_ITEM,
	    .lower_item = NATIVE_NO_ITEM,
	};
	native->registers.arena = &native->arena;
}

void native_done(struct native *native)
{
	arena_done(&native->arena);
	text_done(&native->text);
	vec_done(&native->items);
}

void native_begin(struct native *native)
{
	struct native_item *item = native->items.n < ITEMS_MAX ? vec_push(&native->items) : NULL;

	if (item)
		item->start = item->end = native->text.bytes.len;
	else
		native->text.failed = true;
}

int native_end(struct native *native)
{
	if (native->items.n == 0)
		return NATIVE_NO_ITEM;
	native->items.items[native->items.n - 1].end = native->text.bytes.len;
	return (int)native->items.n - 1;
}

void native_hide(struct native *native, int item)
{
	if (item >= 0 && (size_t)item < native->items.n)
		native->items.items[item].hidden = true;
}

enum header native_header(const struct native *native, const struct operand *operand)
{
	switch (operand->key) {
	case NFT_PAYLOAD_LL_HEADER:
		return native->link == HEADER_VLAN && operand->offset >= 14 ? HEADER_VLAN
		                                                            : HEADER_ETHER;
	case NFT_PAYLOAD_NETWORK_HEADER:
		return native->network;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		return native->transport;
	default:
		return HEADER_UNKNOWN;
	}
}

bool native_mask_run(struct span mask, uint32_t *ret_first, uint32_t *ret_bits)
{
	uint32_t first = 0, bits = 0;

	for (uint32_t bit = 0; bit < mask.len * 8; bit++) {
		if (!(mask.data[bit / 8] & 0x80 >> bit % 8))
			continue;
		if (bits == 0)
			first = bit;
		else if (bit != first + bits)
			return false;
		bits++;
	}
	*ret_first = first;
	*ret_bits = bits;
	return bits > 0;
}

bool native_all_zero(struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i])
			return false;
	return true;
}

const struct field *native_field(const struct native *native, const struct operand *operand)
{
	enum header header = native_header(native, operand);
	uint32_t first, bits, bit;
	const struct field *field;

	if (operand->kind != OPERAND_PAYLOAD || operand->offset > 0xffff)
		return NULL;
	bit = operand->offset * 8;
	field = field_find(header, bit, operand->len * 8);
	if (field || !operand->masked || !native_mask_run(operand->mask, &first, &bits))
		return field;
	return field_find(header, bit + first, bits);
}

const struct field *native_prefix_field(const struct native *native, const struct operand *operand)
{
	const struct field *field;

	if (operand->kind != OPERAND_PAYLOAD || operand->masked || operand->offset > 0xffff)
		return NULL;
	field = field_find(native_header(native, operand), operand->offset * 8, 0);
	if (!field || field->type->form != FORM_ADDRESS || operand->len * 8 >= field->bits)
		return NULL;
	return field;
}

/* Hides the conditions that a use of the operand implies. */
static void imply(struct native *native, const struct operand *operand)
{
	enum header header = native_header(native, operand);

	if (operand->kind != OPERAND_PAYLOAD)
		return;
	if (operand->key == NFT_PAYLOAD_LL_HEADER)
		native_hide(native, native->link_item);
	if (operand->key == NFT_PAYLOAD_NETWORK_HEADER && header != HEADER_UNKNOWN)
		native_hide(native, native->network_item);
	if (operand->key == NFT_PAYLOAD_TRANSPORT_HEADER && header != HEADER_TH)
		native_hide(native, native->transport_item);
	if (header == HEADER_ICMP || header == HEADER_ICMP6)
		native_hide(native, native->network_item);
}

const struct datatype *native_type(const struct native *native, const struct operand *operand)
{
	const struct field *field;
	const struct key_name *name;
	struct nft_set set;

	switch (operand->kind) {
	case OPERAND_PAYLOAD:
		field = native_field(native, operand);
		if (!field)
			field = native_prefix_field(native, operand);
		return field ? field->type : &type_network_integer;
	case OPERAND_META:
		name = meta_key_name(operand->key);
		return name ? name->type : &type_integer;
	case OPERAND_CT:
		name = ct_key_name(operand->key);
		return name ? name->type : &type_integer;
	case OPERAND_MAP:
		if (!nft_set_find(native->view, native->family, native->table,
		                  attr_string(operand->expr.attrs.by_type[NFTA_LOOKUP_SET]) ?: "",
		                  &set))
			return &type_integer;
		return type_by_number(set.data_type);
	case OPERAND_OTHER:
		return native_load_type(operand);
	default:
		return &type_integer;
	}
}

/* Adds the name of a payload operand. */
static void add_payload(struct native *native, const struct operand *operand)
{
	static const char *const bases[] = {
	    [NFT_PAYLOAD_LL_HEADER] = "@ll",
	    [NFT_PAYLOAD_NETWORK_HEADER] = "@nh",
	    [NFT_PAYLOAD_TRANSPORT_HEADER] = "@th",
	    [NFT_PAYLOAD_INNER_HEADER] = "@ih",
	};
	const struct field *field = native_field(native, operand);

	if (!field)
		field = native_prefix_field(native, operand);
	if (field) {
		imply(native, operand);
		text_add(&native->text, "%s", field->name);
		return;
	}
	text_add(&native->text, "%s,%u,%u",
	         operand->key < sizeof(bases) / sizeof(*bases) ? bases[operand->key] : "@?",
	         operand->offset * 8, operand->len * 8);
}

/* Adds the name of a ct operand, with the direction where it has one. */
static void add_ct(struct native *native, const struct operand *operand)
{
	const struct key_name *name = ct_key_name(operand->key);
	struct span direction = operand->expr.attrs.by_type[NFTA_CT_DIRECTION];

	text_add(&native->text, "ct ");
	if (direction.data)
		text_add(&native->text, "%s ", attr_u32(direction, 0) == 0 ? "original" : "reply");
	if (name)
		text_add(&native->text, "%s", name->name);
	else
		text_add(&native->text, "<key %u>", operand->key);
}

/* Adds "& MASK", "| BITS" or "^ BITS" of a masked operand that is no field of fewer bits. */
static void add_mask(struct native *native, const struct operand *operand)
{
	const struct datatype *type = native_type(native, operand);
	bool keeps_all = true, sets = true;

	if (operand->strange)
		text_add(&native->text, " <bitwise>");
	if (!operand->masked)
		return;
	if (operand->kind == OPERAND_PAYLOAD &&
	    !field_find(native_header(native, operand), operand->offset * 8, operand->len * 8) &&
	    native_field(native, operand))
		return;
	for (size_t i = 0; i < operand->mask.len; i++) {
		keeps_all = keeps_all && operand->mask.data[i] == 0xff;
		sets = sets && (uint8_t)(operand->mask.data[i] ^ operand->xor.data[i]) == 0xff;
	}
	if (native_all_zero(operand->xor)) {
		text_add(&native->text, " & ");
		value_add(&native->text, native->view, type, operand->mask, operand->big_endian);
	} else if (sets || keeps_all) {
		text_add(&native->text, sets ? " | " : " ^ ");
		value_add(&native->text, native->view, type, operand->xor, operand->big_endian);
	} else {
		text_add(&native->text, " & ");
		value_add(&native->text, native->view, type, operand->mask, operand->big_endian);
		text_add(&native->text, " ^ ");
		value_add(&native->text, native->view, type, operand->xor, operand->big_endian);
	}
}

void native_add_operand(struct native *native, const struct operand *operand)
{
	const struct key_name *name;

	switch (operand->kind) {
	case OPERAND_PAYLOAD:
		add_payload(native, operand);
		break;
	case OPERAND_META:
		name = meta_key_name(operand->key);
		if (name)
			text_add(&native->text, "%s", name->name);
		else
			text_add(&native->text, "meta <key %u>", operand->key);
		break;
	case OPERAND_CT:
		add_ct(native, operand);
		break;
	case OPERAND_CONSTANT:
		value_add(&native->text, native->view, &type_integer, operand->constant,
		          operand->big_endian);
		return;
	case OPERAND_MAP:
		native_add_lookup(native, &operand->expr, operand->keys, operand->n_keys, "map ");
		return;
	default:
		native_add_load(native, operand);
	}
	add_mask(native, operand);
}

void native_add_value(struct native *native, const struct operand *operand,
                      const struct datatype *type)
{
	if (!operand)
		text_add(&native->text, "<?>");
	else if (operand->kind == OPERAND_CONSTANT)
		value_add(&native->text, native->view, type, operand->constant, false);
	else
		native_add_operand(native, operand);
}

/* Joins the items that are not hidden. */
static char *native_join(struct native *native, const char *comment)
{
	struct text line = {.failed = native->text.failed};
	const char *all = native->text.bytes.data ? (const char *)native->text.bytes.data : "";
	const char *space = "";

	vec_foreach(item, &native->items) {
		if (item->hidden || item->start >= item->end)
			continue;
		text_add(&line, "%s%.*s", space, (int)(item->end - item->start), all + item->start);
		space = " ";
	}
	if (comment)
		text_add(&line, "%scomment \"%s\"", space, comment);
	return text_take(&line);
}

char *native_rule_text(const struct netview *view, const struct nft_rule *rule)
{
	struct native native;
	struct span rest = rule->expressions;
	struct nft_expr expr;
	char *line;

	native_init(&native, view, rule->family, rule->table);
	while (nft_expr_next(&rest, &expr))
		native_expr(&native, &expr);
	line = native_join(&native, nft_rule_comment(rule));
	native_done(&native);
	return line;
}
