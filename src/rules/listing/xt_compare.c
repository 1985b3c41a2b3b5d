/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparisons of nft expressions as the addresses, ports, flags and marks of iptables. */
#include "rules/listing/types.h"
#include "rules/listing/xt_build.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

/* Where the ports of the rule's tcp or udp match are; NULL for another protocol or no memory. */
static uint16_t *ports_of(struct xt_builder *builder, uint32_t offset, uint8_t **ret_invert,
                          uint8_t *ret_flag)
{
	if (builder->rule->protocol == IPPROTO_TCP && !builder->rule->protocol_negated) {
		if (!builder->tcp) {
			builder->tcp = xt_match_build(builder, "tcp", 0, sizeof(*builder->tcp));
			if (!builder->tcp)
				return NULL;
			builder->tcp->spts[1] = builder->tcp->dpts[1] = UINT16_MAX;
		}
		*ret_invert = &builder->tcp->invflags;
		*ret_flag = offset == 0 ? XT_TCP_INV_SRCPT : XT_TCP_INV_DSTPT;
		return offset == 0 ? builder->tcp->spts : builder->tcp->dpts;
	}
	if (builder->rule->protocol == IPPROTO_UDP && !builder->rule->protocol_negated) {
		if (!builder->udp) {
			builder->udp = xt_match_build(builder, "udp", 0, sizeof(*builder->udp));
			if (!builder->udp)
				return NULL;
			builder->udp->spts[1] = builder->udp->dpts[1] = UINT16_MAX;
		}
		*ret_invert = &builder->udp->invflags;
		*ret_flag = offset == 0 ? XT_UDP_INV_SRCPT : XT_UDP_INV_DSTPT;
		return offset == 0 ? builder->udp->spts : builder->udp->dpts;
	}
	return NULL;
}

/* Sets source or destination ports of the tcp or udp match. */
static int set_ports(struct xt_builder *builder, uint32_t offset, unsigned first, unsigned last,
                     bool negated)
{
	uint8_t *invert, flag;
	uint16_t *ports = ports_of(builder, offset, &invert, &flag);

	if (!ports || first > last || last > UINT16_MAX)
		return -ENOTSUP;
	/* A second condition on the same port has no place in one match. */
	if (ports[0] != 0 || ports[1] != UINT16_MAX || *invert & flag)
		return -ENOTSUP;
	ports[0] = (uint16_t)first;
	ports[1] = (uint16_t)last;
	if (negated)
		*invert |= flag;
	return 0;
}

/* A comparison of a port. */
static int build_port(struct xt_builder *builder, const struct operand *operand, uint32_t op,
                      struct span value)
{
	unsigned port = (unsigned)value_number(&type_port, value, false);

	if (operand->masked || value.len != 2)
		return -ENOTSUP;
	switch (op) {
	case NFT_CMP_EQ:
	case NFT_CMP_NEQ:
		return set_ports(builder, operand->offset, port, port, op == NFT_CMP_NEQ);
	case NFT_CMP_LTE:
		return set_ports(builder, operand->offset, 0, port, false);
	case NFT_CMP_GTE:
		return set_ports(builder, operand->offset, port, UINT16_MAX, false);
	case NFT_CMP_LT:
		return port ? set_ports(builder, operand->offset, 0, port - 1, false) : -ENOTSUP;
	case NFT_CMP_GT:
		return set_ports(builder, operand->offset, port + 1, UINT16_MAX, false);
	default:
		return -ENOTSUP;
	}
}

/* A comparison of TCP flags under a mask. */
static int build_tcp_flags(struct xt_builder *builder, const struct operand *operand, uint32_t op,
                           struct span value)
{
	uint8_t *invert, flag;

	if (!ports_of(builder, 0, &invert, &flag) || !builder->tcp || value.len != 1 ||
	    op > NFT_CMP_NEQ || builder->tcp->flg_mask)
		return -ENOTSUP;
	builder->tcp->flg_mask = operand->masked ? operand->mask.data[0] : 0xff;
	builder->tcp->flg_cmp = value.data[0];
	if (op == NFT_CMP_NEQ)
		builder->tcp->invflags |= XT_TCP_INV_FLAGS;
	return 0;
}

/* A comparison within the transport header. */
static int build_transport(struct xt_builder *builder, const struct operand *operand, uint32_t op,
                           struct span value)
{
	enum { TCP_FLAGS = 13 };

	if ((operand->offset == 0 || operand->offset == 2) && operand->len == 2)
		return build_port(builder, operand, op, value);
	if (operand->offset == TCP_FLAGS && operand->len == 1)
		return build_tcp_flags(builder, operand, op, value);
	if (operand->offset == 0 && operand->len == 4 && !operand->masked && op == NFT_CMP_EQ &&
	    value.len == 4) {
		/* Both ports in one comparison. */
		unsigned source = (unsigned)value.data[0] << 8 | value.data[1];
		unsigned destination = (unsigned)value.data[2] << 8 | value.data[3];
		int status = set_ports(builder, 0, source, source, false);

		return status < 0 ? status : set_ports(builder, 2, destination, destination, false);
	}
	return -ENOTSUP;
}

/* A comparison of a whole address, one under a mask, or its first bytes. */
static int build_address(struct xt_address *address, const struct operand *operand, uint32_t op,
                         struct span value)
{
	static const uint8_t none[16];

	if (op > NFT_CMP_NEQ || value.len != operand->len || value.len > 16 ||
	    memcmp(address->mask, none, sizeof(none)) != 0)
		return -ENOTSUP;
	memcpy(address->address, value.data, value.len);
	if (operand->masked)
		memcpy(address->mask, operand->mask.data, value.len);
	else
		memset(address->mask, 0xff, value.len);
	address->negated = op == NFT_CMP_NEQ;
	return 0;
}

/* A comparison of the protocol. */
static int build_protocol(struct xt_builder *builder, uint32_t op, struct span value)
{
	if (op > NFT_CMP_NEQ || value.len != 1 || builder->rule->protocol)
		return -ENOTSUP;
	builder->rule->protocol = value.data[0];
	builder->rule->protocol_negated = op == NFT_CMP_NEQ;
	return 0;
}

/* A comparison within the network header. */
static int build_network(struct xt_builder *builder, const struct operand *operand, uint32_t op,
                         struct span value)
{
	struct xt_rule *rule = builder->rule;
	bool ipv4 = rule->family == AF_INET;
	uint32_t size = ipv4 ? 4 : 16, source = ipv4 ? 12 : 8, destination = ipv4 ? 16 : 24;
	uint32_t protocol = ipv4 ? 9 : 6, fragment = 6;

	if (operand->offset == source && operand->len <= size)
		return build_address(&rule->source, operand, op, value);
	if (operand->offset == destination && operand->len <= size)
		return build_address(&rule->destination, operand, op, value);
	if (operand->offset == protocol && operand->len == 1 && !operand->masked)
		return build_protocol(builder, op, value);
	if (ipv4 && operand->offset == fragment && operand->len == 2 && operand->masked &&
	    op <= NFT_CMP_NEQ) {
		rule->fragment = true;
		rule->fragment_negated = op == NFT_CMP_EQ;
		return 0;
	}
	return -ENOTSUP;
}

/* A comparison of an interface's name, or of how it begins. */
static int build_interface(struct xt_interface *interface, uint32_t op, struct span value)
{
	if (op > NFT_CMP_NEQ || value.len == 0 || value.len > XT_INTERFACE || interface->compared)
		return -ENOTSUP;
	memcpy(interface->name, value.data, value.len);
	interface->compared = (uint8_t)value.len;
	interface->negated = op == NFT_CMP_NEQ;
	return 0;
}

/* A comparison of the mark. */
static int build_mark(struct xt_builder *builder, const struct operand *operand, uint32_t op,
                      struct span value)
{
	struct xt_mark_mtinfo1 *mark;

	if (op > NFT_CMP_NEQ || value.len != 4 || operand->big_endian)
		return -ENOTSUP;
	mark = xt_match_build(builder, "mark", 1, sizeof(*mark));
	if (!mark)
		return -ENOMEM;
	memcpy(&mark->mark, value.data, sizeof(mark->mark));
	mark->mask = UINT32_MAX;
	if (operand->masked)
		memcpy(&mark->mask, operand->mask.data, sizeof(mark->mask));
	mark->invert = op == NFT_CMP_NEQ;
	return 0;
}

int xt_build_cmp(struct xt_builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *operand =
	    register_get(&builder->registers, attr_u32(attr[NFTA_CMP_SREG], 0));
	uint32_t op = attr_u32(attr[NFTA_CMP_OP], UINT32_MAX);
	struct span value = attr_data(attr[NFTA_CMP_DATA]);

	if (!operand || !value.data || operand->strange)
		return -ENOTSUP;
	if (operand->kind == OPERAND_PAYLOAD && operand->key == NFT_PAYLOAD_NETWORK_HEADER)
		return build_network(builder, operand, op, value);
	if (operand->kind == OPERAND_PAYLOAD && operand->key == NFT_PAYLOAD_TRANSPORT_HEADER)
		return build_transport(builder, operand, op, value);
	if (operand->kind != OPERAND_META)
		return -ENOTSUP;
	if (operand->key == NFT_META_MARK)
		return build_mark(builder, operand, op, value);
	if (operand->masked)
		return -ENOTSUP;
	switch (operand->key) {
	case NFT_META_L4PROTO:
		return build_protocol(builder, op, value);
	case NFT_META_IIFNAME:
		return build_interface(&builder->rule->in, op, value);
	case NFT_META_OIFNAME:
		return build_interface(&builder->rule->out, op, value);
	default:
		return -ENOTSUP;
	}
}

int xt_build_range(struct xt_builder *builder, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *operand =
	    register_get(&builder->registers, attr_u32(attr[NFTA_RANGE_SREG], 0));
	struct span first = attr_data(attr[NFTA_RANGE_FROM_DATA]);
	struct span last = attr_data(attr[NFTA_RANGE_TO_DATA]);

	if (!operand || operand->kind != OPERAND_PAYLOAD || operand->masked || operand->strange ||
	    operand->key != NFT_PAYLOAD_TRANSPORT_HEADER || operand->len != 2 ||
	    (operand->offset != 0 && operand->offset != 2) || first.len != 2 || last.len != 2)
		return -ENOTSUP;
	return set_ports(builder, operand->offset, (unsigned)value_number(&type_port, first, false),
	                 (unsigned)value_number(&type_port, last, false),
	                 attr_u32(attr[NFTA_RANGE_OP], 0) == NFT_RANGE_NEQ);
}
