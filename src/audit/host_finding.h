/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings about the host itself: the engine's API on the network, cluster ports, relays, foreign
 * ports of the engine's bridges, rules that were meant to close something and cannot. Pure.
 */
#pragma once

#include "audit/finding.h"

int host_findings(struct audit *audit, const struct proof *proof)
    __attribute__((nonnull, warn_unused_result));

/* Fills audit->firewall, firewall_name and firewall_denies from the snapshot's rules. 0 or -ENOMEM.
 */
int host_firewall(struct audit *audit) __attribute__((nonnull, warn_unused_result));
