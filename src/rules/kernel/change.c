/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What expressions of nft change: addresses by NAT (nft_nat.c, nft_masq.c, nft_redir.c,
 * nft_tproxy.c), marks (nft_meta.c, nft_ct.c), headers (nft_payload.c).
 */
#include "rules/kernel/kernel.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

/* A register's address; of what is not known, any of the family. */
static field_value address_of(const struct decode *decode, uint32_t reg, uint8_t family,
                              field_value otherwise)
{
	uint8_t bytes[16];
	size_t len = family == NFPROTO_IPV4 ? 4 : 16;

	return register_constant(decode, reg, len, bytes) ? field_of_address(family, bytes)
	                                                  : otherwise;
}

/* Fills the step's ports from two registers; nothing where there is none. */
static void add_ports(const struct decode *decode, struct step *step, struct span min,
                      struct span max)
{
	uint8_t bytes[2];

	if (!min.data)
		return;
	step->nat_port = true;
	step->ports = (struct interval){0, UINT16_MAX};
	if (!register_constant(decode, attr_u32(min, 0), 2, bytes))
		return;
	step->ports.first = step->ports.last = (field_value)(bytes[0] << 8 | bytes[1]);
	if (max.data && register_constant(decode, attr_u32(max, 0), 2, bytes))
		step->ports.last = (field_value)(bytes[0] << 8 | bytes[1]);
}

/* A load that was not made ends the rule: where that may be, it is an unknown. */
static int unknown_load(struct decode *decode, struct span reg)
{
	const struct load *load = reg.data ? register_begin(decode, attr_u32(reg, 0)) : NULL;

	if (!load || load->kind != LOAD_OPAQUE || !load->may_break)
		return 0;
	return decode_unknown(decode, !load->own);
}

int decode_nat_expression(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t flags = attr_u32(attr[NFTA_NAT_FLAGS], 0);
	bool source = attr_u32(attr[NFTA_NAT_TYPE], NFT_NAT_DNAT) == NFT_NAT_SNAT;
	uint8_t family = (uint8_t)attr_u32(attr[NFTA_NAT_FAMILY], decode->family);
	struct span min = attr[NFTA_NAT_REG_ADDR_MIN], max = attr[NFTA_NAT_REG_ADDR_MAX];
	struct step *step;
	int status = unknown_load(decode, min);

	if (status == 0)
		status = unknown_load(decode, attr[NFTA_NAT_REG_PROTO_MIN]);
	if (status < 0)
		return status;
	step = decode_nat(decode, flags & NF_NAT_RANGE_NETMAP ? NAT_NETMAP
	                          : source                    ? NAT_SOURCE
	                                                      : NAT_DESTINATION);
	if (!step)
		return -ENOMEM;
	decode->path->ended = true;
	if (min.data) {
		const field_value most = ones(family == NFPROTO_IPV4 ? 32 : 128);

		step->nat_address = true;
		step->addresses.first = address_of(decode, attr_u32(min, 0), family, 0);
		step->addresses.last =
		    address_of(decode, attr_u32(max.data ? max : min, 0), family, most);
	}
	add_ports(decode, step, attr[NFTA_NAT_REG_PROTO_MIN], attr[NFTA_NAT_REG_PROTO_MAX]);
	/* nft_nat_inet_eval() does nothing to packets of the other family. */
	return decode->family == NFPROTO_INET && family != NFPROTO_INET
	           ? step_only_where(step, FIELD_FAMILY, family, family)
	           : 0;
}

int decode_masquerade(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct step *step = decode_nat(decode, NAT_MASQUERADE);

	if (!step)
		return -ENOMEM;
	add_ports(decode, step, attr[NFTA_MASQ_REG_PROTO_MIN], attr[NFTA_MASQ_REG_PROTO_MAX]);
	decode->path->ended = true;
	return 0;
}

int decode_redirect(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct step *step = decode_nat(decode, NAT_REDIRECT);

	if (!step)
		return -ENOMEM;
	add_ports(decode, step, attr[NFTA_REDIR_REG_PROTO_MIN], attr[NFTA_REDIR_REG_PROTO_MAX]);
	decode->path->ended = true;
	return 0;
}

/*
 * tproxy hands the packet to a socket, if there is one; else the rule ends here. The rule goes on,
 * and its accept is what takes the packet there.
 */
int decode_tproxy(struct decode *decode, const struct nft_expr *expr)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	const struct span *attr = expr->attrs.by_type;
	uint8_t family = (uint8_t)attr_u32(attr[NFTA_TPROXY_FAMILY], decode->family);
	struct span address = attr[NFTA_TPROXY_REG_ADDR];
	struct step *proxy = &decode->path->proxy;
	int status = 0;

	if (!known_protocols_within(&decode->path->known, protocols, sizeof(protocols))) {
		struct step *step = rule_add_match(decode->kernel->ruleset, &decode->path->rule,
		                                   FIELD_PROTOCOL, false);

		status = step ? step_add_interval(step, IPPROTO_TCP, IPPROTO_TCP) : -ENOMEM;
		if (status == 0)
			status = step_add_interval(step, IPPROTO_UDP, IPPROTO_UDP);
	}
	if (status == 0)
		status = decode_unknown(decode, true);
	if (status < 0)
		return status;
	*proxy = (struct step){.kind = STEP_NAT, .nat = NAT_TPROXY, .text = decode_words(decode)};
	if (address.data) {
		uint8_t of = family == NFPROTO_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

		proxy->nat_address = true;
		proxy->addresses.first = address_of(decode, attr_u32(address, 0), of, 0);
		proxy->addresses.last = address_of(decode, attr_u32(address, 0), of,
		                                   ones(of == NFPROTO_IPV4 ? 32 : 128));
	}
	add_ports(decode, proxy, attr[NFTA_TPROXY_REG_PORT], attr[NFTA_TPROXY_REG_PORT]);
	return 0;
}

/* Sets a mark of four bytes to what is in a register. */
static int set_mark(struct decode *decode, enum field field, uint32_t reg)
{
	const struct load *load = register_begin(decode, reg);
	const struct piece *piece = load ? &load->pieces[0] : NULL;
	uint32_t mask = UINT32_MAX, flip = 0;
	uint8_t bytes[4];
	int status = 0;

	if (register_constant(decode, reg, sizeof(bytes), bytes)) {
		memcpy(&flip, bytes, sizeof(flip));
		return decode_assign(decode, field, UINT32_MAX, flip);
	}
	if (!load || load->kind != LOAD_PIECES || load->n_pieces != 1 || load->len != 4 ||
	    piece->how != PIECE_PLAIN || !piece->little || piece->field_low || piece->bit_low ||
	    piece->bits != 32 || (piece->field != FIELD_MARK && piece->field != FIELD_CT_MARK)) {
		if (!load || load->may_break)
			status = decode_unknown(decode, load && !load->own);
		return status < 0 ? status : decode_forget(decode, field, UINT32_MAX);
	}
	if (load->masked) {
		memcpy(&mask, load->mask, sizeof(mask));
		memcpy(&flip, load->xor, sizeof(flip));
	}
	if (piece->field == field)
		return decode_assign(decode, field, (uint32_t)~mask, flip);
	status = decode_copy(decode, field, (enum field)piece->field, UINT32_MAX, mask);
	if (status == 0 && flip)
		status = decode_assign(decode, field, 0, flip);
	return status;
}

int decode_meta_set(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t key = attr_u32(attr[NFTA_META_KEY], UINT32_MAX);
	uint32_t reg = attr_u32(attr[NFTA_META_SREG], 0);
	uint8_t type;

	if (key == NFT_META_MARK)
		return set_mark(decode, FIELD_MARK, reg);
	if (key != NFT_META_PKTTYPE)
		return decode_effect(decode);
	if (register_constant(decode, reg, 1, &type))
		return decode_assign(decode, FIELD_PACKET_TYPE, UINT8_MAX, type);
	return decode_forget(decode, FIELD_PACKET_TYPE, UINT8_MAX);
}

int decode_ct_set(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	size_t from = decode->path->rule.steps.n;
	int status;

	if (attr_u32(attr[NFTA_CT_KEY], UINT32_MAX) != NFT_CT_MARK)
		return decode_effect(decode);
	status = set_mark(decode, FIELD_CT_MARK, attr_u32(attr[NFTA_CT_SREG], 0));
	return status < 0 ? status : decode_where_flow(decode, from);
}

/* Some bits of what a piece's bytes hold, as bits of its field. */
static field_value piece_bits(const struct piece *piece, const uint8_t *bytes)
{
	field_value value = 0;

	for (unsigned i = 0; i < piece->bytes; i++)
		value = value << 8 | bytes[i];
	return (value >> piece->bit_low & ones(piece->bits)) << piece->field_low;
}

/* Writes a piece of a header: its field's bits become constant, or anything. */
static int set_piece(struct decode *decode, const struct piece *piece, const uint8_t *bytes)
{
	field_value mask = ones(piece->bits) << piece->field_low;

	if (piece->how == PIECE_OPAQUE)
		return 0;
	if (piece->how != PIECE_PLAIN || !bytes)
		return decode_forget(
		    decode, (enum field)piece->field,
		    piece->how == PIECE_PLAIN ? mask : all_of((enum field)piece->field).last);
	return decode_assign(decode, (enum field)piece->field, mask, piece_bits(piece, bytes));
}

/*
 * Writes a piece of a header that holds what it held, but for some bits: `load` is what is written,
 * the same bytes of the header masked. False: it is something else.
 */
static bool is_same_masked(const struct load *load, const struct load *written)
{
	if (!load || load->kind != LOAD_PIECES || !load->masked || load->len != written->len ||
	    load->n_pieces != written->n_pieces)
		return false;
	for (unsigned i = 0; i < load->n_pieces; i++) {
		const struct piece *a = &load->pieces[i], *b = &written->pieces[i];

		if (a->how != b->how || a->field != b->field || a->field_low != b->field_low ||
		    a->bit_low != b->bit_low || a->bits != b->bits || a->bytes != b->bytes)
			return false;
	}
	return true;
}

/* The same, piece by piece. 0 or -ENOMEM. */
static int change_piece(struct decode *decode, const struct piece *piece, const uint8_t *keep,
                        const uint8_t *flip)
{
	field_value all = ones(piece->bits) << piece->field_low;

	if (piece->how == PIECE_OPAQUE)
		return 0;
	if (piece->how != PIECE_PLAIN)
		return set_piece(decode, piece, NULL);
	if (piece_bits(piece, keep) == all && !piece_bits(piece, flip))
		return 0;
	return decode_assign(decode, (enum field)piece->field, all & ~piece_bits(piece, keep),
	                     piece_bits(piece, flip));
}

int decode_payload_set(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t base = attr_u32(attr[NFTA_PAYLOAD_BASE], UINT32_MAX);
	uint32_t offset = attr_u32(attr[NFTA_PAYLOAD_OFFSET], 0);
	uint32_t len = attr_u32(attr[NFTA_PAYLOAD_LEN], 0);
	uint8_t bytes[KERNEL_BYTES];
	const struct load *source;
	struct load load;
	bool constant, same;
	unsigned at = 0;
	int status = 0;

	if (len == 0 || len > KERNEL_BYTES || offset > UINT16_MAX)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a payload expression of table %s writes %u bytes at %u",
		                 decode->table, len, offset);
	constant = register_constant(decode, attr_u32(attr[NFTA_PAYLOAD_SREG], 0), len, bytes);
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER)
		status = decode_match_first_fragment(decode);
	if (status == 0)
		status = decode_effect(decode);
	payload_pieces(decode, base, offset, len, &load);
	source = register_begin(decode, attr_u32(attr[NFTA_PAYLOAD_SREG], 0));
	same = !constant && is_same_masked(source, &load);
	for (unsigned i = 0; i < load.n_pieces && status == 0; i++) {
		status =
		    same ? change_piece(decode, &load.pieces[i], source->mask + at, source->xor +at)
		         : set_piece(decode, &load.pieces[i], constant ? bytes + at : NULL);
		at += load.pieces[i].bytes;
	}
	return status;
}
