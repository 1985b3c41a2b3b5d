/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule in words that an admin knows: as `iptables-save` or `nft list ruleset` would print it.
 *
 * Pure: reads the raw messages and blobs of a netview. An expression that it does not know is
 * printed as its name in angle brackets, never left out.
 */
#pragma once

#include "observe/netview.h"

/* Which rule, as traces and findings name it. */
struct rule_ref {
	uint8_t family; /* NFPROTO_INET, NFPROTO_IPV4, ... (AF_INET, AF_INET6 for legacy) */
	bool legacy;
	bool policy; /* the chain's policy */
	const char *table, *chain;
	uint64_t handle; /* nft handle, or the byte offset of a legacy entry */
};

/* Whose rule it is, as far as table, chain and comment tell. */
enum rule_owner { OWNER_ADMIN, OWNER_DOCKER, OWNER_UFW, OWNER_FIREWALLD, OWNER_OTHER };

/*
 * The text of a rule: "-A DOCKER -d 127.0.0.1/32 ! -i br-1 -p tcp --dport 1234 -j DNAT
 * --to-destination 172.18.0.2:80" for iptables rules (nft-backed or legacy), nft syntax for native
 * ones, and
 * "-P FORWARD ACCEPT" or "policy accept" for policies. One line of printable UTF-8. The caller
 * frees. NULL when there is no such rule.
 */
char *rule_text(const struct netview *view, const struct rule_ref *rule) __attribute__((nonnull));

/* The rule's number in its chain, from 1; 0 for policies and when there is no such rule. */
unsigned rule_line(const struct netview *view, const struct rule_ref *rule)
    __attribute__((nonnull));

/* "rule 3 of chain DOCKER", "policy of chain FORWARD". The caller frees; NULL when there is none.
 */
char *rule_position(const struct netview *view, const struct rule_ref *rule)
    __attribute__((nonnull));

/*
 * Whose rule it is, by the names of its chain (DOCKER*, ufw*, ...) and table (docker-bridges,
 * firewalld) alone. DOCKER-USER is the admin's.
 */
enum rule_owner rule_owner(const struct rule_ref *rule) __attribute__((nonnull));

/*
 * Whose rule it is, in a word: "Docker", "ufw", "firewalld", another program's name, or "yours".
 * In chains that are nobody's it looks at the rule as well: one that jumps to an owner's chain,
 * or has the very shape that Docker writes into FORWARD, POSTROUTING or raw PREROUTING, is that
 * owner's.
 */
const char *rule_owner_name(const struct netview *view, const struct rule_ref *rule)
    __attribute__((nonnull, returns_nonnull));

/*
 * Destination ports that rules which rewrite destinations (DNAT, REDIRECT, TPROXY, nft's nat,
 * redir, tproxy; legacy and nft) ask for. A rule whose ports cannot be read, that has no condition
 * on them, or one that leaves more than 1024, sets *ret_any: then every port may be rewritten.
 * Ports in host byte order, sorted, each once. 0 or a negative errno.
 */
VEC_TYPE(ports, uint16_t);
int rule_rewritten_ports(const struct netview *view, struct ports *ret_ports, bool *ret_any)
    __attribute__((nonnull, warn_unused_result));

/*
 * Calls see() for each rule of an iptables chain in order, nf_tables' first, then legacy, with its
 * text ("" where it has none), until it returns something else than 0, which is returned.
 */
int rules_of_chain(const struct netview *view, uint8_t family, const char *table, const char *chain,
                   int (*see)(const struct rule_ref *ref, const char *text, void *data), void *data)
    __attribute__((nonnull(1, 3, 4, 5)));
