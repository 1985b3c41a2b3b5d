/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft rules load into registers: bytes of headers, meta, ct, fib, constants.
 *
 * What a load needs (nft_payload.c, nft_meta.c, nft_ct.c): the transport header of a packet that is
 * no later fragment; a flow, for all of ct but its state. The family and the protocol decide what
 * the bytes of a header are: where they are not known yet, the rule forks.
 */
#include "reach/ruleset_kernel.h"

#include <assert.h>
#include <linux/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

/* A run of bytes in a header. */
struct place {
	uint8_t byte;
	struct piece piece;
};

#define PLAIN(bytes_, field_, width_)                                                              \
	{                                                                                          \
		.bytes = (bytes_), .field = (field_), .width = (width_), .bits = (width_)          \
	}
#define HOW(bytes_, how_, field_)                                                                  \
	{                                                                                          \
		.bytes = (bytes_), .how = (how_), .field = (field_), .width = 8 * (bytes_),        \
		.bits = 8 * (bytes_)                                                               \
	}

static const struct place ipv4_places[] = {
    {1, {.bytes = 1, .field = FIELD_DSCP, .width = 6, .bit_low = 2, .bits = 6}},
    {2, PLAIN(2, FIELD_LENGTH, 16)},
    {6, HOW(2, PIECE_OFFSET, FIELD_FRAGMENT)},
    {8, PLAIN(1, FIELD_HOP_LIMIT, 8)},
    {9, PLAIN(1, FIELD_PROTOCOL, 8)},
    {12, PLAIN(4, FIELD_SOURCE, 32)},
    {16, PLAIN(4, FIELD_DESTINATION, 32)},
    {0},
};
/* The next header is taken for the protocol behind all extension headers. */
static const struct place ipv6_places[] = {
    {0, {.bytes = 2, .field = FIELD_DSCP, .width = 6, .bit_low = 6, .bits = 6}},
    {4, HOW(2, PIECE_PAYLOAD, FIELD_LENGTH)},
    {6, PLAIN(1, FIELD_PROTOCOL, 8)},
    {7, PLAIN(1, FIELD_HOP_LIMIT, 8)},
    {8, PLAIN(16, FIELD_SOURCE, 128)},
    {24, PLAIN(16, FIELD_DESTINATION, 128)},
    {0},
};
static const struct place ports_places[] = {
    {0, PLAIN(2, FIELD_SOURCE_PORT, 16)},
    {2, PLAIN(2, FIELD_DESTINATION_PORT, 16)},
    {0},
};
static const struct place tcp_places[] = {
    {0, PLAIN(2, FIELD_SOURCE_PORT, 16)},
    {2, PLAIN(2, FIELD_DESTINATION_PORT, 16)},
    {13, PLAIN(1, FIELD_TCP_FLAGS, 8)},
    {0},
};
static const struct place icmp_places[] = {{0, PLAIN(2, FIELD_ICMP_TYPE, 16)}, {0}};
static const struct place link_places[] = {
    {6, PLAIN(6, FIELD_SOURCE_MAC, 48)},
    {12, HOW(2, PIECE_ETHERTYPE, FIELD_FAMILY)},
    {0},
};
static const struct place no_places[] = {{0}};

static const uint8_t icmp_protocols[] = {IPPROTO_ICMP, IPPROTO_ICMPV6};
static const uint8_t tcp_protocol[] = {IPPROTO_TCP};

/* The places of a header as far as the path knows which one it is. */
static const struct place *places_of(const struct decode *decode, uint32_t base)
{
	const struct known *known = &decode->path->known;

	switch (base) {
	case NFT_PAYLOAD_LL_HEADER:
		return link_places;
	case NFT_PAYLOAD_NETWORK_HEADER:
		return known->families == KNOWN_IPV4   ? ipv4_places
		       : known->families == KNOWN_IPV6 ? ipv6_places
		                                       : no_places;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		if (known_protocols_within(known, tcp_protocol, 1))
			return tcp_places;
		if (known_protocols_within(known, port_protocols, sizeof(port_protocols)))
			return ports_places;
		if (known_protocols_within(known, icmp_protocols, sizeof(icmp_protocols)))
			return icmp_places;
		return no_places;
	default:
		return no_places;
	}
}

/* Adds a piece at the end of a load. */
static void add_piece(struct load *load, const struct piece *piece)
{
	if (load->n_pieces < KERNEL_PIECES)
		load->pieces[load->n_pieces++] = *piece;
	else
		load->kind = LOAD_OPAQUE;
}

void payload_pieces(const struct decode *decode, uint32_t base, uint32_t offset, uint32_t len,
                    struct load *load)
{
	const struct place *places = places_of(decode, base);

	*load = (struct load){.kind = LOAD_PIECES, .len = (uint8_t)len};
	for (uint32_t at = offset; at < offset + len;) {
		struct piece piece = {.bytes = 1, .how = PIECE_OPAQUE};
		const struct place *place = places;

		while (place->piece.bytes &&
		       (at < place->byte || at >= (uint32_t)place->byte + place->piece.bytes))
			place++;
		if (place->piece.bytes) {
			uint32_t end = (uint32_t)place->byte + place->piece.bytes;

			if (end > offset + len)
				end = offset + len;
			piece = piece_cut(&place->piece, at - place->byte, end - at);
		} else if (load->n_pieces > 0 &&
		           load->pieces[load->n_pieces - 1].how == PIECE_OPAQUE) {
			load->pieces[load->n_pieces - 1].bytes++;
			at++;
			continue;
		}
		add_piece(load, &piece);
		at += piece.bytes;
	}
}

/* Loads payload of headers that are known by now, as far as they will be. */
static int load_payload(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct load load;

	payload_pieces(decode, attr_u32(attr[NFTA_PAYLOAD_BASE], UINT32_MAX),
	               attr_u32(attr[NFTA_PAYLOAD_OFFSET], 0), attr_u32(attr[NFTA_PAYLOAD_LEN], 0),
	               &load);
	return register_load(decode, attr_u32(attr[NFTA_PAYLOAD_DREG], 0), &load);
}

/* One of the outcomes of a fork: the field is one of the values, or none, and the load goes on. */
static int load_outcome(struct decode *decode, const struct nft_expr *expr, enum field field,
                        bool negated, const uint8_t *values, size_t n)
{
	struct step *step =
	    rule_add_match(decode->kernel->ruleset, &decode->path->rule, field, negated);
	int status = step ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && status == 0; i++)
		status = step_add_interval(step, values[i], values[i]);
	if (status < 0)
		return status;
	decode_learn(decode, step);
	return decode->path->dead ? 0 : load_payload(decode, expr);
}

/* A group of values that the fork tells apart. */
struct group {
	const uint8_t *values;
	size_t n;
};

/* Forks by what a field is: of each group, and of none. */
static int load_forked(struct decode *decode, const struct nft_expr *expr, enum field field,
                       const struct group *groups, size_t n_groups)
{
	uint8_t all[16];
	size_t n_all = 0;
	int status = 0;

	for (size_t i = 0; i < n_groups && status == 0; i++) {
		struct fork fork;

		memcpy(all + n_all, groups[i].values, groups[i].n);
		n_all += groups[i].n;
		status = decode_fork_begin(decode, &fork);
		if (status < 0)
			return status;
		status = load_outcome(decode, expr, field, false, groups[i].values, groups[i].n);
		if (decode_fork_end(decode, &fork) < 0)
			return -ENOMEM;
	}
	return status < 0 ? status : load_outcome(decode, expr, field, true, all, n_all);
}

/* Whether the protocols that the path allows are all of one group, or none of any. */
static bool transport_known(const struct known *known)
{
	static const uint8_t all[] = {IPPROTO_TCP,     IPPROTO_UDP,  IPPROTO_DCCP,  IPPROTO_SCTP,
	                              IPPROTO_UDPLITE, IPPROTO_ICMP, IPPROTO_ICMPV6};
	bool any = false;

	for (size_t i = 0; i < sizeof(all); i++)
		any = any || known_protocol(known, all[i]);
	return !any || known_protocols_within(known, port_protocols, sizeof(port_protocols)) ||
	       known_protocols_within(known, icmp_protocols, sizeof(icmp_protocols));
}

int decode_payload(struct decode *decode, const struct nft_expr *expr)
{
	static const uint8_t ipv4[] = {NFPROTO_IPV4}, ipv6[] = {NFPROTO_IPV6};
	static const struct group families[] = {{ipv4, 1}, {ipv6, 1}};
	static const struct group transports[] = {{port_protocols, sizeof(port_protocols)},
	                                          {icmp_protocols, sizeof(icmp_protocols)}};
	const struct span *attr = expr->attrs.by_type;
	const struct known *known = &decode->path->known;
	uint32_t base = attr_u32(attr[NFTA_PAYLOAD_BASE], UINT32_MAX);
	uint32_t offset = attr_u32(attr[NFTA_PAYLOAD_OFFSET], 0);
	uint32_t len = attr_u32(attr[NFTA_PAYLOAD_LEN], 0);

	if (len == 0 || len > KERNEL_BYTES || offset > UINT16_MAX)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a payload expression of table %s has offset %u and length %u",
		                 decode->table, offset, len);
	if (base == NFT_PAYLOAD_NETWORK_HEADER && known->families & (known->families - 1) &&
	    known->families & (KNOWN_IPV4 | KNOWN_IPV6))
		return load_forked(decode, expr, FIELD_FAMILY, families, 2);
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER) {
		int status = decode_match_first_fragment(decode);

		if (status < 0)
			return status;
		if (!transport_known(known))
			return load_forked(decode, expr, FIELD_PROTOCOL, transports, 2);
	}
	return load_payload(decode, expr);
}

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

/* fib: what the routing table says of an address alone is a field. */
static int load_fib(struct decode *decode, const struct nft_expr *expr)
{
	static const struct piece source = LITTLE(4, FIELD_SOURCE_TYPE, 32);
	static const struct piece destination = LITTLE(4, FIELD_DESTINATION_TYPE, 32);
	const struct span *attr = expr->attrs.by_type;
	uint32_t result = attr_u32(attr[NFTA_FIB_RESULT], 0);
	uint32_t flags = attr_u32(attr[NFTA_FIB_FLAGS], 0);
	bool present = flags & NFTA_FIB_F_PRESENT;

	if (result == NFT_FIB_RESULT_ADDRTYPE && flags == NFTA_FIB_F_DADDR)
		return load_piece(decode, attr[NFTA_FIB_DREG], &destination);
	if (result == NFT_FIB_RESULT_ADDRTYPE && flags == NFTA_FIB_F_SADDR)
		return load_piece(decode, attr[NFTA_FIB_DREG], &source);
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
