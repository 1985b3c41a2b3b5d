/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An iptables rule, wherever it came from, and its spelling by iptables-save.
 *
 * Theory of operation. A rule of a legacy table is one entry of a blob; a rule that
 * iptables-nft wrote is an nft rule of native expressions and "compat" ones that
 * carry xtables' own structures. Both are brought into struct xt_rule here, native
 * expressions by building the structure they stand for, so that there is one place
 * that spells a match or a target and one that finds its ports. Structures have
 * linux/netfilter/xt_*.h's layout; their lengths are checked, their strings need
 * not end. What has no printer is spelt "-m NAME <...>".
 */
#pragma once

#include "base/arena.h"
#include "base/vec.h"
#include "rules/listing/print.h"
#include "rules/listing/wire.h"

enum { XT_NAME = 32, XT_INTERFACE = 16 };

/* A match or a target: strings and info are borrowed from the netview or the rule's arena. */
struct xt_part {
	const char *name;
	uint32_t revision;
	struct span info;
};

struct xt_address {
	uint8_t address[16], mask[16];
	bool negated;
};

struct xt_interface {
	char name[XT_INTERFACE];
	uint8_t compared; /* bytes of name; its NUL not among them: a prefix */
	bool negated;
};

enum xt_action {
	XT_ACTION_NONE, /* goes on with the next rule */
	XT_ACTION_TARGET,
	XT_ACTION_VERDICT, /* target.name is "ACCEPT", "DROP", "RETURN", "QUEUE" */
	XT_ACTION_JUMP,    /* target.name is a chain */
	XT_ACTION_GOTO,
};

struct xt_rule {
	uint8_t family; /* AF_INET or AF_INET6 */
	struct xt_address source, destination;
	struct xt_interface in, out;
	uint16_t protocol; /* 0: any */
	bool protocol_negated, fragment, fragment_negated;
	VEC(struct xt_part) matches;
	enum xt_action action;
	struct xt_part target;
	struct arena arena;
};

/* Releases what a rule holds. */
void xt_rule_done(struct xt_rule *rule) __attribute__((nonnull));

/*
 * Brings an nft rule that iptables-nft wrote into *ret_rule. Returns 0, -ENOTSUP when it has
 * expressions that iptables has no word for, or -ENOMEM.
 */
int xt_rule_from_nft(const struct nft_rule *nft, struct xt_rule *ret_rule)
    __attribute__((nonnull, warn_unused_result));

/* "-A CHAIN ..." as a string that the caller frees; NULL without memory. */
char *xt_rule_text(const struct netview *view, const struct xt_rule *rule, const char *chain)
    __attribute__((nonnull));

/* What a printer needs to know beside the bytes. */
struct xt_context {
	const struct netview *view; /* for names of ipsets */
	struct text *text;
	uint8_t family;
};

/* How one revision of a match or a target spells its options. */
struct xt_spelling {
	const char *name;
	uint8_t family; /* 0 for both */
	uint8_t revision;
	uint16_t size; /* bytes that print() reads at least */
	void (*print)(const struct xt_context *context, const void *info);
};

/* Adds " -m NAME OPTIONS". */
void xt_match_add(const struct xt_context *context, const struct xt_part *match)
    __attribute__((nonnull));
/* Adds " -j NAME OPTIONS". */
void xt_target_add(const struct xt_context *context, const struct xt_part *target)
    __attribute__((nonnull));

/* Runs the printer for a part; adds " <...>" where there is none or the info is too short. */
void xt_spell(const struct xt_context *context, const struct xt_part *part,
              const struct xt_spelling *spellings, size_t n) __attribute__((nonnull(1, 2)));

/* Adds a string of a fixed field, quoted as iptables-save does. */
void xt_add_string(const struct xt_context *context, const char *string, size_t size)
    __attribute__((nonnull));
/* Adds "a" or "a:b". */
void xt_add_range(const struct xt_context *context, unsigned first, unsigned last)
    __attribute__((nonnull));
/* Adds "0x1" or "0x1/0xff". */
void xt_add_mark(const struct xt_context *context, unsigned mark, unsigned mask)
    __attribute__((nonnull));
/* Adds an address of the rule's family. */
void xt_add_address(const struct xt_context *context, const void *bytes) __attribute__((nonnull));
/* Adds "ADDRESS/LENGTH", or with the mask spelt out when it is no prefix's. */
void xt_add_prefix(const struct xt_context *context, const void *address, const void *mask)
    __attribute__((nonnull));
/* Adds an ipset's name and its directions. */
void xt_add_set(const struct xt_context *context, unsigned index, unsigned dim, unsigned flags)
    __attribute__((nonnull));

/* Where a target of xtables sends a packet, or where from: all NAT targets in one shape. */
struct xt_nat {
	uint32_t flags; /* NF_NAT_RANGE_* */
	uint8_t family;
	uint8_t first[16], last[16];
	uint16_t first_port, last_port, base_port; /* host order */
};

/* Reads the info of a DNAT, SNAT, MASQUERADE, REDIRECT or NETMAP. False when it is too short. */
bool xt_nat_read(uint8_t family, const struct xt_part *target, struct xt_nat *ret_nat)
    __attribute__((nonnull));

/* Adds the options of one of them. False when the target is none of them, or too short. */
bool xt_nat_target_add(const struct xt_context *context, const struct xt_part *target)
    __attribute__((nonnull));

/* Bits that lead a mask, or -1 when others follow a gap. */
int xt_mask_len(const uint8_t *mask, size_t len) __attribute__((nonnull));
