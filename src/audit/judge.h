/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judging: hits become reach entries, and each entry is held against what was declared.
 *
 * Theory of operation. Hits that differ only in where their source stood are one reach entry with
 * several sources. An entry is meant when the mapping's bind address says so (see
 * intent/declared.h); one that adds nobody to whom a meant entry by the same interface lets in is
 * meant as well: a gateway's address of a port that is open to everyone anyway tells nothing. Pure.
 */
#pragma once

#include "audit/hit.h"
#include "intent/declared.h"

/* Puts a hit into its endpoint's reach and notes the entry there. 0 or -ENOMEM. */
int judge_add(struct audit *audit, const struct netview *view, const struct vantages *vantages,
              struct hit *hit, bool live) __attribute__((nonnull, warn_unused_result));

/* Fills intent and reach[].meant of all endpoints. 0 or -ENOMEM. */
int judge_all(struct audit *audit) __attribute__((nonnull, warn_unused_result));

/* Whether an entry was meant by the bind address, taken for itself. */
bool judge_bind_means(const struct audit *audit, const struct audit_endpoint *endpoint,
                      const struct reach_entry *entry) __attribute__((nonnull));

/* What an endpoint's mappings of an address family declare, the widest of them. */
enum declared judge_declared(const struct audit_endpoint *endpoint, uint8_t family)
    __attribute__((nonnull));

/*
 * Whether anything tells what an endpoint was meant for. Without the engine's word (M41) only a
 * rule for a loopback address does.
 */
bool judge_meaning_known(const struct audit *audit, const struct audit_endpoint *endpoint)
    __attribute__((nonnull));
