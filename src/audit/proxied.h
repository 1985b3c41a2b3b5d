/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proxied: which endpoints the web proxies of the snapshot lead to, and who gets that far.
 *
 * A route's target is looked up as the proxy would reach it: on the host by a published port or the
 * container's own address, in a container by its neighbours' names as well. Who gets to the proxy
 * is what the proof saw arrive at its sockets. Pure.
 */
#pragma once

#include "audit/mechanism.h"
#include "audit/proof.h"

/* Fills audit->proxied. 0 or -ENOMEM. */
int proxied_find(struct audit *audit, const struct proof *proof)
    __attribute__((nonnull, warn_unused_result));

/*
 * Whether a way in that is as it was meant goes around a proxy that leads to the same endpoint; by
 * which mechanism, how bad that is, and what its sentence may name.
 */
bool proxied_passed(const struct audit *audit, const struct audit_endpoint *endpoint,
                    const struct reach_entry *entry) __attribute__((nonnull));
enum mechanism proxied_mechanism(const struct audit *audit, const struct audit_endpoint *endpoint)
    __attribute__((nonnull));
enum severity proxied_severity(const struct audit *audit, const struct audit_endpoint *endpoint,
                               const struct reach_entry *entry) __attribute__((nonnull));
void proxied_facts(struct audit *audit, const struct audit_endpoint *endpoint,
                   struct mechanism_facts *facts) __attribute__((nonnull));

/* Adds the findings: open through the proxy without a guard, led to nothing. 0 or -ENOMEM. */
int proxied_findings(struct audit *audit) __attribute__((nonnull, warn_unused_result));

/*
 * Says of the findings, which are in order of their rows, which proxy they go around; in words of
 * the first for each endpoint. 0 or -ENOMEM.
 */
int proxied_name(struct audit *audit) __attribute__((nonnull, warn_unused_result));

/* What a proxy asks whom for, for the line of an endpoint that is fine; NULL: none leads there. */
const char *proxied_words(struct audit *audit, size_t endpoint) __attribute__((nonnull));

/* Whether some map of the proxies of this name on the host itself was read. */
bool proxied_known(const struct audit *audit, const char *comm) __attribute__((nonnull(1)));
