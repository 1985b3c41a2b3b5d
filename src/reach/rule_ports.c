/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which destination ports rules may rewrite.
 *
 * Theory of operation. Whoever sends probes wants to know the ports at which
 * translation can make a difference. Each rule that rewrites destinations starts
 * with all ports, and each condition on the destination port that we are sure of
 * takes some away; conditions that we do not know take none away, so the answer is
 * never too small. The port of a flow's original direction (conntrack) is as good
 * as the packet's. A rule that is left with more than a thousand is not worth
 * listing: then the answer is "any".
 */
#include "reach/port_map.h"
#include "reach/rule_legacy.h"
#include "reach/rule_registers.h"
#include "reach/rule_text.h"
#include "reach/rule_types.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_sctp.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

enum {
	PORTS_LISTED = 1024, /* of one rule */
	ARENA_RULES = 64,    /* that share an arena */
	SET_WALKS = 256,     /* walks over all elements, for all rules together */
};

struct finder {
	const struct netview *view;
	struct port_map all; /* of all rules so far */
	/* What the rule at hand can still mean: a range and, where a set was met, of that those in
	 * `rule`. Most rules have no set, and there are many rules. */
	unsigned first, last;
	bool has_set;
	struct port_map rule;
	struct port_map set;  /* scratch for a condition */
	struct port_map ends; /* scratch for the ends of a set's intervals */
	struct arena arena;   /* of operands, for some rules at a time */
	unsigned in_arena;
	unsigned set_walks;
	bool any;
};

/* Begins a rule: it may mean every port. */
static void rule_begin(struct finder *finder)
{
	finder->first = 0;
	finder->last = PORTS - 1;
	finder->has_set = false;
}

/* Leaves only first..last of the rule's ports. */
static void narrow(struct finder *finder, unsigned first, unsigned last)
{
	if (first > finder->first)
		finder->first = first;
	if (last < finder->last)
		finder->last = last;
}

/* Leaves only those of the rule's ports that are in finder->set. */
static void narrow_to_set(struct finder *finder)
{
	if (finder->has_set)
		port_map_and(&finder->rule, &finder->set);
	else
		finder->rule = finder->set;
	finder->has_set = true;
}

/* Takes over what the rule can mean. */
static void rule_end(struct finder *finder)
{
	if (finder->first > finder->last)
		return; /* nothing: its conditions contradict each other */
	if (finder->has_set) {
		port_map_limit(&finder->rule, finder->first, finder->last);
		if (port_map_count(&finder->rule) > PORTS_LISTED)
			finder->any = true;
		else
			port_map_or(&finder->all, &finder->rule);
	} else if (finder->last - finder->first >= PORTS_LISTED) {
		finder->any = true;
	} else {
		port_map_add(&finder->all, finder->first, finder->last);
	}
}

/* tcp */
static void narrow_by_tcp(struct finder *finder, const void *info)
{
	const struct xt_tcp *tcp = info;

	if (!(tcp->invflags & XT_TCP_INV_DSTPT))
		narrow(finder, tcp->dpts[0], tcp->dpts[1]);
}

/* udp */
static void narrow_by_udp(struct finder *finder, const void *info)
{
	const struct xt_udp *udp = info;

	if (!(udp->invflags & XT_UDP_INV_DSTPT))
		narrow(finder, udp->dpts[0], udp->dpts[1]);
}

/* sctp */
static void narrow_by_sctp(struct finder *finder, const void *info)
{
	const struct xt_sctp_info *sctp = info;

	if (sctp->flags & XT_SCTP_DEST_PORTS && !(sctp->invflags & XT_SCTP_DEST_PORTS))
		narrow(finder, sctp->dpts[0], sctp->dpts[1]);
}

/* conntrack, revision 3 */
static void narrow_by_conntrack(struct finder *finder, const void *info)
{
	const struct xt_conntrack_mtinfo3 *ct = info;

	if (ct->match_flags & XT_CONNTRACK_ORIGDST_PORT &&
	    !(ct->invert_flags & XT_CONNTRACK_ORIGDST_PORT))
		narrow(finder, ct->origdst_port, ct->origdst_port_high);
}

/* multiport, revision 1 */
static void narrow_by_multiport(struct finder *finder, const void *info)
{
	const struct xt_multiport_v1 *multi = info;
	unsigned count = multi->count < XT_MULTI_PORTS ? multi->count : XT_MULTI_PORTS;

	if (multi->flags != XT_MULTIPORT_DESTINATION || multi->invert)
		return;
	memset(&finder->set, 0, sizeof(finder->set));
	for (unsigned i = 0; i < count; i++) {
		unsigned first = multi->ports[i];

		if (multi->pflags[i] && i + 1 < count)
			i++;
		port_map_add(&finder->set, first, multi->ports[i]);
	}
	narrow_to_set(finder);
}

/* multiport, revision 0 */
static void narrow_by_multiport0(struct finder *finder, const void *info)
{
	const struct xt_multiport *multi = info;
	struct xt_multiport_v1 newer = {.flags = multi->flags, .count = multi->count};

	memcpy(newer.ports, multi->ports, sizeof(newer.ports));
	narrow_by_multiport(finder, &newer);
}

/* Narrows by a match of xtables. */
static void narrow_by_match(struct finder *finder, const char *name, uint32_t revision,
                            struct span info)
{
	static const struct {
		const char *name;
		uint8_t revision;
		uint16_t size;
		void (*narrow)(struct finder *finder, const void *info);
	} matches[] = {
	    {"tcp", 0, sizeof(struct xt_tcp), narrow_by_tcp},
	    {"udp", 0, sizeof(struct xt_udp), narrow_by_udp},
	    {"sctp", 0, sizeof(struct xt_sctp_info), narrow_by_sctp},
	    {"conntrack", 3, sizeof(struct xt_conntrack_mtinfo3), narrow_by_conntrack},
	    {"multiport", 1, sizeof(struct xt_multiport_v1), narrow_by_multiport},
	    {"multiport", 0, sizeof(struct xt_multiport), narrow_by_multiport0},
	};
	union {
		struct xt_sctp_info sctp;
		struct xt_conntrack_mtinfo3 conntrack; /* the longest of them */
		uint8_t bytes[256];
	} copy;

	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		if (strcmp(matches[i].name, name) != 0 || matches[i].revision != revision ||
		    matches[i].size > info.len || matches[i].size > sizeof(copy))
			continue;
		memcpy(copy.bytes, info.data, matches[i].size);
		matches[i].narrow(finder, &copy);
	}
}

/* A target of xtables that rewrites destinations. */
static bool target_rewrites(const char *name, const char *chain)
{
	static const char *const names[] = {"DNAT", "REDIRECT", "TPROXY", "DNPT"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	/* NETMAP rewrites destinations but where packets leave. */
	return strcmp(name, "NETMAP") == 0 && !same_name(chain, "POSTROUTING") &&
	       !same_name(chain, "INPUT");
}

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
		narrow(finder, port, port);
		return;
	}
	if (operand->len != 2)
		return;
	switch (attr_u32(attr[NFTA_CMP_OP], UINT32_MAX)) {
	case NFT_CMP_LTE:
		narrow(finder, 0, port);
		break;
	case NFT_CMP_LT:
		if (port > 0)
			narrow(finder, 0, port - 1);
		break;
	case NFT_CMP_GTE:
		narrow(finder, port, PORTS - 1);
		break;
	case NFT_CMP_GT:
		narrow(finder, port + 1, PORTS - 1);
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
	narrow(finder, port_at(first, 0), port_at(last, 0));
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
	narrow_to_set(finder);
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
		return target_rewrites(attr_string(attr[NFTA_TARGET_NAME]) ?: "", chain);
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

/* Whether a rule rewrites destinations at all; most do not. */
static bool rule_rewrites(const struct nft_rule *rule)
{
	struct span rest = rule->expressions;
	struct nft_expr expr;

	while (nft_expr_next(&rest, &expr))
		if (expr_rewrites(&expr, rule->chain))
			return true;
	return false;
}

/*
 * Finds the ports of one nft rule, native or of iptables-nft. What stands behind the rewriting no
 * longer decides about it.
 */
static void nft_rule_ports(struct finder *finder, const struct nft_rule *rule)
{
	struct registers registers = {.arena = &finder->arena};
	struct span rest = rule->expressions;
	struct nft_expr expr;

	rule_begin(finder);
	while (nft_expr_next(&rest, &expr) && !expr_rewrites(&expr, rule->chain)) {
		const struct span *attr = expr.attrs.by_type;

		if (strcmp(expr.name, "cmp") == 0)
			narrow_by_cmp(finder, &registers, &expr);
		else if (strcmp(expr.name, "range") == 0)
			narrow_by_range(finder, &registers, &expr);
		else if (strcmp(expr.name, "lookup") == 0)
			narrow_by_lookup(finder, &registers, rule, &expr);
		else if (strcmp(expr.name, "match") == 0)
			narrow_by_match(finder, attr_string(attr[NFTA_MATCH_NAME]) ?: "",
			                attr_u32(attr[NFTA_MATCH_REV], UINT32_MAX),
			                attr[NFTA_MATCH_INFO]);
		registers_step(&registers, &expr);
	}
	rule_end(finder);
	if (++finder->in_arena % ARENA_RULES == 0)
		arena_done(&finder->arena);
}

/* Finds the ports of one legacy table. */
static int legacy_ports(struct finder *finder, const struct xtables_table *table)
{
	struct legacy_walk walk = {.table = table};
	struct legacy_entry entry;

	while (legacy_next(&walk, &entry)) {
		struct xt_part target;
		struct xt_rule rule;
		int status;

		if (entry.head || !legacy_target(table, &entry, &target) ||
		    !target_rewrites(target.name, entry.chain))
			continue;
		rule_begin(finder);
		status = xt_rule_from_legacy(table, &entry, &rule);
		if (status == -ENOMEM)
			return status;
		if (status == 0) {
			vec_foreach(match, &rule.matches)
				narrow_by_match(finder, match->name, match->revision, match->info);
			xt_rule_done(&rule);
		}
		rule_end(finder);
	}
	return 0;
}

int rule_rewritten_ports(const struct netview *view, struct ports *ret_ports, bool *ret_any)
{
	_cleanup_free_ struct finder *finder = calloc(1, sizeof(*finder));
	struct ports ports = {0};
	struct nft_rule rule;
	size_t offset = 0;
	int status;

	if (!finder)
		return -ENOMEM;
	finder->view = view;
	while (nft_rule_next(view, &offset, &rule))
		if (rule_rewrites(&rule))
			nft_rule_ports(finder, &rule);
	arena_done(&finder->arena);
	vec_foreach(table, &view->xtables) {
		status = legacy_ports(finder, table);
		if (status < 0)
			return status;
	}
	for (unsigned port = 0; port < PORTS; port++) {
		uint16_t *item = port_map_has(&finder->all, port) ? vec_push(&ports) : NULL;

		if (item) {
			*item = (uint16_t)port;
		} else if (port_map_has(&finder->all, port)) {
			vec_done(&ports);
			return -ENOMEM;
		}
	}
	*ret_ports = ports;
	*ret_any = finder->any;
	return 0;
}
