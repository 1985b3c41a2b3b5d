/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nf_tables messages of a netview as tables, chains, rules, sets and elements.
 *
 * Theory of operation. The bytes may come from a stranger's capture file. Whoever
 * wants an attribute gets a span, a piece of the netview's own memory whose length
 * has been checked, and reads it through the functions here, which answer "not
 * there" to what is too short. A message that is cut off ends a walk; an attribute
 * that is malformed hides those behind it, nothing else. Spans and strings are
 * borrowed from the netview. Layouts: linux/netfilter/nf_tables.h.
 */
#pragma once

#include "observe/netview.h"

/* A piece of memory; data is NULL where there is none. */
struct span {
	const uint8_t *data;
	size_t len;
};

enum { ATTR_SLOTS = 20 };

/* The attributes of one nest by their type; those of type ATTR_SLOTS and above are passed over. */
struct attrs {
	struct span by_type[ATTR_SLOTS];
};

/* Takes one attribute off the front of *rest. False at the end, or where bytes are malformed. */
bool attr_next(struct span *rest, uint16_t *ret_type, struct span *ret_value)
    __attribute__((nonnull));
/* Sorts the attributes of a nest into their slots. */
struct attrs attrs_read(struct span nest);
/* The attributes of a message of nftables, behind its header; none where it is too short. */
struct nlmsghdr;
struct attrs attrs_of_message(const struct nlmsghdr *message) __attribute__((nonnull));
/* An attribute of one to eight bytes as a big-endian number, or `otherwise` when it is not there.
 */
uint64_t attr_number(struct span value, uint64_t otherwise);
/* The same, cut to 32 bits: nf_tables sends registers, keys, flags and lengths so. */
uint32_t attr_u32(struct span value, uint32_t otherwise);
/* A string with its NUL within the attribute, or NULL. */
const char *attr_string(struct span value);
/* The bytes of a nested NFTA_DATA_VALUE. */
struct span attr_data(struct span value);

struct nft_verdict {
	int32_t code; /* NF_ACCEPT, NF_DROP, NFT_JUMP, ... */
	const char *chain;
};

/* Reads a nested NFTA_DATA_VERDICT. False when it is none. */
bool attr_verdict(struct span value, struct nft_verdict *ret_verdict) __attribute__((nonnull));

/* One expression of a rule. */
struct nft_expr {
	const char *name; /* "payload", "cmp", ... */
	struct attrs attrs;
};

/* Takes one expression off a rule's NFTA_RULE_EXPRESSIONS. False at the end. */
bool nft_expr_next(struct span *rest, struct nft_expr *ret_expr) __attribute__((nonnull));
/* Reads a single nested expression, as dynset and sets carry them. */
bool nft_expr_read(struct span nest, struct nft_expr *ret_expr) __attribute__((nonnull));

struct nft_rule {
	uint8_t family; /* NFPROTO_* */
	const char *table, *chain;
	uint64_t handle;
	struct span expressions, userdata;
};

struct nft_chain {
	uint8_t family;
	const char *table, *name;
	const char *type; /* "filter", "nat", "route"; NULL for a chain that is only jumped to */
	bool is_base;
	uint32_t hook, policy; /* of a base chain */
};

struct nft_set {
	uint8_t family;
	const char *table, *name;
	uint32_t flags;     /* NFT_SET_* */
	uint32_t data_type; /* nft's own number of the type, or NFT_DATA_VERDICT */
	uint32_t key_len, data_len;
	uint32_t object_type;                /* NFT_OBJECT_* of a map of objects, else 0 */
	struct span expression, expressions; /* what each element carries: one, or a list */
};

struct nft_element {
	struct span key, key_end; /* key_end: the last key of a range in a concatenated set */
	struct span data;         /* the nest NFTA_SET_ELEM_DATA */
	uint32_t flags;           /* NFT_SET_ELEM_* */
};

/* Walks raw messages: *offset starts at 0. False at the end or where a message is cut off. */
bool nft_rule_next(const struct netview *view, size_t *offset, struct nft_rule *ret_rule)
    __attribute__((nonnull));
bool nft_set_next(const struct netview *view, size_t *offset, struct nft_set *ret_set)
    __attribute__((nonnull));
bool nft_chain_next(const struct netview *view, size_t *offset, struct nft_chain *ret_chain)
    __attribute__((nonnull));

/* The attributes (IPSET_ATTR_*) of the next message about an ipset. */
bool ipset_next(const struct netview *view, size_t *offset, struct attrs *ret_attrs)
    __attribute__((nonnull));

/* Finds by name. False when there is none, or a name is NULL. */
bool nft_chain_find(const struct netview *view, uint8_t family, const char *table, const char *name,
                    struct nft_chain *ret_chain) __attribute__((nonnull(1, 5)));
bool nft_set_find(const struct netview *view, uint8_t family, const char *table, const char *name,
                  struct nft_set *ret_set) __attribute__((nonnull(1, 5)));

/*
 * Calls each(element, data) for the elements of a set until it returns something else than 0, and
 * returns that.
 */
int nft_elements_walk(const struct netview *view, const struct nft_set *set,
                      int (*each)(const struct nft_element *element, void *data), void *data)
    __attribute__((nonnull(1, 2, 3)));

/* The comment in a rule's userdata, or NULL. */
const char *nft_rule_comment(const struct nft_rule *rule) __attribute__((nonnull));

/* Both strings are there and equal. */
bool same_name(const char *a, const char *b);
