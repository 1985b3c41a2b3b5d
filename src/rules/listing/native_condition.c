/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions of native rules: comparisons, ranges, prefixes, flags, sets; what they imply. */
#include "rules/listing/native.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

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
	else if (operand->kind == OPERAND_META && operand->key == NFT_META_IIFTYPE)
		native->link_item = item;
	else if ((operand->kind == OPERAND_META && operand->key == NFT_META_PROTOCOL) ||
	         (field && field->type == &type_ethertype))
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
	const struct field *field = native_prefix_field(native, operand);
	bool is_address = native_type(native, operand)->form == FORM_ADDRESS;
	struct operand bare = *operand;
	uint32_t first, bits = 0;

	if (field && value.len == operand->len) {
		native_add_operand(native, operand);
		text_add(&native->text, " %s", op);
		add_short_prefix(native, field, value);
		return true;
	}
	if (!is_address || !operand->masked || !native_all_zero(operand->xor) ||
	    (operand->mask.len != 4 && operand->mask.len != 16))
		return false;
	if (!native_all_zero(operand->mask) &&
	    (!native_mask_run(operand->mask, &first, &bits) || first != 0))
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

	if (!operand->masked || !native_all_zero(operand->xor))
		return false;
	bare.masked = false;
	if (operand->kind == OPERAND_CT && operand->key == NFT_CT_LABELS && !equal &&
	    native_all_zero(value) && native_mask_run(operand->mask, &first, &bits) && bits == 1) {
		text_add(&native->text, "ct label %u", first / 8 * 8 + (7 - first % 8));
		return true;
	}
	if (type->form != FORM_FLAGS)
		return false;
	native_add_operand(native, &bare);
	if (native_all_zero(value)) {
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
	    !native_mask_run(operand->mask, &first, &bits))
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
