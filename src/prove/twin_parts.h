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
