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
#include "rules/listing/ports.h"
#include "rules/listing/legacy.h"
#include "rules/listing/text.h"

#include <linux/netfilter.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_sctp.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

enum { PORTS_LISTED = 1024 }; /* of one rule */

void finder_begin(struct finder *finder)
{
	finder->first = 0;
	finder->last = PORTS - 1;
	finder->has_set = false;
}

void finder_narrow(struct finder *finder, unsigned first, unsigned last)
{
	if (first > finder->first)
		finder->first = first;
	if (last < finder->last)
		finder->last = last;
}

void finder_narrow_to_set(struct finder *finder)
{
	if (finder->has_set)
		port_map_and(&finder->rule, &finder->set);
	else
		finder->rule = finder->set;
	finder->has_set = true;
}

void finder_end(struct finder *finder)
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
		finder_narrow(finder, tcp->dpts[0], tcp->dpts[1]);
}

/* udp */
static void narrow_by_udp(struct finder *finder, const void *info)
{
	const struct xt_udp *udp = info;

	if (!(udp->invflags & XT_UDP_INV_DSTPT))
		finder_narrow(finder, udp->dpts[0], udp->dpts[1]);
}

/* sctp */
static void narrow_by_sctp(struct finder *finder, const void *info)
{
	const struct xt_sctp_info *sctp = info;

	if (sctp->flags & XT_SCTP_DEST_PORTS && !(sctp->invflags & XT_SCTP_DEST_PORTS))
		finder_narrow(finder, sctp->dpts[0], sctp->dpts[1]);
}

/* conntrack, revision 3 */
static void narrow_by_conntrack(struct finder *finder, const void *info)
{
	const struct xt_conntrack_mtinfo3 *ct = info;

	if (ct->match_flags & XT_CONNTRACK_ORIGDST_PORT &&
	    !(ct->invert_flags & XT_CONNTRACK_ORIGDST_PORT))
		finder_narrow(finder, ct->origdst_port, ct->origdst_port_high);
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
	finder_narrow_to_set(finder);
}

/* multiport, revision 0 */
static void narrow_by_multiport0(struct finder *finder, const void *info)
{
	const struct xt_multiport *multi = info;
	struct xt_multiport_v1 newer = {.flags = multi->flags, .count = multi->count};

	memcpy(newer.ports, multi->ports, sizeof(newer.ports));
	narrow_by_multiport(finder, &newer);
}

void finder_narrow_by_match(struct finder *finder, const char *name, uint32_t revision,
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

bool finder_target_rewrites(const char *name, const char *chain)
{
	static const char *const names[] = {"DNAT", "REDIRECT", "TPROXY", "DNPT"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	/* NETMAP rewrites destinations but where packets leave. */
	return strcmp(name, "NETMAP") == 0 && !same_name(chain, "POSTROUTING") &&
	       !same_name(chain, "INPUT");
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
		    !finder_target_rewrites(target.name, entry.chain))
			continue;
		finder_begin(finder);
		status = xt_rule_from_legacy(table, &entry, &rule);
		if (status == -ENOMEM)
			return status;
		if (status == 0) {
			vec_foreach(match, &rule.matches)
				finder_narrow_by_match(finder, match->name, match->revision,
				                       match->info);
			xt_rule_done(&rule);
		}
		finder_end(finder);
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
		if (finder_nft_rewrites(&rule))
			finder_nft_rule(finder, &rule);
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
