/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From statements to steps.
 *
 * Theory of operation. Statements are built in order into one row of steps. A statement with
 * several outcomes builds one, has the rest of the rule built behind it (build_rest() ends with a
 * rule in the chain), takes its steps off again, and does the next. What is known of the packet at
 * each point (family, protocol, ...) is put back likewise, with struct known.
 */
#pragma once

#include "rules/nft/nft.h"

/* What the steps so far say of the packet. */
struct known {
	uint8_t family;   /* 0: either */
	uint8_t protocol; /* 0: any */
	bool first, flow; /* it is no later fragment; it has a flow */
	bool ports;       /* its protocol is one with ports */
	bool no_ports;    /* it is not */
};

struct build {
	struct nft *nft;
	uint32_t chain, table;
	uint8_t family; /* the table's */
	VEC(struct step) steps;
	struct known known;
	size_t next;    /* index of the statement behind the one at hand */
	unsigned forks; /* statements above that have several outcomes */
	bool forked;    /* the steps are needed again after this rule */
	unsigned line;
	uint64_t handle;
	const char *text;
};

/* What functions that build a statement return when the rest of the rule is built as well. */
enum { BUILT = 1 };

/* Where to come back to. */
struct fork {
	size_t n_steps, next;
	struct known known;
	bool forked;
};

/* Begins a statement with several outcomes; ends one of them; ends the statement: BUILT. */
int fork_begin(struct build *build, struct fork *fork, const char *at)
    __attribute__((nonnull, warn_unused_result));
int fork_outcome(struct build *build, const struct fork *fork)
    __attribute__((nonnull, warn_unused_result));
int fork_end(struct build *build, const struct fork *fork) __attribute__((nonnull));

/* Builds the statements from build->next on and adds the rule. */
int build_rest(struct build *build) __attribute__((nonnull, warn_unused_result));

/* Adds a step. NULL without memory, then the error is set. */
struct step *build_step(struct build *build, enum step_kind kind) __attribute__((nonnull));
/* Adds a match of one whole field with one interval. */
int build_match(struct build *build, enum field field, field_value first, field_value last)
    __attribute__((nonnull, warn_unused_result));
/* Adds a match that nothing meets. */
int build_never(struct build *build) __attribute__((nonnull, warn_unused_result));
/* Adds an UNKNOWN or an EFFECT. text is in the ruleset's arena. */
int build_unknown(struct build *build, bool shared, const char *text)
    __attribute__((nonnull(1), warn_unused_result));
int build_effect(struct build *build, const char *text)
    __attribute__((nonnull(1), warn_unused_result));
int build_verdict(struct build *build, enum rule_verdict kind, const char *chain)
    __attribute__((nonnull(1), warn_unused_result));
/* The words of a statement, kept. */
const char *build_words(struct build *build, const struct nft_statement *statement)
    __attribute__((nonnull));

/* Adds the conditions for the family, for the protocol. */
int build_family(struct build *build, uint8_t family) __attribute__((nonnull, warn_unused_result));
int build_protocol(struct build *build, uint8_t protocol)
    __attribute__((nonnull, warn_unused_result));
/* Adds what loading a field needs, of all fields in an expression. */
int build_needs(struct build *build, const struct nft_node *node)
    __attribute__((nonnull, warn_unused_result));

/* One field as it is compared: (field & mask) ^ flip. */
struct nft_operand {
	const struct nft_field *field;
	field_value mask, flip;
	bool opaque; /* it is in no field of the form */
};

struct nft_operands {
	struct nft_operand items[NFT_DIMENSIONS];
	unsigned n;
	bool opaque, own; /* of any of them */
};

/* What stands on the left of a comparison. */
int operands_read(struct build *build, const struct nft_node *left, struct nft_operands *ret)
    __attribute__((nonnull, warn_unused_result));
/*
 * Whether the transport header may be one without ports although the fields are ports: then the
 * statement is built for both. BUILT when it was.
 */
int operands_ports(struct build *build, const struct nft_operands *operands,
                   const struct nft_set *set, const char *at)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));

/*
 * The set behind the right side: a declared one, or `scratch` filled by the types of the operands.
 * data, n_data: the types of what a map has, 0 for a set.
 */
int operands_set(struct build *build, const struct nft_operands *operands,
                 const struct nft_node *right, const uint8_t *data, unsigned n_data,
                 struct nft_set *scratch, const struct nft_set **ret_set)
    __attribute__((nonnull(1, 2, 3, 6, 7), warn_unused_result));

/*
 * Adds a step of all elements from `first` on (n of them) of a set; *ret_step NULL where the form
 * cannot say it. verdicts: one for each box.
 */
int build_boxes(struct build *build, const struct nft_operands *operands, const struct nft_set *set,
                size_t first, size_t n, bool negated, bool verdicts, struct step **ret_step)
    __attribute__((nonnull, warn_unused_result));

/* Adds the match that a map has the key. BUILT when the rest of the rule is built with it. */
int build_member(struct build *build, const struct nft_statement *statement,
                 const struct nft_node *key, const struct nft_node *map, const uint8_t *data,
                 unsigned n_data) __attribute__((nonnull, warn_unused_result));

/* Statements; 0, BUILT or negative errno. */
int build_comparison(struct build *build, const struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int build_object(struct build *build, const struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int build_verdict_map(struct build *build, const struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int build_set_field(struct build *build, const struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int build_nat(struct build *build, const struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));

/*
 * Builds one outcome for each element of a map: its key matches, then `then` with the element's
 * index. What the form cannot tell of the keys is an unknown in each.
 */
int build_map(struct build *build, const struct nft_statement *statement,
              const struct nft_node *key, const struct nft_node *map, const uint8_t *data,
              unsigned n_data,
              int (*then)(struct build *build, const struct nft_statement *statement,
                          const struct nft_set *set, size_t element))
    __attribute__((nonnull(1, 2, 3, 4, 7), warn_unused_result));
