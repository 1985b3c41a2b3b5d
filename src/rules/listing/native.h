/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A native nf_tables rule in the spelling of `nft list ruleset`.
 *
 * Theory of operation. The rule is read once from left to right, with
 * rule_registers.h telling what is compared. Each condition and statement becomes
 * one item. nft adds conditions of its own to make others safe ("meta l4proto tcp"
 * before "tcp dport 80") and leaves them out when it lists; so an item can be
 * hidden again when what follows implies it. What nft merges (two neighbouring
 * fields in one comparison, >= and <= as a range) is taken apart likewise.
 */
#pragma once

#include "rules/listing/print.h"
#include "rules/listing/registers.h"
#include "rules/listing/types.h"

enum { NATIVE_NO_ITEM = -1 };

struct native_item {
	size_t start, end; /* in native.text */
	bool hidden;
};

struct native {
	const struct netview *view;
	uint8_t family;
	const char *table;
	struct arena arena;
	struct registers registers;
	struct text text;
	VEC(struct native_item) items;
	/* What is known of the packet so far, and the item that said so. */
	enum header link, network, transport;
	int link_item, network_item, transport_item;
	/* A lower bound that may become a range with the next comparison. */
	const struct operand *lower;
	struct span lower_value;
	int lower_item;
};

/* Gets ready for a rule of a table; native_done() releases. */
void native_init(struct native *native, const struct netview *view, uint8_t family,
                 const char *table) __attribute__((nonnull));
void native_done(struct native *native) __attribute__((nonnull));

/* Begins an item; what is added to native->text until native_end() is its text. */
void native_begin(struct native *native) __attribute__((nonnull));
/* Ends it. Returns its number, or NATIVE_NO_ITEM without memory. */
int native_end(struct native *native) __attribute__((nonnull));
/* Hides an item; NATIVE_NO_ITEM is fine. */
void native_hide(struct native *native, int item) __attribute__((nonnull));

/* Reads one expression and adds what it says. */
void native_expr(struct native *native, const struct nft_expr *expr) __attribute__((nonnull));

/* The items of a whole rule as one string that the caller frees; NULL without memory. */
char *native_rule_text(const struct netview *view, const struct nft_rule *rule)
    __attribute__((nonnull));

/* Adds an operand: "tcp dport", "meta mark & 0x000000ff", "1.2.3.4", "tcp dport map @ports". */
void native_add_operand(struct native *native, const struct operand *operand)
    __attribute__((nonnull));
/* The type of an operand's value. */
const struct datatype *native_type(const struct native *native, const struct operand *operand)
    __attribute__((nonnull, returns_nonnull));
/* Adds a constant operand as a value of `type`, anything else as it is. */
void native_add_value(struct native *native, const struct operand *operand,
                      const struct datatype *type) __attribute__((nonnull(1, 3)));
/* The field that a payload operand loads as a whole or by a mask; NULL when it is none. */
const struct field *native_field(const struct native *native, const struct operand *operand)
    __attribute__((nonnull));
/* The address field that a load begins with but does not load as a whole: a prefix. */
const struct field *native_prefix_field(const struct native *native, const struct operand *operand)
    __attribute__((nonnull));
/* The first bit set in a mask and how many follow; false when they are not in one row. */
bool native_mask_run(struct span mask, uint32_t *ret_first, uint32_t *ret_bits)
    __attribute__((nonnull));
/* All bytes are 0. */
bool native_all_zero(struct span bytes);
/*
 * Shifts a value compared with an operand that loads some bits of a byte (ip dscp, vlan id) down
 * to the field's own. Returns the field; NULL when the operand is no such thing.
 */
const struct field *native_shift(const struct native *native, const struct operand *operand,
                                 struct span value, uint8_t ret_shifted[static 8])
    __attribute__((nonnull));
/* The header that payload of an operand counts in. */
enum header native_header(const struct native *native, const struct operand *operand)
    __attribute__((nonnull));

/*
 * Adds the keys of a lookup and the set behind it: "ip saddr @blocked", "tcp dport { 80, 443 }",
 * "tcp dport map { 80 : 8080 }". `word`: "", "!= ", "map " or "vmap ".
 */
void native_add_lookup(struct native *native, const struct nft_expr *expr,
                       const struct operand *const *keys, unsigned n_keys, const char *word)
    __attribute__((nonnull));

/* The keys of a lookup, cut to the set's length. Returns how many. */
unsigned native_lookup_keys(struct native *native, const struct nft_expr *expr,
                            const struct operand *keys[static OPERAND_KEYS])
    __attribute__((nonnull));

/* Adds a verdict: "accept", "jump CHAIN". */
void native_add_verdict(struct native *native, const struct nft_verdict *verdict)
    __attribute__((nonnull));

/* Says a statement (anything but cmp, range, lookup). False when it is not known. */
bool native_statement(struct native *native, const struct nft_expr *expr) __attribute__((nonnull));

/* Adds what an operand of kind OPERAND_OTHER or OPERAND_HASH loads: "fib daddr type". */
void native_add_load(struct native *native, const struct operand *operand) __attribute__((nonnull));
/* Its type. */
const struct datatype *native_load_type(const struct operand *operand)
    __attribute__((nonnull, returns_nonnull));

/* Statements of files of their own: translation, */
void native_says_nat(struct native *native, const struct nft_expr *expr) __attribute__((nonnull));
void native_says_masq(struct native *native, const struct nft_expr *expr) __attribute__((nonnull));
void native_says_redir(struct native *native, const struct nft_expr *expr) __attribute__((nonnull));
void native_says_tproxy(struct native *native, const struct nft_expr *expr)
    __attribute__((nonnull));

/* and what writes registers out: "meta mark set VALUE", "ip daddr set VALUE", "dup to ADDRESS". */
void native_says_meta_set(struct native *native, const struct nft_expr *expr)
    __attribute__((nonnull));
void native_says_ct_set(struct native *native, const struct nft_expr *expr)
    __attribute__((nonnull));
void native_says_payload_set(struct native *native, const struct nft_expr *expr)
    __attribute__((nonnull));
void native_says_exthdr_set(struct native *native, const struct nft_expr *expr)
    __attribute__((nonnull));
void native_says_dup(struct native *native, const struct nft_expr *expr) __attribute__((nonnull));
void native_says_fwd(struct native *native, const struct nft_expr *expr) __attribute__((nonnull));
