/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What native rules write, and where they copy packets to: meta, ct, payload, options, dup, fwd. */
#include "rules/listing/native.h"

#include <linux/netfilter/nf_tables.h>

void native_says_meta_set(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t key = attr_u32(attr[NFTA_META_KEY], UINT32_MAX);
	const struct key_name *name = meta_key_name(key);

	if (name)
		text_add(&native->text, "%s set ", name->name);
	else
		text_add(&native->text, "meta <key %u> set ", key);
	native_add_value(native,
	                 register_get(&native->registers, attr_u32(attr[NFTA_META_SREG], 0)),
	                 name ? name->type : &type_integer);
}

void native_says_ct_set(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t key = attr_u32(attr[NFTA_CT_KEY], UINT32_MAX);
	const struct key_name *name = ct_key_name(key);

	if (name)
		text_add(&native->text, "ct %s set ", name->name);
	else
		text_add(&native->text, "ct <key %u> set ", key);
	native_add_value(native, register_get(&native->registers, attr_u32(attr[NFTA_CT_SREG], 0)),
	                 name ? name->type : &type_integer);
}

void native_says_payload_set(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct operand target = {
	    .kind = OPERAND_PAYLOAD,
	    .key = attr_u32(attr[NFTA_PAYLOAD_BASE], UINT32_MAX),
	    .offset = attr_u32(attr[NFTA_PAYLOAD_OFFSET], 0),
	    .len = attr_u32(attr[NFTA_PAYLOAD_LEN], 0),
	};
	const struct operand *value =
	    register_get(&native->registers, attr_u32(attr[NFTA_PAYLOAD_SREG], 0));

	native_add_operand(native, &target);
	text_add(&native->text, " set ");
	native_add_value(native, value, native_type(native, &target));
}

void native_says_exthdr_set(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct operand target = {.kind = OPERAND_OTHER, .expr = *expr};

	native_add_load(native, &target);
	text_add(&native->text, " set ");
	native_add_value(native,
	                 register_get(&native->registers, attr_u32(attr[NFTA_EXTHDR_SREG], 0)),
	                 &type_network_integer);
}

/* dup, fwd: addr and dev are registers. */
static void add_copy(struct native *native, struct span addr, struct span dev)
{
	if (addr.data) {
		text_add(&native->text, " ");
		native_add_value(native, register_get(&native->registers, attr_u32(addr, 0)),
		                 &type_address);
	}
	if (dev.data) {
		text_add(&native->text, addr.data ? " device " : " ");
		native_add_value(native, register_get(&native->registers, attr_u32(dev, 0)),
		                 &type_interface);
	}
}

void native_says_dup(struct native *native, const struct nft_expr *expr)
{
	text_add(&native->text, "dup to");
	add_copy(native, expr->attrs.by_type[NFTA_DUP_SREG_ADDR],
	         expr->attrs.by_type[NFTA_DUP_SREG_DEV]);
}

void native_says_fwd(struct native *native, const struct nft_expr *expr)
{
	text_add(&native->text, "fwd to");
	add_copy(native, expr->attrs.by_type[NFTA_FWD_SREG_ADDR],
	         expr->attrs.by_type[NFTA_FWD_SREG_DEV]);
}
