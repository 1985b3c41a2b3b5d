/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft rules load into registers: meta, ct, fib, constants (nft_meta.c, nft_ct.c, ...).
 *
 * A flow is needed for all of ct but its state.
 */
#include "rules/kernel/piece.h"

#include <linux/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

enum { NEED_FLOW = 1, NEED_PORTS = 2, OWN = 4, MAY_BREAK = 8 };

/* A key of meta, ct or another expression. */
struct key {
	uint32_t key;
	uint8_t flags;
	struct piece piece;
};

#define LITTLE(bytes_, field_, width_)                                                             \
	{                                                                                          \
		.bytes = (bytes_), .field = (field_), .width = (width_), .bits = (width_),         \
		.little = true                                                                     \
	}
#define LITTLE_HOW(bytes_, how_, field_)                                                           \
	{                                                                                          \
		.bytes = (bytes_), .how = (how_), .field = (field_), .width = 8 * (bytes_),        \
		.bits = 8 * (bytes_), .little = true                                               \
	}

static const struct key meta_keys[] = {
    {NFT_META_LEN, 0, LITTLE(4, FIELD_LENGTH, 32)},
    {NFT_META_PROTOCOL, 0, HOW(2, PIECE_ETHERTYPE, FIELD_FAMILY)},
    {NFT_META_NFPROTO, 0, PLAIN(1, FIELD_FAMILY, 8)},
    {NFT_META_L4PROTO, 0, PLAIN(1, FIELD_PROTOCOL, 8)},
    {NFT_META_MARK, 0, LITTLE(4, FIELD_MARK, 32)},
    {NFT_META_IIF, 0, LITTLE_HOW(4, PIECE_INDEX, FIELD_IN)},
    {NFT_META_OIF, 0, LITTLE_HOW(4, PIECE_INDEX, FIELD_OUT)},
    {NFT_META_IIFNAME, 0, PLAIN(16, FIELD_IN, 128)},
    {NFT_META_OIFNAME, 0, PLAIN(16, FIELD_OUT, 128)},
    {NFT_META_IIFTYPE, 0, LITTLE_HOW(2, PIECE_LINK_TYPE, FIELD_IN)},
    {NFT_META_OIFTYPE, 0, LITTLE_HOW(2, PIECE_LINK_TYPE, FIELD_OUT)},
    {NFT_META_PKTTYPE, 0, PLAIN(1, FIELD_PACKET_TYPE, 8)},
    {NFT_META_PRANDOM, OWN, {.bytes = 4, .how = PIECE_OPAQUE}},
    {NFT_META_PRIORITY, OWN, {.bytes = 4, .how = PIECE_OPAQUE}},
};

static const struct key ct_keys[] = {
    {NFT_CT_STATE, 0, LITTLE_HOW(4, PIECE_STATE, FIELD_STATE)},
    {NFT_CT_DIRECTION, NEED_FLOW, PLAIN(1, FIELD_CT_REPLY, 8)},
    {NFT_CT_STATUS, NEED_FLOW, LITTLE(4, FIELD_CT_STATUS, 32)},
    {NFT_CT_MARK, NEED_FLOW, LITTLE(4, FIELD_CT_MARK, 32)},
    {NFT_CT_L3PROTOCOL, NEED_FLOW, PLAIN(1, FIELD_FAMILY, 8)},
    {NFT_CT_PROTOCOL, NEED_FLOW, PLAIN(1, FIELD_PROTOCOL, 8)},
};

/* Keys that ask for an address or a port of the flow's original direction. */
static const struct key original_keys[] = {
    {NFT_CT_SRC_IP, NEED_FLOW, PLAIN(4, FIELD_ORIGINAL_SOURCE, 32)},
    {NFT_CT_DST_IP, NEED_FLOW, PLAIN(4, FIELD_ORIGINAL_DESTINATION, 32)},
    {NFT_CT_SRC_IP6, NEED_FLOW, PLAIN(16, FIELD_ORIGINAL_SOURCE, 128)},
    {NFT_CT_DST_IP6, NEED_FLOW, PLAIN(16, FIELD_ORIGINAL_DESTINATION, 128)},
    {NFT_CT_PROTO_SRC, NEED_FLOW | NEED_PORTS, PLAIN(2, FIELD_ORIGINAL_SOURCE_PORT, 16)},
    {NFT_CT_PROTO_DST, NEED_FLOW | NEED_PORTS, PLAIN(2, FIELD_ORIGINAL_DESTINATION_PORT, 16)},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The key in a table, or NULL. */
static const struct key *key_find(const struct key *keys, size_t n, uint32_t key)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].key == key)
			return &keys[i];
	return NULL;
}

/* Loads something that no field has. */
static int load_opaque(struct decode *decode, struct span reg, uint32_t len, unsigned flags)
{
	struct load load = {.kind = LOAD_OPAQUE,
	                    .len = (uint8_t)len,
	                    .own = flags & OWN,
	                    .may_break = flags & MAY_BREAK};

	return register_load(decode, attr_u32(reg, 0), &load);
}

/* Loads one piece. */
static int load_piece(struct decode *decode, struct span reg, const struct piece *piece)
{
	struct load load = {
	    .kind = LOAD_PIECES, .len = piece->bytes, .n_pieces = 1, .pieces = {*piece}};

	return register_load(decode, attr_u32(reg, 0), &load);
}

/* meta */
static int load_meta(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t key = attr_u32(attr[NFTA_META_KEY], UINT32_MAX);
	const struct key *found = key_find(meta_keys, COUNT(meta_keys), key);

	if (found && found->piece.how != PIECE_OPAQUE)
		return load_piece(decode, attr[NFTA_META_DREG], &found->piece);
	return load_opaque(decode, attr[NFTA_META_DREG], meta_key_len(key),
	                   found ? found->flags : MAY_BREAK);
}

/* The number of bytes that other keys of ct load. */
static uint32_t ct_len(uint32_t key)
{
	switch (key) {
	case NFT_CT_ZONE:
	case NFT_CT_PROTO_SRC:
	case NFT_CT_PROTO_DST:
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
	default:
		return 4;
	}
}

/* Loads an address of the flow by a key that does not say of which family. */
static int load_ct_address(struct decode *decode, const struct nft_expr *expr, bool original,
                           uint32_t key, uint8_t family)
{
	const struct span *attr = expr->attrs.by_type;
	bool ipv4 = family == NFPROTO_IPV4, source = key == NFT_CT_SRC;
	struct piece piece = {
	    .bytes = ipv4 ? 4 : 16,
	    .field = source ? FIELD_ORIGINAL_SOURCE : FIELD_ORIGINAL_DESTINATION,
	    .width = ipv4 ? 32 : 128,
	    .bits = ipv4 ? 32 : 128,
	};

	return original ? load_piece(decode, attr[NFTA_CT_DREG], &piece)
	                : load_opaque(decode, attr[NFTA_CT_DREG], piece.bytes, 0);
}

/* A port of the flow where the packet's protocol has none is something else. */
static int load_ct_port(struct decode *decode, const struct nft_expr *expr,
                        const struct piece *piece)
{
	struct span reg = expr->attrs.by_type[NFTA_CT_DREG];
	struct fork fork;
	int status;

	if (known_protocols_within(&decode->path->known, port_protocols, sizeof(port_protocols)))
		return load_piece(decode, reg, piece);
	status = decode_fork_begin(decode, &fork);
	for (unsigned other = 0; other < 2 && status == 0; other++) {
		struct step *step = rule_add_match(decode->kernel->ruleset, &decode->path->rule,
		                                   FIELD_PROTOCOL, other);

		status = step ? 0 : -ENOMEM;
		for (size_t i = 0; i < sizeof(port_protocols) && status == 0; i++)
			status = step_add_interval(step, port_protocols[i], port_protocols[i]);
		if (status == 0)
			decode_learn(decode, step);
		if (status == 0)
			status = other ? load_opaque(decode, reg, piece->bytes, 0)
			               : load_piece(decode, reg, piece);
		if (!other && decode_fork_end(decode, &fork) < 0)
			status = -ENOMEM;
	}
	return status;
}

/* ct */
static int load_ct(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t key = attr_u32(attr[NFTA_CT_KEY], UINT32_MAX);
	bool original = attr[NFTA_CT_DIRECTION].data && attr_u32(attr[NFTA_CT_DIRECTION], 1) == 0;
	const struct key *found = key_find(ct_keys, COUNT(ct_keys), key);
	int status = 0;

	if (!found && original)
		found = key_find(original_keys, COUNT(original_keys), key);
	if (!found || found->flags & NEED_FLOW)
		status = decode_match_flow(decode);
	/* The key that says the family breaks for the other one. */
	if (status == 0 && (key == NFT_CT_SRC_IP || key == NFT_CT_DST_IP))
		status = decode_match(decode, FIELD_FAMILY, false, NFPROTO_IPV4, NFPROTO_IPV4);
	if (status == 0 && (key == NFT_CT_SRC_IP6 || key == NFT_CT_DST_IP6))
		status = decode_match(decode, FIELD_FAMILY, false, NFPROTO_IPV6, NFPROTO_IPV6);
	if (status < 0 || decode->path->dead)
		return status;
	if (found && found->flags & NEED_PORTS)
		return load_ct_port(decode, expr, &found->piece);
	if (found)
		return load_piece(decode, attr[NFTA_CT_DREG], &found->piece);
	if (key == NFT_CT_SRC || key == NFT_CT_DST)
		return load_ct_address(decode, expr, original, key,
		                       decode->path->known.families == KNOWN_IPV4 ? NFPROTO_IPV4
		                                                                  : NFPROTO_IPV6);
	return load_opaque(decode, attr[NFTA_CT_DREG], ct_len(key), MAY_BREAK);
}

/* fib: what the routing table says of an address alone, or the way back to the source, is a field.
 */
static int load_fib(struct decode *decode, const struct nft_expr *expr)
{
	static const struct piece source = LITTLE(4, FIELD_SOURCE_TYPE, 32);
	static const struct piece destination = LITTLE(4, FIELD_DESTINATION_TYPE, 32);
	static const struct piece here = LITTLE(4, FIELD_DESTINATION_TYPE_IN, 32);
	static const struct piece reverse = PLAIN(1, FIELD_REVERSE_PATH, 8);
	const struct span *attr = expr->attrs.by_type;
	uint32_t result = attr_u32(attr[NFTA_FIB_RESULT], 0);
	uint32_t flags = attr_u32(attr[NFTA_FIB_FLAGS], 0);
	bool present = flags & NFTA_FIB_F_PRESENT;
	uint32_t mark = flags & NFTA_FIB_F_MARK;

	if (result == NFT_FIB_RESULT_ADDRTYPE && flags == NFTA_FIB_F_DADDR)
		return load_piece(decode, attr[NFTA_FIB_DREG], &destination);
	if (result == NFT_FIB_RESULT_ADDRTYPE && flags == NFTA_FIB_F_SADDR)
		return load_piece(decode, attr[NFTA_FIB_DREG], &source);
	if (result == NFT_FIB_RESULT_ADDRTYPE && flags == (NFTA_FIB_F_DADDR | NFTA_FIB_F_IIF))
		return load_piece(decode, attr[NFTA_FIB_DREG], &here);
	if ((result == NFT_FIB_RESULT_OIF || result == NFT_FIB_RESULT_OIFNAME) && present &&
	    flags == (NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT | mark) &&
	    way_back_known(decode->kernel->view, mark))
		return load_piece(decode, attr[NFTA_FIB_DREG], &reverse);
	return load_opaque(decode, attr[NFTA_FIB_DREG],
	                   present                            ? 1
	                   : result == NFT_FIB_RESULT_OIFNAME ? IFNAMSIZ
	                                                      : 4,
	                   MAY_BREAK);
}

/* immediate of a value */
static int load_immediate(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct span data = attr_data(attr[NFTA_IMMEDIATE_DATA]);
	struct load load = {.kind = LOAD_CONSTANT, .len = (uint8_t)data.len};

	if (!data.data || data.len == 0 || data.len > KERNEL_BYTES)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "an immediate expression of table %s has no value", decode->table);
	memcpy(load.bytes, data.data, data.len);
	return register_load(decode, attr_u32(attr[NFTA_IMMEDIATE_DREG], 0), &load);
}

/* exthdr: how long its value is, the rule says. */
static int load_exthdr(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t len = attr_u32(attr[NFTA_EXTHDR_LEN], 0);
	bool present = attr_u32(attr[NFTA_EXTHDR_FLAGS], 0) & NFT_EXTHDR_F_PRESENT;

	if (len > KERNEL_BYTES)
		len = KERNEL_BYTES;
	return load_opaque(decode, attr[NFTA_EXTHDR_DREG], present || !len ? 1 : len, MAY_BREAK);
}

/* Loads of which nothing is known but their register. */
static const struct {
	const char *name;
	uint8_t reg, len, flags;
} opaque_loads[] = {
    {"socket", NFTA_SOCKET_DREG, 4, MAY_BREAK}, {"rt", NFTA_RT_DREG, 4, MAY_BREAK},
    {"numgen", NFTA_NG_DREG, 4, OWN},           {"hash", NFTA_HASH_DREG, 4, 0},
    {"osf", NFTA_OSF_DREG, 16, MAY_BREAK},      {"xfrm", NFTA_XFRM_DREG, 4, MAY_BREAK},
    {"tunnel", NFTA_TUNNEL_DREG, 4, MAY_BREAK},
};

/* How long what an opaque load gives is. */
static uint32_t opaque_len(const struct nft_expr *expr, uint32_t len)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t key;

	if (strcmp(expr->name, "rt") == 0)
		return attr_u32(attr[NFTA_RT_KEY], 0) == NFT_RT_NEXTHOP6 ? 16
		       : attr_u32(attr[NFTA_RT_KEY], 0) == NFT_RT_TCPMSS ? 2
		                                                         : 4;
	if (strcmp(expr->name, "xfrm") == 0) {
		key = attr_u32(attr[NFTA_XFRM_KEY], 0);
		return key == NFT_XFRM_KEY_DADDR_IP6 || key == NFT_XFRM_KEY_SADDR_IP6 ? 16 : 4;
	}
	if (strcmp(expr->name, "socket") == 0 &&
	    attr_u32(attr[NFTA_SOCKET_KEY], 0) == NFT_SOCKET_CGROUPV2)
		return 8;
	return len;
}

int decode_load(struct decode *decode, const struct nft_expr *expr, bool *ret_done)
{
	static const struct {
		const char *name;
		uint8_t dreg; /* attribute that is there when it loads */
		int (*load)(struct decode *decode, const struct nft_expr *expr);
	} loads[] = {
	    {"payload", NFTA_PAYLOAD_DREG, decode_payload},
	    {"meta", NFTA_META_DREG, load_meta},
	    {"ct", NFTA_CT_DREG, load_ct},
	    {"fib", NFTA_FIB_DREG, load_fib},
	    {"bitwise", NFTA_BITWISE_DREG, decode_bitwise},
	    {"byteorder", NFTA_BYTEORDER_DREG, decode_byteorder},
	    {"immediate", NFTA_IMMEDIATE_DREG, load_immediate},
	    {"exthdr", NFTA_EXTHDR_DREG, load_exthdr},
	};
	const struct span *attr = expr->attrs.by_type;

	*ret_done = true;
	for (size_t i = 0; i < COUNT(loads); i++) {
		if (strcmp(loads[i].name, expr->name) != 0)
			continue;
		if (!attr[loads[i].dreg].data ||
		    attr_u32(attr[loads[i].dreg], 0) == NFT_REG_VERDICT)
			break;
		return loads[i].load(decode, expr);
	}
	for (size_t i = 0; i < COUNT(opaque_loads); i++)
		if (strcmp(opaque_loads[i].name, expr->name) == 0)
			return load_opaque(decode, attr[opaque_loads[i].reg],
			                   opaque_len(expr, opaque_loads[i].len),
			                   opaque_loads[i].flags);
	*ret_done = false;
	return 0;
}
