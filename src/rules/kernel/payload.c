/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of headers that nft rules load, and the fields they are (nft_payload.c).
 *
 * The transport header is there for a packet that is no later fragment. The family and the protocol
 * decide what the bytes of a header are: where they are not known yet, the rule forks.
 */
#include "rules/kernel/piece.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

/* A run of bytes in a header. */
struct place {
	uint8_t byte;
	struct piece piece;
};

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
