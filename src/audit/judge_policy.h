/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judging by the policy: whether who got in is among those whom a port's row of intent lets in.
 *
 * The rows of intent/intent.h that a bind address alone decides are left to judge.h, which knows
 * what bind addresses mean; those that a label or the policy decides are asked here, sender by
 * sender. Other containers are judged by their networks, unless a row lets them in by name. Pure.
 */
#pragma once

#include "audit/vantage.h"
#include "intent/intent.h"

/* The row that speaks for what an entry reached; NULL: none, or no policy. Borrowed. */
const struct intent_port *policy_row(const struct audit *audit,
                                     const struct audit_endpoint *endpoint,
                                     const struct reach_entry *entry) __attribute__((nonnull));

/* Whether a row is more than what the bind address says. */
bool policy_governs(const struct intent_port *row);

/* Whether a row lets a sender in. 0, 1, or -ENOMEM. */
int policy_allows(const struct intent *intent, const struct intent_port *row,
                  const struct vantage *vantage) __attribute__((nonnull, warn_unused_result));

/* The name of the zone that a sender is in: "world" or "containers" where there is no policy. */
const char *policy_zone_of(const struct audit *audit, const struct vantage *vantage)
    __attribute__((nonnull));

/* Notes in an entry who of a vantage point's senders is not meant. 0 or -ENOMEM. */
int policy_judge(const struct audit *audit, const struct audit_endpoint *endpoint,
                 const struct vantage *vantage, struct reach_entry *entry)
    __attribute__((nonnull, warn_unused_result));

/* Whether more than a mapping's bind address says that a sender may not come by it. 1, 0, or
 * -ENOMEM. */
int policy_shuts(const struct audit *audit, const struct audit_endpoint *endpoint,
                 const struct published_port *published, const struct vantage *vantage)
    __attribute__((nonnull, warn_unused_result));

/* Fills an endpoint's intent from its rows. False where no row governs. */
int policy_intents(const struct audit *audit, struct audit_endpoint *endpoint, bool *ret_governed)
    __attribute__((nonnull, warn_unused_result));

/*
 * Adds vantage points within the prefixes that the policy names, so that each sender stands for
 * those whom the policy cannot tell from it, and moves senders out of them where one stands for
 * all the rest. 0 or -ENOMEM; *ret_left_out counts the prefixes beyond the cap.
 */
int policy_split_vantages(const struct intent *intent, const struct netview *view,
                          struct vantages *vantages, unsigned *ret_left_out)
    __attribute__((nonnull, warn_unused_result));

/* Takes findings that the policy accepts out of the audit, and says so. 0 or -ENOMEM. */
int policy_accept_findings(struct audit *audit, time_t now)
    __attribute__((nonnull, warn_unused_result));
