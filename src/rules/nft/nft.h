/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft rulesets, as text and as JSON: what the parts of the two readers share.
 *
 * Theory of operation. Both readers go over the source twice. First they declare: tables, chains,
 * sets with their elements, variables; of rules only the place is kept. Then each rule is read
 * into statements and expressions as nft's grammar has them (nft(8)), and at once built into steps,
 * so one rule's expressions are all that is ever in memory. What a rule means is written once, in
 * ruleset_nft_match.c and its neighbours: they know neither of text nor of JSON.
 *
 * A statement may have several outcomes that one row of steps cannot tell ("the element of a map
 * that the packet hits", "in a set, or in what was added to it since"). Then the rule becomes as
 * many rules of the form, one for each outcome, that exclude each other and have its line and text.
 *
 * Loads that fail break a rule in the kernel: "tcp dport 80" holds for TCP, and for no fragment but
 * the first; "ip saddr" for IPv4; any key of ct but its state for packets that have a flow. Such
 * conditions become matches of their own in front (nft itself adds most of them when it compiles).
 *
 * Two things are taken as they mostly are: "ip6 nexthdr" is the protocol behind all extension
 * headers, and frames have no VLAN tag that the kernel did not take off ("vlan ..." itself is an
 * unknown). The elements of a set are those of the listing, with or without a timeout; where rules
 * add to or delete from the set they are a lower bound, and what is not listed is an unknown.
 */
#pragma once

#include "rules/ruleset.h"
#include "rules/nft/symbols.h"

#include <string.h>

enum {
	NFT_RULES_MAX = 1000000,    /* rules, and what maps make of them */
	NFT_ELEMENTS_MAX = 1000000, /* of all sets in the file */
	NFT_BOXES_MAX = 8000000,    /* intervals of all steps */
	NFT_NODES_MAX = 8000000,    /* of one rule or set */
	NFT_WORK_MAX = 30000000,    /* nodes made, and elements of named sets gone through */
	NFT_DEPTH_MAX = 32,         /* of braces, parentheses and variables in each other */
	NFT_FORKS_MAX = 8,          /* statements of a rule that have several outcomes */
	NFT_JOINED_MAX = 64,        /* operands of & | ^ in one row */
	NFT_WORD_MAX = 1024,        /* bytes of a word */
	NFT_DIMENSIONS = 8,         /* fields of a concatenation */
	NFT_TEXT_MAX = 2000,        /* of a rule's text */
	NFT_STATEMENTS_MAX = 1000,  /* of a rule */
};

/* A piece of the source, or of memory that lives as long. */
struct nft_slice {
	const char *text;
	size_t len;
};

/* Whether a slice is a word. */
static inline bool nft_slice_is(struct nft_slice slice, const char *word)
{
	size_t i = 0;

	while (i < slice.len && slice.text[i] == word[i])
		i++;
	return i == slice.len && word[i] == 0;
}

/* What values are, and how they are written. */
enum nft_type {
	TYPE_ANY, /* of fields that the form does not have: values are never looked at */
	TYPE_NUMBER,
	TYPE_IPV4,
	TYPE_IPV6,
	TYPE_ADDRESS, /* either: "ct original saddr" */
	TYPE_ETHER,
	TYPE_PORT,
	TYPE_PROTOCOL,
	TYPE_MARK,
	TYPE_NAME,  /* of an interface */
	TYPE_INDEX, /* the same by index: printed as a name where there is such an interface */
	TYPE_FAMILY,
	TYPE_ETHER_TYPE,
	TYPE_ICMP,
	TYPE_ICMP6,
	TYPE_ICMP_CODE,
	TYPE_ICMP6_CODE,
	TYPE_ICMPX_CODE,
	TYPE_TCP_FLAGS,
	TYPE_STATE,
	TYPE_STATUS,
	TYPE_DIRECTION,
	TYPE_PACKET_TYPE,
	TYPE_ADDRESS_TYPE,
	TYPE_DSCP,
	TYPE_BOOLEAN,
	TYPE_VERDICT,
	NFT_TYPES
};

/* By the name that declarations of sets use; TYPE_ANY for one that is nft's but nothing here. */
bool nft_type_find(struct nft_slice name, enum nft_type *ret_type) __attribute__((nonnull));
/* Its values are rows of bits, so that "a,b" is both. */
bool nft_type_is_flags(enum nft_type type);
/* Bits of its values. */
unsigned nft_type_bits(enum nft_type type);
/* What is expected of a value, for messages: "an IPv4 address". */
const char *nft_type_wanted(enum nft_type type);
/*
 * One value. 0, -EINVAL when it is none, -EOPNOTSUPP when it is one that the form cannot say
 * (an interface's index).
 */
int nft_type_read(enum nft_type type, struct nft_slice word, bool quoted,
                  struct interval *ret_value) __attribute__((nonnull, warn_unused_result));
/* A number, decimal or 0x; false when it is none or above max. */
bool nft_number(struct nft_slice word, uint64_t max, uint64_t *ret_number) __attribute__((nonnull));
/* All ones of a type's bits. */
field_value nft_type_ones(enum nft_type type);

/* How a field of nft is said in a field of the form. */
enum nft_how {
	HOW_PLAIN,
	HOW_HIGH,       /* in the upper byte of 16 bits: icmp type */
	HOW_LOW,        /* in the lower one: icmp code */
	HOW_STATE,      /* one of enum packet_state by its bit */
	HOW_FAMILY,     /* meta nfproto */
	HOW_ETHER_TYPE, /* the family by its EtherType */
	HOW_PAYLOAD,    /* ip6 length: without the header of 40 bytes */
	HOW_OFFSET,     /* ip frag-off: only its 13 bits against 0 */
};

/* What must hold for a field to be loaded at all. */
enum nft_need {
	NEED_IPV4 = 1,
	NEED_IPV6 = 2,
	NEED_FIRST = 4,   /* the transport header: no later fragment */
	NEED_FLOW = 8,    /* ct: neither invalid nor untracked */
	NEED_PORTS = 16,  /* a protocol with ports, else it is other bytes */
	NEED_ETHER = 32,  /* a link-layer header */
	NEED_OWN = 64,    /* unknown anew each time (numgen) */
	NEED_FIXED = 128, /* the family of "meta nfproto" is the hook's */
};

/* A field of packets, or a key of meta, ct, fib, ... */
struct nft_field {
	const char *group, *name; /* "tcp", "dport" */
	uint8_t type;             /* enum nft_type */
	uint8_t field;            /* enum field; FIELDS: not in the form */
	uint8_t how;              /* enum nft_how */
	uint8_t needs;            /* enum nft_need */
	uint8_t protocol;         /* that it belongs to; 0 for none */
};

/* The field of a group; NULL when the group does not have it. */
const struct nft_field *nft_field_find(struct nft_slice group, struct nft_slice name);
/* A field that the form does not have, of a group that says what loading it needs. */
const struct nft_field *nft_field_other(struct nft_slice group);
/* Whether nft has a field, as far as the fields of its group are known here. */
bool nft_field_known(struct nft_slice group, struct nft_slice name);
/* Whether a word begins fields: "tcp", "meta", "fib". */
bool nft_field_group(struct nft_slice word);
/*
 * The field behind "@BASE,OFFSET,LEN", in a rule of which the packet's family and protocol are
 * known so far (0: not); NULL when no field of the form lies there.
 */
const struct nft_field *nft_field_raw(struct nft_slice raw, uint8_t family, uint8_t protocol);

/* Expressions. */
enum nft_kind {
	NFT_WORD,    /* a value as it is written */
	NFT_FIELD,   /* field, and in `word` how it is called where its name does not tell */
	NFT_PREFIX,  /* child, bits */
	NFT_RANGE,   /* two children */
	NFT_CONCAT,  /* children */
	NFT_LIST,    /* children, joined by commas */
	NFT_BINARY,  /* op, two children */
	NFT_SET,     /* children */
	NFT_ELEMENT, /* a key, and the value that a map has for it */
	NFT_NAME,    /* @word */
	NFT_MAP,     /* key, set */
	NFT_VERDICT, /* verdict, word: a chain */
	NFT_ANY,     /* "*" in a set */
};

enum nft_op {
	OP_NONE, /* none written */
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_GT,
	OP_LE,
	OP_GE,
	OP_NOT, /* "!": none of the bits */
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_LEFT,
	OP_RIGHT,
};

struct nft_node {
	uint8_t kind, op;
	uint8_t verdict; /* enum rule_verdict */
	uint8_t bits;
	bool quoted;
	const struct nft_field *field;
	struct nft_slice word;
	const char *at; /* where it stands in the source */
	struct nft_node *child, *last, *next;
};

enum nft_statement_kind {
	NFT_MATCH,     /* left op right */
	NFT_VMAP,      /* left, right: a set or its name */
	NFT_END,       /* a verdict */
	NFT_REJECT,    /* family, protocol: what its answer needs */
	NFT_SET_FIELD, /* left set right */
	NFT_NAT,
	NFT_NOTRACK,
	NFT_EFFECT,   /* text */
	NFT_MAYBE,    /* text: goes on or not */
	NFT_SYNPROXY, /* text */
	NFT_UPDATE,   /* left: the key; text; own: it may break */
	NFT_OBJECT,   /* left: its map's key, right: the map; text; own: it may break */
	NFT_FOREIGN,  /* an xtables target: text, word */
};

struct nft_statement {
	enum nft_statement_kind kind;
	uint8_t op; /* enum nft_op */
	uint8_t verdict;
	uint8_t family, protocol; /* 0 for none */
	bool own, prefix;
	enum nat_kind nat;
	struct nft_node *left, *right, *port;
	struct nft_slice word;
	const char *text; /* in the ruleset's arena */
	const char *at;
};

VEC_TYPE(nft_statements, struct nft_statement);

/* A store of nodes that is emptied at once. */
struct nft_pool {
	VEC(struct nft_node *) chunks;
	size_t used;
};

/* Names in scopes, by hash; values are indexes. */
struct nft_index {
	struct nft_index_slot {
		uint32_t scope, value;
		struct nft_slice name;
	} * slots;
	size_t n, room;
};

/* Adds or replaces. 0 or -ENOMEM. */
int nft_index_put(struct nft_index *index, uint32_t scope, struct nft_slice name, uint32_t value)
    __attribute__((nonnull, warn_unused_result));
bool nft_index_get(const struct nft_index *index, uint32_t scope, struct nft_slice name,
                   uint32_t *ret_value) __attribute__((nonnull));
void nft_index_done(struct nft_index *index) __attribute__((nonnull));

/* Elements: n_types intervals each, in row. */
struct nft_set {
	uint8_t n_types, n_data; /* dimensions of keys and of what a map has for them */
	uint8_t types[NFT_DIMENSIONS], data_types[NFT_DIMENSIONS];
	struct intervals keys, data;
	VEC(struct verdict) verdicts; /* of a verdict map, one for each element */
	size_t n;                     /* elements */
	bool any;                     /* the last element stands for all others */
	bool opaque;                 /* some are in no field of the form: keys are not to be used */
	bool added_to, deleted_from; /* by rules */
};

void nft_set_done(struct nft_set *set) __attribute__((nonnull));

struct nft_table {
	uint32_t scope;      /* of the names in it; another one when the table was deleted */
	int64_t first_place; /* rules of before were flushed */
};

struct nft_chain {
	uint32_t table, chain; /* in the ruleset */
	uint32_t scope;        /* the table's when the chain was declared */
	int64_t first_place;
};

/* A rule's place in the source, to be read when everything is declared. */
struct nft_place {
	int64_t order;  /* from 1; negative: inserted in front */
	const char *at; /* where it begins */
	size_t len;     /* JSON */
	uint32_t chain; /* index of nft->chains */
	uint32_t line;
	uint32_t n_variables; /* that were defined by then */
};

/* A set that a rule adds to or deletes from. */
struct nft_touch {
	uint32_t scope;
	bool deletes;
	struct nft_slice name;
};

struct nft_variable {
	struct nft_slice name;
	const char *at; /* its value, NULL when undefined */
	uint32_t older; /* index + 1 of one of the same name; 0 for none */
};

/* What is read. */
struct nft {
	const char *path, *start, *end;
	struct ruleset *ruleset;
	struct error **ret_error;
	struct nft_index tables_by_name, chains_by_name, sets_by_name, variables_by_name;
	VEC(struct nft_table) tables; /* as in the ruleset */
	uint32_t n_scopes;
	VEC(struct nft_chain) chains;
	VEC(struct nft_set) sets;
	VEC(struct nft_variable) variables;
	VEC(struct nft_place) places;
	VEC(struct nft_touch) touches;
	struct nft_pool pool;
	struct nft_statements statements; /* of the rule being read */
	struct step *steps;               /* room for those of the rule being built */
	size_t steps_room;
	size_t n_elements, n_boxes, n_rules, work;
	unsigned depth; /* of what is nested, in JSON */
};

void nft_done(struct nft *nft) __attribute__((nonnull));

/* Says "path:line:column: ..." of a place in the source. Returns -EINVAL. */
int nft_wrong(const struct nft *nft, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4), nonnull(1, 2, 3)));
/* "expected WHAT, found WORD". Returns -EINVAL. */
int nft_expected(const struct nft *nft, const char *at, struct nft_slice found, const char *what)
    __attribute__((nonnull(1, 2, 4)));
int nft_no_memory(const struct nft *nft) __attribute__((nonnull));
/* Says that there is too much of something. Returns -E2BIG. */
int nft_too_many(const struct nft *nft, const char *at, size_t max, const char *what)
    __attribute__((nonnull));

/* A zeroed node; NULL without memory or beyond the cap, then the error is set. */
struct nft_node *nft_node_new(struct nft *nft, enum nft_kind kind, const char *at)
    __attribute__((nonnull));
void nft_node_add(struct nft_node *node, struct nft_node *child) __attribute__((nonnull));
void nft_pool_reset(struct nft_pool *pool) __attribute__((nonnull));

/* A new statement at the end; NULL without memory or beyond the cap. */
struct nft_statement *nft_statement_new(struct nft *nft, enum nft_statement_kind kind,
                                        const char *at) __attribute__((nonnull));

/* A text that grows; nothing is added any more once memory is out. */
struct nft_text {
	char *data;
	size_t len, room;
	bool failed;
};

void nft_text_add(struct nft_text *text, const char *bytes, size_t len) __attribute__((nonnull(1)));
void nft_text_put(struct nft_text *text, const char *word) __attribute__((nonnull));
/* Adds a blank between what is there and what follows. */
void nft_text_blank(struct nft_text *text) __attribute__((nonnull));
/* Adds an expression, or a whole statement, in nft's words. */
void nft_text_node(struct nft_text *text, const struct nft_node *node) __attribute__((nonnull));
void nft_text_statement(struct nft_text *text, const struct nft_statement *statement)
    __attribute__((nonnull));
/* Copies the text into the ruleset's arena and empties it; NULL without memory. */
const char *nft_text_keep(struct nft *nft, struct nft_text *text) __attribute__((nonnull));

/*
 * Gives a field's node its field by its name, of which the first group_len bytes are the group's.
 * Takes the name.
 */
int nft_field_named(struct nft *nft, struct nft_node *node, struct nft_text *name, size_t group_len)
    __attribute__((nonnull, warn_unused_result));

/*
 * Declarations, for both readers. They say what is wrong, at a place in the source. Tables and
 * chains may be declared again.
 */
bool nft_family(struct nft_slice word, uint8_t *ret_family) __attribute__((nonnull));
int nft_table_declare(struct nft *nft, uint8_t family, struct nft_slice name, uint32_t *ret_table)
    __attribute__((nonnull, warn_unused_result));
int nft_chain_declare(struct nft *nft, uint32_t table, struct nft_slice name, unsigned line,
                      uint32_t *ret_chain) __attribute__((nonnull, warn_unused_result));
struct chain *nft_chain_of(const struct nft *nft, uint32_t chain) __attribute__((nonnull));
bool nft_chain_lookup(const struct nft *nft, uint32_t table, struct nft_slice name,
                      uint32_t *ret_chain) __attribute__((nonnull));
int nft_set_declare(struct nft *nft, uint32_t table, struct nft_slice name, uint32_t *ret_set)
    __attribute__((nonnull, warn_unused_result));
struct nft_set *nft_set_lookup(const struct nft *nft, uint32_t table, struct nft_slice name)
    __attribute__((nonnull));
/* Chain types, hooks, priorities by name; false when there is none. */
bool nft_chain_type(struct nft_slice word, enum chain_type *ret_type) __attribute__((nonnull));
bool nft_chain_hook(uint8_t family, struct nft_slice word, unsigned *ret_hook)
    __attribute__((nonnull));
bool nft_chain_priority(uint8_t family, struct nft_slice word, int *ret_priority)
    __attribute__((nonnull));
bool nft_verdict_word(struct nft_slice word, enum rule_verdict *ret_verdict)
    __attribute__((nonnull));
/* Notes where a rule stands. */
int nft_place_add(struct nft *nft, uint32_t chain, bool front, const char *at, size_t len,
                  unsigned line) __attribute__((nonnull, warn_unused_result));
/* Notes that a rule changes a set; tells the sets, when all are declared. */
int nft_touch_add(struct nft *nft, uint32_t table, struct nft_slice set, bool deletes)
    __attribute__((nonnull, warn_unused_result));
void nft_touches_tell(struct nft *nft) __attribute__((nonnull));
/* Puts the places into the order in which rules are built. */
void nft_places_sort(struct nft *nft) __attribute__((nonnull));
/* Whether the rule is still there: neither flushed nor deleted with its table. */
bool nft_place_holds(const struct nft *nft, const struct nft_place *place) __attribute__((nonnull));
/* `flush ruleset`, `flush table`, `delete table`, `flush chain`. */
void nft_flush_ruleset(struct nft *nft) __attribute__((nonnull));
void nft_flush_table(struct nft *nft, uint32_t table) __attribute__((nonnull));
void nft_delete_table(struct nft *nft, uint32_t table) __attribute__((nonnull));
void nft_flush_chain(struct nft *nft, uint32_t chain) __attribute__((nonnull));

/* Adds the elements of an NFT_SET node to a set whose types are known. */
int nft_set_fill(struct nft *nft, uint32_t table, struct nft_set *set, const struct nft_node *node)
    __attribute__((nonnull, warn_unused_result));
/* One value, prefix, range or list of bits as an interval of a type's values. */
int nft_value(struct nft *nft, enum nft_type type, const struct nft_node *node,
              struct interval *ret_value) __attribute__((nonnull, warn_unused_result));

/* Builds the rule of nft->statements into a chain. */
int nft_build(struct nft *nft, uint32_t chain, unsigned line, uint64_t handle, const char *text)
    __attribute__((nonnull, warn_unused_result));

/* The name of an op as it is written: "==", "&". */
const char *nft_op_word(enum nft_op op);
