/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts that a twin is made of, one function a noun. Private to prove.
 *
 * Each is called with the thread standing in the twin proper. What cannot be copied becomes a note
 * of the twin, never an error: errors are for what leaves no twin at all (no memory, no netlink).
 */
#pragma once

#include "prove/twin.h"
#include "prove/twin_wire.h"

/* Adds a note; beyond a cap one last note says that there were more. 0 or -ENOMEM. */
int twin_note(struct twin *twin, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(1, 2)));

/* Sysctls that decide for what is made later: forwarding, defaults for new links, and quiet. */
int twin_sysctls_before(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));
/* Those of links, once the links are there. */
int twin_sysctls_after(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));

/* Whether a sysctl is the machine's own, which a namespace only shows. */
bool sysctl_machine_wide(const char *path) __attribute__((nonnull));

/* The largest MTU that a veth or a bridge takes (ETH_MAX_MTU). */
enum { TWIN_MTU_MAX = 65535 };
/* The MAC of the twin's copy of a link that has none (a tunnel): told by its index. */
void twin_invented_mac(uint32_t ifindex, uint8_t mac[static 6]);
/* Links and their far ends, all in the state that the view has them in. */
int twin_links(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));

int twin_addresses(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));
int twin_nexthops(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));
int twin_routes(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));
int twin_rules(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));

/* Drafts the creation of each route, rule or nexthop object of a run, in the run's order. */
int route_parcels(const struct bytes *run, struct parcels *parcels)
    __attribute__((nonnull, warn_unused_result));
int rule_parcels(const struct bytes *run, struct parcels *parcels)
    __attribute__((nonnull, warn_unused_result));
int nexthop_parcels(const struct bytes *run, struct parcels *parcels)
    __attribute__((nonnull, warn_unused_result));
/* Writes what a raw route is, for notes: "route to 10.0.0.0/8 in table 254". */
enum { ROUTE_DESCRIPTION = 96 };
const char *route_describe(const struct nlmsghdr *raw, char text[static ROUTE_DESCRIPTION])
    __attribute__((nonnull));

/* ipsets, at the indexes that rules know them by; before the rules of either kind. */
int twin_ipsets(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));
int twin_nft(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));
int twin_xtables(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((warn_unused_result));

/* Which rule of the host each rule of the twin is; see twin_handles.c. */
struct twin_handles;
void twin_handles_free(struct twin_handles *handles);
DEFINE_CLEANUP(struct twin_handles, twin_handles_free);
