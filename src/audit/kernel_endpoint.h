/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Endpoints of containers whose engine does not answer (M41): what the ruleset and the engine's
 * relays still tell of them.
 *
 * Theory of operation. observe found the containers that run, their addresses and what listens in
 * them. Which of that is published stands in rules that translate to them, and in the sockets of
 * docker-proxy where it lives on; the engine's own rules are taken as mappings, with the address
 * that they ask for. A rule or a relay that leads to a container which nobody has seen makes an
 * endpoint that has an address for a name. Pure.
 */
#pragma once

#include "audit/audit.h"

/* Adds to audit->endpoints, and to their mappings. 0 or -ENOMEM. */
int kernel_endpoints(struct audit *audit) __attribute__((nonnull, warn_unused_result));
