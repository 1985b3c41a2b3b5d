/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that translate to one address: which port of which host address leads where.
 *
 * For when nobody else tells which ports are published. Pure.
 */
#pragma once

#include "observe/netview.h"

struct translation {
	uint8_t protocol;    /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	struct address host; /* the one address that the rule asks for; 0.0.0.0 or :: for others */
	uint16_t host_port;  /* 0: not one port, or not to be read */
	struct address target;
	uint16_t target_port;
	const char *owner; /* "Docker", "yours", ...; a constant */
};
VEC_TYPE(translations, struct translation);

/*
 * Adds the translations of all rules, nf_tables' and legacy, that name a protocol and lead to one
 * address and port. Negated conditions are passed over, so a rule may be asked for less than it
 * says here, never for more. 0 or -ENOMEM.
 */
int rule_translations(const struct netview *view, struct translations *translations)
    __attribute__((nonnull, warn_unused_result));
