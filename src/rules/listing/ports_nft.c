/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which destination ports an nft rule may rewrite: what its expressions say of the port. */
#include "rules/listing/ports.h"
#include "rules/listing/registers.h"
#include "rules/listing/types.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

enum {
	ARENA_RULES = 64, /* that share an arena */
	SET_WALKS = 256,  /* walks over all elements, for all rules together */
};

/* Where a loaded operand has the destination port; -1 when it has none, or not for sure. */
static int port_offset(const struct operand *operand)
{
	enum { DESTINATION_PORT = 2 };
	struct span direction = operand->expr.attrs.by_type[NFTA_CT_DIRECTION];

	if (operand->masked || operand->strange || operand->big_endian)
		return -1;
	if (operand->kind == OPERAND_CT && operand->key == NFT_CT_PROTO_DST && direction.data &&
	    attr_u32(direction, 1) == 0)
		return 0;
	if (operand->kind != OPERAND_PAYLOAD || operand->key != NFT_PAYLOAD_TRANSPORT_HEADER ||
	    operand->offset > DESTINATION_PORT ||
	    operand->offset + operand->len < DESTINATION_PORT + 2)
		return -1;
	return (int)(DESTINATION_PORT - operand->offset);
}

/* The port at an offset of some bytes. */
static unsigned port_at(struct span bytes, size_t offset)
{
	return (unsigned)bytes.data[offset] << 8 | bytes.data[offset + 1];
}

/* cmp */
static void narrow_by_cmp(struct finder *finder, const struct registers *registers,
                          const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *operand = register_get(registers, attr_u32(attr[NFTA_CMP_SREG], 0));
	struct span value = attr_data(attr[NFTA_CMP_DATA]);
	int offset = operand ? port_offset(operand) : -1;
	unsigned port;

	if (offset < 0 || value.len < (size_t)offset + 2)
		return;
	port = port_at(value, (size_t)offset);
	if (attr_u32(attr[NFTA_CMP_OP], UINT32_MAX) == NFT_CMP_EQ) {
		finder_narrow(finder, port, port);
		return;
	}
	if (operand->len != 2)
		return;
	switch (attr_u32(attr[NFTA_CMP_OP], UINT32_MAX)) {
	case NFT_CMP_LTE:
		finder_narrow(finder, 0, port);
		break;
	case NFT_CMP_LT:
		if (port > 0)
			finder_narrow(finder, 0, port - 1);
		break;
	case NFT_CMP_GTE:
		finder_narrow(finder, port, PORTS - 1);
		break;
	case NFT_CMP_GT:
		finder_narrow(finder, port + 1, PORTS - 1);
		break;
	default:
		break;
	}
}

/* range */
static void narrow_by_range(struct finder *finder, const struct registers *registers,
                            const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const struct operand *operand = register_get(registers, attr_u32(attr[NFTA_RANGE_SREG], 0));
	struct span first = attr_data(attr[NFTA_RANGE_FROM_DATA]);
	struct span last = attr_data(attr[NFTA_RANGE_TO_DATA]);

	if (!operand || port_offset(operand) != 0 || operand->len != 2 || first.len != 2 ||
	    last.len != 2 || attr_u32(attr[NFTA_RANGE_OP], 0) != NFT_RANGE_EQ)
		return;
	finder_narrow(finder, port_at(first, 0), port_at(last, 0));
}

/* A walk over a set whose keys have the port somewhere. */
struct set_walk {
	struct finder *finder;
	size_t offset;  /* of the port in a key */
	bool intervals; /* elements are starts and ends of intervals */
	bool unsure;    /* an element that we cannot read */
};

/* Adds one element's ports to finder->set, or its ends to finder->ends. */
static int set_element(const struct nft_element *element, void *data)
{
	struct set_walk *walk = data;
	struct finder *finder = walk->finder;
	struct span last = element->key_end.data ? element->key_end : element->key;

	if (element->flags & NFT_SET_ELEM_CATCHALL || !element->key.data ||
	    element->key.len < walk->offset + 2 || last.len < walk->offset + 2) {
		walk->unsure = true;
		return 1;
	}
	if (walk->intervals && element->flags & NFT_SET_ELEM_INTERVAL_END) {
		unsigned port = port_at(element->key, walk->offset);

		port_map_add(&finder->ends, port, port);
	} else {
		port_map_add(&finder->set, port_at(element->key, walk->offset),
		             port_at(last, walk->offset));
	}
	return 0;
}

/* lookup, before its own effect on registers: sets, maps and verdict maps narrow alike. */
static void narrow_by_lookup(struct finder *finder, const struct registers *registers,
                             const struct nft_rule *rule, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	const char *name = attr_string(attr[NFTA_LOOKUP_SET]);
	const struct operand *keys[OPERAND_KEYS];
	struct set_walk walk = {.finder = finder};
	struct nft_set set;
	unsigned n, i;

	if (!name || attr_u32(attr[NFTA_LOOKUP_FLAGS], 0) & NFT_LOOKUP_F_INV ||
	    finder->set_walks == SET_WALKS ||
	    !nft_set_find(finder->view, rule->family, rule->table, name, &set))
		return;
	n = register_get_keys(registers, attr_u32(attr[NFTA_LOOKUP_SREG], 0), set.key_len, keys);
	for (i = 0; i < n && port_offset(keys[i]) < 0; i++)
		walk.offset += operand_room(keys[i]);
	if (i == n)
		return;
	walk.offset += (size_t)port_offset(keys[i]);
	walk.intervals = set.flags & NFT_SET_INTERVAL && !(set.flags & NFT_SET_CONCAT);
	/* The end of an interval over several fields is no end of each. */
	if (walk.intervals && (n != 1 || keys[0]->len != 2))
		return;
	finder->set_walks++;
	memset(&finder->set, 0, sizeof(finder->set));
	memset(&finder->ends, 0, sizeof(finder->ends));
	if (nft_elements_walk(finder->view, &set, set_element, &walk) != 0 || walk.unsure)
		return;
	if (walk.intervals)
		port_map_fill(&finder->set, &finder->ends);
	finder_narrow_to_set(finder);
}

/* An nft expression that rewrites destinations. */
static bool expr_rewrites(const struct nft_expr *expr, const char *chain)
{
	enum { DESTINATION_PORT = 2, FIRST_DESTINATION = 16 };
	const struct span *attr = expr->attrs.by_type;

	if (strcmp(expr->name, "redir") == 0 || strcmp(expr->name, "tproxy") == 0)
		return true;
	if (strcmp(expr->name, "nat") == 0)
		return attr_u32(attr[NFTA_NAT_TYPE], NFT_NAT_DNAT) == NFT_NAT_DNAT;
	if (strcmp(expr->name, "target") == 0)
		return finder_target_rewrites(attr_string(attr[NFTA_TARGET_NAME]) ?: "", chain);
	if (strcmp(expr->name, "payload") == 0 && attr[NFTA_PAYLOAD_SREG].data) {
		/* "tcp dport set", "ip daddr set": translation without conntrack. */
		uint64_t offset = attr_u32(attr[NFTA_PAYLOAD_OFFSET], 0);
		uint64_t end = offset + attr_u32(attr[NFTA_PAYLOAD_LEN], 0);
		uint32_t base = attr_u32(attr[NFTA_PAYLOAD_BASE], UINT32_MAX);

		return (base == NFT_PAYLOAD_TRANSPORT_HEADER && offset < DESTINATION_PORT + 2 &&
		        end > DESTINATION_PORT) ||
		       (base == NFT_PAYLOAD_NETWORK_HEADER && end > FIRST_DESTINATION);
	}
	return false;
}

bool finder_nft_rewrites(const struct nft_rule *rule)
{
	struct span rest = rule->expressions;
	struct nft_expr expr;

	while (nft_expr_next(&rest, &expr))
		if (expr_rewrites(&expr, rule->chain))
			return true;
	return false;
}

void finder_nft_rule(struct finder *finder, const struct nft_rule *rule)
{
	struct registers registers = {.arena = &finder->arena};
	struct span rest = rule->expressions;
	struct nft_expr expr;

	finder_begin(finder);
	while (nft_expr_next(&rest, &expr) && !expr_rewrites(&expr, rule->chain)) {
		const struct span *attr = expr.attrs.by_type;

		if (strcmp(expr.name, "cmp") == 0)
			narrow_by_cmp(finder, &registers, &expr);
		else if (strcmp(expr.name, "range") == 0)
			narrow_by_range(finder, &registers, &expr);
		else if (strcmp(expr.name, "lookup") == 0)
			narrow_by_lookup(finder, &registers, rule, &expr);
		else if (strcmp(expr.name, "match") == 0)
			finder_narrow_by_match(finder, attr_string(attr[NFTA_MATCH_NAME]) ?: "",
			                       attr_u32(attr[NFTA_MATCH_REV], UINT32_MAX),
			                       attr[NFTA_MATCH_INFO]);
		registers_step(&registers, &expr);
	}
	finder_end(finder);
	if (++finder->in_arena % ARENA_RULES == 0)
		arena_done(&finder->arena);
}
