/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A native nf_tables rule in the spelling of `nft list ruleset`: items, fields and conditions. */
#include "reach/rule_native.h"

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

/* The first bit set in a mask and how many follow; false when they are not in one row. */
static bool mask_run(struct span mask, uint32_t *ret_first, uint32_t *ret_bits)
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

/* All bytes are 0. */
static bool all_zero(struct span bytes)
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
	if (field || !operand->masked || !mask_run(operand->mask, &first, &bits))
		return field;
	return field_find(header, bit + first, bits);
}

/* The address field that a load begins with but does not load as a whole: a prefix. */
static const struct field *prefix_field(const struct native *native, const struct operand *operand)
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
			field = prefix_field(native, operand);
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
		field = prefix_field(native, operand);
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
	if (all_zero(operand->xor)) {
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

/* Learns the header behind a protocol number that a condition has just fixed. */
static void learn_value(struct native *native, uint64_t value, enum header base, int item)
{
	if (base == HEADER_TH) {
		native->transport = header_of_protocol(value);
		native->transport_item = item;
		return;
	}
	native->network_item = item;
	native->network = value == 0x0800 || value == NFPROTO_IPV4   ? HEADER_IP
	                  : value == 0x86dd || value == NFPROTO_IPV6 ? HEADER_IP6
	                  : value == 0x0806                          ? HEADER_ARP
	                                                             : HEADER_UNKNOWN;
	if (value == 0x8100 || value == 0x88a8) {
		native->link = HEADER_VLAN;
		native->link_item = item;
	}
}

/* Learns from "operand == value" what the packet is; nft hides such conditions if implied later. */
static void learn(struct native *native, const struct operand *operand, struct span value, int item)
{
	const struct field *field = native_field(native, operand);

	if (operand->masked)
		return;
	if (operand->kind == OPERAND_META && operand->key == NFT_META_L4PROTO)
		learn_value(native, value_number(&type_protocol, value, false), HEADER_TH, item);
	else if (operand->kind == OPERAND_META && operand->key == NFT_META_NFPROTO)
		learn_value(native, value_number(&type_nfproto, value, false), HEADER_IP, item);
	else if (operand->kind == OPERAND_META && operand->key == NFT_META_PROTOCOL)
		learn_value(native, value_number(&type_ethertype, value, false), HEADER_IP, item);
	else if (operand->kind == OPERAND_META && operand->key == NFT_META_IIFTYPE)
		native->link_item = item;
	else if (field && field->type == &type_ethertype)
		learn_value(native, value_number(&type_ethertype, value, false), HEADER_IP, item);
	else if (field && field->type == &type_protocol)
		/* Spelt out by the admin: the item stays. */
		learn_value(native, value_number(&type_protocol, value, false), HEADER_TH,
		            NATIVE_NO_ITEM);
}

/* Adds a value compared with an operand that loads part of an address as a prefix. */
static void add_short_prefix(struct native *native, const struct field *field, struct span value)
{
	uint8_t bytes[16] = {0};
	struct span whole = {bytes, field->bits / 8u};

	memcpy(bytes, value.data, value.len < whole.len ? value.len : whole.len);
	value_add(&native->text, native->view, field->type, whole, false);
	text_add(&native->text, "/%zu", value.len * 8);
}

/* "ip saddr 10.0.0.0/8": the whole address under a mask that is a prefix's. */
static bool says_prefix(struct native *native, const struct operand *operand, struct span value,
                        const char *op)
{
	const struct field *field = prefix_field(native, operand);
	bool is_address = native_type(native, operand)->form == FORM_ADDRESS;
	struct operand bare = *operand;
	uint32_t first, bits = 0;

	if (field && value.len == operand->len) {
		native_add_operand(native, operand);
		text_add(&native->text, " %s", op);
		add_short_prefix(native, field, value);
		return true;
	}
	if (!is_address || !operand->masked || !all_zero(operand->xor) ||
	    (operand->mask.len != 4 && operand->mask.len != 16))
		return false;
	if (!all_zero(operand->mask) && (!mask_run(operand->mask, &first, &bits) || first != 0))
		return false;
	bare.masked = false;
	native_add_operand(native, &bare);
	text_add(&native->text, " %s", op);
	value_add(&native->text, native->view, native_type(native, operand), value, false);
	text_add(&native->text, "/%u", bits);
	return true;
}

/* "tcp flags syn / fin,syn", "ct state established,related": names of bits under a mask. */
static bool says_flags(struct native *native, const struct operand *operand, struct span value,
                       bool equal, const char *op)
{
	const struct datatype *type = native_type(native, operand);
	struct operand bare = *operand;
	uint32_t first, bits;

	if (!operand->masked || !all_zero(operand->xor))
		return false;
	bare.masked = false;
	if (operand->kind == OPERAND_CT && operand->key == NFT_CT_LABELS && !equal &&
	    all_zero(value) && mask_run(operand->mask, &first, &bits) && bits == 1) {
		text_add(&native->text, "ct label %u", first / 8 * 8 + (7 - first % 8));
		return true;
	}
	if (type->form != FORM_FLAGS)
		return false;
	native_add_operand(native, &bare);
	if (all_zero(value)) {
		text_add(&native->text, equal ? " ! " : " ");
		value_add(&native->text, native->view, type, operand->mask, operand->big_endian);
		return true;
	}
	text_add(&native->text, " %s", op);
	value_add(&native->text, native->view, type, value, operand->big_endian);
	text_add(&native->text, " / ");
	value_add(&native->text, native->view, type, operand->mask, operand->big_endian);
	return true;
}

const struct field *native_shift(const struct native *native, const struct operand *operand,
                                 struct span value, uint8_t ret_shifted[static 8])
{
	const struct field *field = native_field(native, operand);
	uint32_t first, bits;
	uint64_t number;

	if (!field || !operand->masked || operand->mask.len > 8 || value.len != operand->mask.len ||
	    field_find(native_header(native, operand), operand->offset * 8, operand->len * 8) ||
	    !mask_run(operand->mask, &first, &bits))
		return NULL;
	number = value_number(&type_network_integer, value, false) >>
	         (operand->mask.len * 8 - first - bits);
	for (size_t i = 0; i < 8; i++)
		ret_shifted[i] = (uint8_t)(number >> 8 * (7 - i));
	return field;
}

/* A field of fewer bits than were loaded: the value is shifted down to it. */
static bool says_bits(struct native *native, const struct operand *operand, struct span value,
                      const char *op)
{
	uint8_t shifted[8];
	const struct field *field = native_shift(native, operand, value, shifted);

	if (!field)
		return false;
	native_add_operand(native, operand);
	text_add(&native->text, " %s", op);
	value_add(&native->text, native->view, field->type, (struct span){shifted, 8}, false);
	return true;
}

/* One comparison of an operand that is a single field. */
static void says_one(struct native *native, const struct operand *operand, uint32_t cmp,
                     struct span value)
{
	static const char *const ops[] = {
	    [NFT_CMP_EQ] = "",     [NFT_CMP_NEQ] = "!= ", [NFT_CMP_LT] = "< ",
	    [NFT_CMP_LTE] = "<= ", [NFT_CMP_GT] = "> ",   [NFT_CMP_GTE] = ">= ",
	};
	const char *op = cmp < sizeof(ops) / sizeof(*ops) ? ops[cmp] : "<?> ";
	int item;

	native_begin(native);
	if (cmp > NFT_CMP_NEQ || (!says_prefix(native, operand, value, op) &&
	                          !says_flags(native, operand, value, cmp == NFT_CMP_EQ, op) &&
	                          !says_bits(native, operand, value, op))) {
		native_add_operand(native, operand);
		if (operand->masked && cmp == NFT_CMP_EQ)
			op = "== ";
		text_add(&native->text, " %s", op);
		value_add(&native->text, native->view, native_type(native, operand), value,
		          operand->big_endian);
	}
	item = native_end(native);
	if (cmp == NFT_CMP_EQ)
		learn(native, operand, value, item);
}

/*
 * A load that spans several fields in a row, as nft merges comparisons of neighbours: one item
 * each. False when it is not such a load.
 */
static bool says_merged(struct native *native, const struct operand *operand, struct span value)
{
	enum header header = native_header(native, operand);
	uint32_t done = 0;

	if (operand->kind != OPERAND_PAYLOAD || operand->masked || operand->offset > 0xffff ||
	    value.len != operand->len || native_field(native, operand))
		return false;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (done = 0; done < operand->len;) {
			const struct field *field =
			    field_find(header, (operand->offset + done) * 8, 0);
			struct operand part = *operand;

			if (!field || field->bits % 8 || done + field->bits / 8u > operand->len)
				return false;
			part.offset += done;
			part.len = field->bits / 8u;
			if (pass == 1)
				says_one(native, &part, NFT_CMP_EQ,
				         (struct span){value.data + done, part.len});
			done += part.len;
		}
	}
	return true;
}

/* Makes "field >= a" and "field <= b" the range "field a-b". False when that does not apply. */
static bool says_range(struct native *native, const struct operand *operand, struct span value)
{
	const struct operand *lower = native->lower;

	if (!lower || native->lower_item != (int)native->items.n - 1 || lower != operand)
		return false;
	native->text.bytes.len = native->items.items[native->lower_item].start;
	native_add_operand(native, operand);
	text_add(&native->text, " ");
	value_add(&native->text, native->view, native_type(native, operand), native->lower_value,
	          operand->big_endian);
	text_add(&native->text, "-");
	value_add(&native->text, native->view, native_type(native, operand), value,
	          operand->big_endian);
	native_end(native);
	return true;
}

/* cmp */
static void says_cmp(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *operand =
	    register_get(&native->registers, attr_u32(attr[NFTA_CMP_SREG], 0));
	uint32_t cmp = attr_u32(attr[NFTA_CMP_OP], UINT32_MAX);
	struct span value = attr_data(attr[NFTA_CMP_DATA]);

	if (!operand || !value.data) {
		native_begin(native);
		text_add(&native->text, "<cmp>");
		native_end(native);
		return;
	}
	if (cmp == NFT_CMP_LTE && says_range(native, operand, value)) {
		native->lower = NULL;
		return;
	}
	native->lower = NULL;
	if (cmp == NFT_CMP_EQ && says_merged(native, operand, value))
		return;
	says_one(native, operand, cmp, value);
	if (cmp == NFT_CMP_GTE) {
		native->lower = operand;
		native->lower_value = value;
		native->lower_item = (int)native->items.n - 1;
	}
}

/* range */
static void says_range_expr(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *operand =
	    register_get(&native->registers, attr_u32(attr[NFTA_RANGE_SREG], 0));

	native_begin(native);
	if (operand) {
		const struct datatype *type = native_type(native, operand);

		native_add_operand(native, operand);
		text_add(&native->text, " %s",
		         attr_u32(attr[NFTA_RANGE_OP], 0) == NFT_RANGE_NEQ ? "!= " : "");
		value_add(&native->text, native->view, type, attr_data(attr[NFTA_RANGE_FROM_DATA]),
		          operand->big_endian);
		text_add(&native->text, "-");
		value_add(&native->text, native->view, type, attr_data(attr[NFTA_RANGE_TO_DATA]),
		          operand->big_endian);
	} else {
		text_add(&native->text, "<range>");
	}
	native_end(native);
}

/* lookup that decides: a set or a verdict map. */
static void says_lookup(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *keys[OPERAND_KEYS];
	bool invert = attr_u32(attr[NFTA_LOOKUP_FLAGS], 0) & NFT_LOOKUP_F_INV;
	unsigned n_keys = native_lookup_keys(native, expr, keys);

	native_begin(native);
	native_add_lookup(native, expr, keys, n_keys,
	                  attr[NFTA_LOOKUP_DREG].data ? "vmap "
	                  : invert                    ? "!= "
	                                              : "");
	native_end(native);
}

void native_expr(struct native *native, const struct nft_expr *expr)
{
	static const struct {
		const char *name;
		void (*says)(struct native *native, const struct nft_expr *expr);
	} conditions[] = {{"cmp", says_cmp}, {"range", says_range_expr}, {"lookup", says_lookup}};
	enum register_step step = registers_step(&native->registers, expr);

	if (step == REGISTER_LOADED)
		return;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
		if (strcmp(conditions[i].name, expr->name) == 0) {
			conditions[i].says(native, expr);
			return;
		}
	}
	native_begin(native);
	if (step == REGISTER_UNKNOWN || !native_statement(native, expr))
		text_add(&native->text, "<%s>", expr->name);
	native_end(native);
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
