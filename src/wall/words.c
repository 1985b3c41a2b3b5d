/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the wall's rules are made of. */
#include "wall/words.h"

#include <libnftnl/expr.h>
#include <linux/netfilter/nf_tables.h>

/* A new expression of the rule, or NULL. */
static struct nftnl_expr *add(struct words *words, const char *name)
{
	struct nftnl_expr *expr = words->rule ? nftnl_expr_alloc(name) : NULL;

	if (expr)
		nftnl_rule_add_expr(words->rule, expr);
	else
		words->failed = true;
	return expr;
}

void word_meta(struct words *words, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *expr = add(words, "meta");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, reg);
}

void word_ct(struct words *words, uint32_t key, int direction, uint32_t reg)
{
	struct nftnl_expr *expr = add(words, "ct");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, reg);
	if (direction >= 0)
		nftnl_expr_set_u8(expr, NFTNL_EXPR_CT_DIR, (uint8_t)direction);
}

void word_payload(struct words *words, uint32_t base, uint32_t offset, uint32_t len, uint32_t reg)
{
	struct nftnl_expr *expr = add(words, "payload");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

void word_mask(struct words *words, uint32_t reg, const void *mask, uint32_t len)
{
	const uint32_t none = 0;
	struct nftnl_expr *expr = add(words, "bitwise");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, reg);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, reg);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, len);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, len);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, &none, len);
}

void word_destination_type(struct words *words, uint32_t reg)
{
	struct nftnl_expr *expr = add(words, "fib");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, reg);
}

void word_compare(struct words *words, uint32_t reg, uint32_t op, const void *bytes, size_t len)
{
	struct nftnl_expr *expr = add(words, "cmp");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, reg);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, bytes, (uint32_t)len);
}

void word_lookup(struct words *words, const char *set, uint32_t reg, bool not_in)
{
	struct nftnl_expr *expr = add(words, "lookup");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, reg);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	if (not_in)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
}

void word_verdict_map(struct words *words, const char *map, uint32_t reg)
{
	struct nftnl_expr *expr = add(words, "lookup");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, reg);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, map);
}

void word_verdict(struct words *words, int code, const char *chain)
{
	struct nftnl_expr *expr = add(words, "immediate");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)code);
	if (chain)
		nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain);
}

void word_counter(struct words *words)
{
	(void)add(words, "counter");
}

void word_limit(struct words *words, uint64_t a_second, uint32_t burst)
{
	struct nftnl_expr *expr = add(words, "limit");

	if (!expr)
		return;
	nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_RATE, a_second);
	nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_UNIT, 1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_BURST, burst);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
}

void word_log(struct words *words, uint16_t group, const char *prefix)
{
	struct nftnl_expr *expr = add(words, "log");

	if (!expr)
		return;
	nftnl_expr_set_u16(expr, NFTNL_EXPR_LOG_GROUP, group);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOG_PREFIX, prefix);
}
