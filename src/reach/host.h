/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host as far as it decides where packets go: its rules, routes, links and settings.
 *
 * Theory of operation. Made once from a decoded view, which is borrowed; everything that walks
 * packets or sets of packets through a host starts from it. Base chains are in the order in which
 * the kernel calls them: by priority, but for those of type nat, which all run where the kernel's
 * own translation hook stands, whatever their priority, and by priority among themselves
 * (net/netfilter/nf_nat_core.c, nf_nat_register_fn()). Pure.
 */
#pragma once

#include "reach/fib.h"
#include "rules/chain_graph.h"
#include "rules/listing/conntrack.h"

enum { HOST_HOOKS = 5 }; /* NF_INET_PRE_ROUTING to NF_INET_POST_ROUTING */

/* A base chain, by its number in the graph. */
struct host_base {
	uint32_t chain;
	int priority; /* where it runs, see above */
	bool nat;
	bool legacy; /* of iptables-legacy */
	/*
	 * It begins a run of `tied` chains, some legacy and some not, that stand at one priority,
	 * of which some change what others may see. The kernel calls first the one that was
	 * registered last, and does not say which that was; they stand here with the legacy ones
	 * first.
	 */
	unsigned tied;
};
VEC_TYPE(host_bases, struct host_base);

struct host {
	const struct netview *view; /* borrowed */
	struct ruleset ruleset;
	struct chain_graph graph;
	struct fib *fib;
	struct host_bases bases[2][HOST_HOOKS]; /* of IPv4, of IPv6; see host_bases() */
	struct host_bases bridge[HOST_HOOKS];   /* of the bridge family */
	bool ties;                              /* some legacy chain has a priority of others */
	unsigned conntrack;                     /* families whose flows are tracked: CONNTRACK_* */
	bool bridge_calls[2]; /* bridged IPv4, IPv6 comes by the hooks of IP (br_netfilter) */
};

/*
 * Gets ready. The table named `without` (NULL: none) is left out, in every family: that of who
 * catches probes. 0, or a negative errno with a sentence: rules that no kernel has (-EBADMSG,
 * -EINVAL), -E2BIG, -ENOMEM.
 */
int host_new(const struct netview *view, const char *without, struct host **ret_host,
             struct error **ret_error) __attribute__((nonnull(1, 3), warn_unused_result));

/* Whether packets of NFPROTO_IPV4 or _IPV6 have flows, and so come by chains of type nat. */
bool host_tracks(const struct host *host, uint8_t family) __attribute__((nonnull));

/* The base chains that packets of NFPROTO_IPV4 or _IPV6 meet at a hook (NF_INET_*), in order. */
const struct host_bases *host_bases_at(const struct host *host, uint8_t family, unsigned hook)
    __attribute__((nonnull));

/* The interface that IP sees a frame come in by: the bridge above a port, else the link itself. */
const struct link *host_ip_link(const struct host *host, const struct link *link)
    __attribute__((nonnull));

/* Whether a sender gives a field what value he likes, whoever he is and wherever he sends. */
bool host_field_is_open(enum field field);

/*
 * Whether rules and routes look at nothing that is open, and do nothing that cannot be told: then
 * all packets of one sender to one address and port get to the same end.
 */
bool host_is_plain(const struct host *host) __attribute__((nonnull));

void host_free(struct host *host);
DEFINE_CLEANUP(struct host, host_free);
