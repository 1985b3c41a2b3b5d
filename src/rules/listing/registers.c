/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in nf_tables' registers while a rule is read from left to right. */
#include "rules/listing/registers.h"

#include <linux/if.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

enum { SLOT_BYTES = 4, OPERANDS_MAX = 512, NOT_A_SLOT = REGISTER_SLOTS };

/* The first slot of an NFT_REG_* register, or NOT_A_SLOT. */
static unsigned register_slot(uint32_t reg)
{
	if (reg >= NFT_REG_1 && reg <= NFT_REG_4)
		return (reg - NFT_REG_1) * (NFT_REG_SIZE / NFT_REG32_SIZE);
	if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		return reg - NFT_REG32_00;
	return NOT_A_SLOT;
}

const struct operand *register_get(const struct registers *registers, uint32_t reg)
{
	unsigned slot = register_slot(reg);

	return slot < REGISTER_SLOTS ? registers->slots[slot] : NULL;
}

uint32_t operand_room(const struct operand *operand)
{
	uint32_t len = operand->len ? operand->len : SLOT_BYTES;

	return (len + SLOT_BYTES - 1) / SLOT_BYTES * SLOT_BYTES;
}

unsigned register_get_keys(const struct registers *registers, uint32_t reg, uint32_t key_len,
                           const struct operand *keys[static OPERAND_KEYS])
{
	unsigned slot = register_slot(reg), n = 0;
	uint32_t taken = 0;

	do {
		if (slot >= REGISTER_SLOTS || n == OPERAND_KEYS || !registers->slots[slot])
			return 0;
		keys[n] = registers->slots[slot];
		taken += operand_room(keys[n]);
		slot += operand_room(keys[n++]) / SLOT_BYTES;
	} while (taken < key_len);
	return n;
}

/* Forgets every register. */
static void registers_forget(struct registers *registers)
{
	memset(registers->slots, 0, sizeof(registers->slots));
}

/*
 * Puts a copy of operand into reg. The slots it covers beyond the first are emptied (all that
 * follow, when its length is not known), and so is everything when it does not fit, for then we do
 * not know what the rule does.
 */
static void register_put(struct registers *registers, uint32_t reg, const struct operand *operand)
{
	unsigned slot = register_slot(reg), slots = operand_room(operand) / SLOT_BYTES;
	struct operand *copy;

	if (slot + slots > REGISTER_SLOTS || registers->n_operands == OPERANDS_MAX) {
		registers_forget(registers);
		return;
	}
	copy = arena_alloc(registers->arena, sizeof(*copy));
	if (!copy) {
		registers_forget(registers);
		return;
	}
	registers->n_operands++;
	*copy = *operand;
	registers->slots[slot] = copy;
	for (unsigned i = slot + 1; i < (operand->len ? slot + slots : REGISTER_SLOTS); i++)
		registers->slots[i] = NULL;
}

uint32_t meta_key_len(uint32_t key)
{
	switch (key) {
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
	case NFT_META_BRI_IIFNAME:
	case NFT_META_BRI_OIFNAME:
	case NFT_META_IIFKIND:
	case NFT_META_OIFKIND:
		return IFNAMSIZ;
	case NFT_META_PROTOCOL:
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
		return 2;
	case NFT_META_NFPROTO:
	case NFT_META_L4PROTO:
	case NFT_META_PKTTYPE:
		return 1;
	case NFT_META_TIME_NS:
		return 8;
	default:
		return 4;
	}
}

/* The number of bytes a ct key loads; 0 when that depends on the family. */
static uint32_t ct_key_len(uint32_t key)
{
	switch (key) {
	case NFT_CT_DIRECTION:
	case NFT_CT_L3PROTOCOL:
	case NFT_CT_PROTOCOL:
		return 1;
	case NFT_CT_PROTO_SRC:
	case NFT_CT_PROTO_DST:
	case NFT_CT_ZONE:
		return 2;
	case NFT_CT_BYTES:
	case NFT_CT_PKTS:
	case NFT_CT_AVGPKT:
		return 8;
	case NFT_CT_HELPER:
	case NFT_CT_LABELS:
	case NFT_CT_SRC_IP6:
	case NFT_CT_DST_IP6:
		return 16;
	case NFT_CT_SRC:
	case NFT_CT_DST:
		return 0;
	default:
		return 4;
	}
}

/* payload: a load, or a write into the packet. */
static enum register_step step_payload(struct registers *registers, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct operand operand = {
	    .kind = OPERAND_PAYLOAD,
	    .expr = *expr,
	    .key = attr_u32(attr[NFTA_PAYLOAD_BASE], UINT32_MAX),
	    .offset = attr_u32(attr[NFTA_PAYLOAD_OFFSET], 0),
	    .len = attr_u32(attr[NFTA_PAYLOAD_LEN], 0),
	};

	if (attr[NFTA_PAYLOAD_SREG].data)
		return REGISTER_SAYS;
	if (operand.len > REGISTER_SLOTS * SLOT_BYTES)
		registers_forget(registers);
	else
		register_put(registers, attr_u32(attr[NFTA_PAYLOAD_DREG], 0), &operand);
	return REGISTER_LOADED;
}

/* meta: a load, or `meta ... set`. */
static enum register_step step_meta(struct registers *registers, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct operand operand = {
	    .kind = OPERAND_META,
	    .expr = *expr,
	    .key = attr_u32(attr[NFTA_META_KEY], UINT32_MAX),
	};

	if (attr[NFTA_META_SREG].data)
		return REGISTER_SAYS;
	operand.len = meta_key_len(operand.key);
	register_put(registers, attr_u32(attr[NFTA_META_DREG], 0), &operand);
	return REGISTER_LOADED;
}

/* ct: a load, or `ct ... set`. */
static enum register_step step_ct(struct registers *registers, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct operand operand = {
	    .kind = OPERAND_CT,
	    .expr = *expr,
	    .key = attr_u32(attr[NFTA_CT_KEY], UINT32_MAX),
	};

	if (attr[NFTA_CT_SREG].data)
		return REGISTER_SAYS;
	operand.len = ct_key_len(operand.key);
	register_put(registers, attr_u32(attr[NFTA_CT_DREG], 0), &operand);
	return REGISTER_LOADED;
}

/* immediate: a constant, or a verdict. */
static enum register_step step_immediate(struct registers *registers, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t reg = attr_u32(attr[NFTA_IMMEDIATE_DREG], NFT_REG_VERDICT);
	struct operand operand = {
	    .kind = OPERAND_CONSTANT,
	    .expr = *expr,
	    .constant = attr_data(attr[NFTA_IMMEDIATE_DATA]),
	};

	if (reg == NFT_REG_VERDICT)
		return REGISTER_SAYS;
	operand.len = operand.constant.len <= 64 ? (uint32_t)operand.constant.len : 0;
	register_put(registers, reg, &operand);
	return REGISTER_LOADED;
}

/* bitwise: (value & mask) ^ xor; any other arithmetic makes the operand strange. */
static enum register_step step_bitwise(struct registers *registers, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *from = register_get(registers, attr_u32(attr[NFTA_BITWISE_SREG], 0));
	uint32_t len = attr_u32(attr[NFTA_BITWISE_LEN], 0);
	struct operand operand = {.kind = OPERAND_OTHER, .expr = *expr, .len = len};

	if (len > REGISTER_SLOTS * SLOT_BYTES) {
		registers_forget(registers);
		return REGISTER_LOADED;
	}
	if (from) {
		struct span mask = attr_data(attr[NFTA_BITWISE_MASK]);
		struct span xor = attr_data(attr[NFTA_BITWISE_XOR]);
		bool simple = attr_u32(attr[NFTA_BITWISE_OP], NFT_BITWISE_BOOL) == NFT_BITWISE_BOOL;

		operand = *from;
		if (simple && !from->masked && mask.len == len && xor.len == len &&
		    (!from->len || from->len == len)) {
			operand.masked = true;
			operand.mask = mask;
			operand.xor = xor;
			operand.len = len;
		} else {
			operand.strange = true;
		}
	}
	register_put(registers, attr_u32(attr[NFTA_BITWISE_DREG], 0), &operand);
	return REGISTER_LOADED;
}

/* byteorder: the same value turned, so that ranges compare. */
static enum register_step step_byteorder(struct registers *registers, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *from =
	    register_get(registers, attr_u32(attr[NFTA_BYTEORDER_SREG], 0));
	struct operand operand = {.kind = OPERAND_OTHER, .expr = *expr};

	if (from) {
		operand = *from;
		operand.big_endian =
		    attr_u32(attr[NFTA_BYTEORDER_OP], NFT_BYTEORDER_NTOH) == NFT_BYTEORDER_HTON;
	}
	register_put(registers, attr_u32(attr[NFTA_BYTEORDER_DREG], 0), &operand);
	return REGISTER_LOADED;
}

/* lookup: a map that loads, or a set or verdict map that decides. */
static enum register_step step_lookup(struct registers *registers, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t reg = attr_u32(attr[NFTA_LOOKUP_DREG], NFT_REG_VERDICT);
	struct operand operand = {.kind = OPERAND_MAP, .expr = *expr};

	if (!attr[NFTA_LOOKUP_DREG].data || reg == NFT_REG_VERDICT)
		return REGISTER_SAYS;
	/* How long its key is only the set knows; the reader cuts it there. */
	for (uint32_t len = REGISTER_SLOTS * SLOT_BYTES; len > 0 && !operand.n_keys;
	     len -= SLOT_BYTES)
		operand.n_keys = register_get_keys(registers, attr_u32(attr[NFTA_LOOKUP_SREG], 0),
		                                   len, operand.keys);
	register_put(registers, reg, &operand);
	return REGISTER_LOADED;
}

/* hash: of some registers, or of the flow. */
static enum register_step step_hash(struct registers *registers, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct operand operand = {.kind = OPERAND_HASH, .expr = *expr, .len = 4};

	if (attr[NFTA_HASH_SREG].data)
		operand.n_keys = register_get_keys(registers, attr_u32(attr[NFTA_HASH_SREG], 0),
		                                   attr_u32(attr[NFTA_HASH_LEN], 0), operand.keys);
	register_put(registers, attr_u32(attr[NFTA_HASH_DREG], 0), &operand);
	return REGISTER_LOADED;
}

/* Loads of which only the expression itself matters: where their register attribute is. */
static const struct load {
	const char *name;
	uint16_t dreg,
	    sreg; /* attribute types; sreg: present when it writes instead, 0 for never */
	uint8_t len;
} loads[] = {
    {"fib", NFTA_FIB_DREG, 0, 4},
    {"socket", NFTA_SOCKET_DREG, 0, 4},
    {"rt", NFTA_RT_DREG, 0, 4},
    {"numgen", NFTA_NG_DREG, 0, 4},
    {"exthdr", NFTA_EXTHDR_DREG, NFTA_EXTHDR_SREG, 0},
    {"osf", NFTA_OSF_DREG, 0, 16},
    {"xfrm", NFTA_XFRM_DREG, 0, 0},
    {"tunnel", NFTA_TUNNEL_DREG, 0, 4},
};

/* One of loads[]. False when expr is none of them. */
static bool step_load(struct registers *registers, const struct nft_expr *expr,
                      enum register_step *ret_step)
{
	const struct span *attr = expr->attrs.by_type;

	for (size_t i = 0; i < sizeof(loads) / sizeof(*loads); i++) {
		struct operand operand;

		if (strcmp(loads[i].name, expr->name) != 0)
			continue;
		operand = (struct operand){.kind = OPERAND_OTHER, .expr = *expr};
		*ret_step = REGISTER_SAYS;
		if (!attr[loads[i].dreg].data || (loads[i].sreg && attr[loads[i].sreg].data))
			return true;
		operand.len = loads[i].len;
		if (strcmp(expr->name, "exthdr") == 0) {
			operand.len = attr_u32(attr[NFTA_EXTHDR_LEN], 0);
			if (attr_u32(attr[NFTA_EXTHDR_FLAGS], 0) & NFT_EXTHDR_F_PRESENT)
				operand.len = 1;
		} else if (strcmp(expr->name, "fib") == 0 &&
		           attr_u32(attr[NFTA_FIB_RESULT], 0) == NFT_FIB_RESULT_OIFNAME) {
			operand.len = IFNAMSIZ;
		}
		if (operand.len > REGISTER_SLOTS * SLOT_BYTES)
			operand.len = 0;
		register_put(registers, attr_u32(attr[loads[i].dreg], 0), &operand);
		*ret_step = REGISTER_LOADED;
		return true;
	}
	return false;
}

/* Conditions and statements that write no register. */
static const char *const says[] = {
    "cmp",    "range",  "counter", "limit", "log",     "nat",      "masq",         "redir",
    "match",  "target", "reject",  "queue", "notrack", "quota",    "connlimit",    "dynset",
    "objref", "tproxy", "dup",     "fwd",   "last",    "synproxy", "flow_offload",
};

enum register_step registers_step(struct registers *registers, const struct nft_expr *expr)
{
	static const struct {
		const char *name;
		enum register_step (*step)(struct registers *, const struct nft_expr *);
	} steps[] = {
	    {"payload", step_payload},     {"meta", step_meta},       {"ct", step_ct},
	    {"immediate", step_immediate}, {"bitwise", step_bitwise}, {"hash", step_hash},
	    {"byteorder", step_byteorder}, {"lookup", step_lookup},
	};
	enum register_step step;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (strcmp(steps[i].name, expr->name) == 0)
			return steps[i].step(registers, expr);
	/* The most frequent come first. */
	for (size_t i = 0; i < sizeof(says) / sizeof(*says); i++)
		if (strcmp(says[i], expr->name) == 0)
			return REGISTER_SAYS;
	if (step_load(registers, expr, &step))
		return step;
	registers_forget(registers);
	return REGISTER_UNKNOWN;
}
