/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings: what is wrong, how bad, in whose words, and what to do.
 *
 * Theory of operation. One finding for each (endpoint, mechanism, path, interface) that is not
 * meant, denied by INPUT (bypass) or meant and closed (outage); findings that differ only in the
 * interface are one row, a problem as a person counts it. Then the fine lines: what is as it was
 * meant. Pure.
 */
#pragma once

#include "audit/mechanism.h"
#include "audit/proof.h"

/* Fills audit->findings and audit->fine from reach entries and the proof. 0 or -ENOMEM. */
int findings_make(struct audit *audit, const struct proof *proof)
    __attribute__((nonnull, warn_unused_result));

/* Adds a finding about the host itself or a rule; strings of facts are copied. NULL when memory is
 * out. */
struct finding *finding_add(struct audit *audit, enum finding_kind kind, enum severity severity,
                            enum mechanism mechanism, const struct mechanism_facts *facts)
    __attribute__((nonnull));

/* Makes a finding one about an endpoint, by its index. */
void finding_about(const struct audit *audit, struct finding *finding, size_t endpoint)
    __attribute__((nonnull));

/* Makes a finding one about a way in: where it is, and by which rule. */
void finding_at(struct finding *finding, const struct reach_entry *entry) __attribute__((nonnull));

/* Says something that is no finding; NULL is no memory. 0 or -ENOMEM. */
int finding_note(struct audit *audit, const char *text)
    __attribute__((nonnull(1), warn_unused_result));

/* Whether a reach entry is a problem by itself. */
bool finding_is_problem(const struct audit *audit, const struct audit_endpoint *endpoint,
                        const struct reach_entry *entry) __attribute__((nonnull));

/*
 * "anyone", "neighbours on eth0", ...: who stands behind entries of one row; with `denied` only
 * those whom INPUT denies. Borrowed from the arena.
 */
const char *finding_who(struct audit *audit, const struct reach_entry *const *entries, size_t n,
                        bool denied) __attribute__((nonnull));
