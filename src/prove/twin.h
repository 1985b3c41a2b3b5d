/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin: a throw-away network namespace that carries a copy of a netview.
 *
 * Theory of operation. Two fresh namespaces are made: the twin proper, with the host's links
 * by name, index, MAC and (where the kind decides anything) kind, its addresses, routes, rules,
 * sysctls, nftables, legacy tables and ipsets; and the far side, which holds the other end of
 * each of the twin's veths, so that links have a carrier and AF_PACKET has somewhere to send
 * from. Both live as long as the descriptors here: nothing is mounted, nothing has a name, and
 * a killed process leaves nothing.
 * Bridges are bridges, and VRFs VRFs where this kernel has them; all other links - NICs, tunnels,
 * VLANs, bonds - stand as veths of the same name. One that has no MAC on the host (a tunnel) has
 * 02:5e and its index. As root, or inside a user namespace of its own.
 */
#pragma once

#include "observe/netview.h"

struct twin {
	int netns;      /* the twin proper */
	int far_netns;  /* the other ends: each named and numbered as the link it belongs to */
	int home_netns; /* where the maker stood */
	struct arena arena;
	struct notes notes; /* what could not be copied, and so makes an answer incomplete */
	struct twin_handles *handles;   /* which rules of the host its rules are; private */
	VEC(struct twin_legacy) legacy; /* the same of legacy tables; private */
};

/*
 * Builds a twin of the view. `user_namespace`: first move this process, which must have one thread
 * only, into a new user namespace (for good), so that no privilege is needed. The caller is left in
 * its own network namespace, or, as a user namespace cannot go back there, in an empty one.
 * 0 and a twin for twin_free(), or a negative errno with a sentence.
 */
int twin_new(const struct netview *view, bool user_namespace, struct twin **ret_twin,
             struct error **ret_error) __attribute__((nonnull(1, 3), warn_unused_result));

/* Moves the calling thread into the twin, its far side, or back home. 0 or a negative errno. */
int twin_enter(const struct twin *twin) __attribute__((nonnull, warn_unused_result));
int twin_enter_far(const struct twin *twin) __attribute__((nonnull, warn_unused_result));
int twin_leave(const struct twin *twin) __attribute__((nonnull, warn_unused_result));

/*
 * Reads the twin back and compares what it says of itself with the view, after normalising what a
 * copy cannot share (handles, counters, remaining time). Each difference becomes a note. Before
 * anything is added to the twin. 0 or a negative errno.
 */
int twin_check(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Takes the engine's own address translation out of the twin (iptables chains DOCKER and
 * DOCKER-INGRESS of table nat, legacy or nft; NAT base chains of tables docker-bridges;
 * netavark's): what a packet to a published port would meet if the engine had not gone around
 * INPUT.
 */
int twin_drop_engine_nat(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * The host's handle of a rule that a trace in the twin names by the twin's. False when there is no
 * such rule in the twin, or its chain was changed since. May be called from any namespace.
 */
bool twin_host_handle(const struct twin *twin, uint8_t family, const char *table, const char *chain,
                      uint64_t twin_handle, uint64_t *ret_host_handle) __attribute__((nonnull));

/*
 * The same of a legacy entry: where one that stands at an offset in the twin's table stands in the
 * view's; other offsets only where rules had to be left out.
 */
uint64_t twin_host_offset(const struct twin *twin, uint8_t family, const char *table,
                          uint64_t offset) __attribute__((nonnull));

void twin_free(struct twin *twin);
DEFINE_CLEANUP(struct twin, twin_free);
