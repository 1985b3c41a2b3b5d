/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading iptables-save: what the parts of the reader share.
 *
 * Theory of operation. A line is cut into words in place. A rule is read option by option, as
 * getopt would take them: the rule's own options first, then those of the matches and the target
 * that it named so far, the latest first. Each option is a line in a const table, with how many
 * words follow it and the function that reads them. Such a function either adds a step to the draft
 * at once (ports) or keeps what it read in its use of the extension (conntrack), for finish() to
 * make steps of when the whole rule is known. An extension whose answer is in no field of a packet
 * has options without functions: its own words become an UNKNOWN step.
 */
#pragma once

#include "rules/ruleset.h"

#include <netinet/in.h>

#include <linux/netfilter.h>
#include <stdio.h>

enum {
	XT_RULES_MAX = 1000000,
	XT_CHAINS_MAX = 65536,
	XT_LINE_MAX = 1 << 20,
};

/* One word of a line, quotes and escapes taken away. Valid until the next line. */
struct xt_word {
	const char *text;
	size_t from, to; /* in the line, quotes included */
	bool quoted;
};

VEC_TYPE(xt_words, struct xt_word);

/* Names and the numbers they stand for; the last one has no name. */
struct xt_name {
	const char *name;
	unsigned value, last; /* last: where a name is a range */
};

/* What an option got. */
struct xt_argument {
	const struct xt_word *option;
	const struct xt_word *values; /* as many as its table line says */
	bool negated;
	unsigned key; /* of the table's line */
};

struct xt_draft;
struct xt_use;

struct xt_option {
	const char *name;  /* without its dashes */
	unsigned n_values; /* words that follow it */
	unsigned flags;    /* enum xt_option_flag */
	/* NULL: its words are all that is kept of it. */
	int (*read)(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument);
	unsigned key;
};

enum xt_option_flag {
	XT_NOT = 1,   /* may be negated */
	XT_AGAIN = 2, /* may be given more than once */
};

/* A match or a target. */
struct xt_extension {
	const char *name;
	uint8_t family;                  /* NFPROTO_*, 0 for any */
	bool shared;                     /* see struct step */
	bool whole;                      /* does not look into fragments behind the first */
	const struct xt_option *options; /* the last one has no name; NULL for none */
	uint8_t protocols[6];            /* one of which the rule must be for; none for any */
	int (*finish)(struct xt_draft *draft, struct xt_use *use); /* NULL: nothing left to do */
};

/* A condition that a conntrack match joins with its others. */
struct xt_condition {
	size_t use; /* index */
	struct operand_field operand;
	struct interval interval;
	bool negated;
};

/* What an option of a rule was and where it stands. */
struct xt_mention {
	size_t use; /* index */
	size_t from, to;
};

/* An extension as one rule uses it. */
struct xt_use {
	const struct xt_extension *extension; /* NULL: one that we do not know */
	struct xt_word name;                  /* of -m or -j; where the protocol named it, -p */
	uint64_t seen;                        /* options, by their place in the table */
	bool target;
	union {
		struct {
			bool has_states, states_negated;
			unsigned states; /* bits of enum packet_state, XT_STATE_SNAT and _DNAT */
		} ct;
		struct {
			unsigned types[2]; /* of the source, of the destination */
			bool negated[2], limited;
		} address_type;
		struct {
			const char *name, *flags; /* of the line's words */
			bool negated, counted;
		} set;
		struct {
			bool address, port, marked;
			struct interval addresses, ports;
			uint32_t mark, mark_mask; /* of TPROXY */
		} nat;
		struct {
			unsigned action;           /* the key of its option's line; 0: none */
			uint32_t value, mask;      /* of what is set: see STEP_ASSIGN */
			uint32_t nf_mask, ct_mask; /* of copies: what is left out of them */
			bool shifted;
		} mark;
		struct {
			bool kept, forget;
			unsigned seen; /* options, by their keys */
			field_value value, mask;
		} change;
	};
};

enum { XT_STATE_SNAT = 1 << 8, XT_STATE_DNAT = 1 << 9 };

/* The rule being read. */
struct xt_draft {
	struct xt_reader *reader;
	struct rule rule; /* its steps are moved into the chain in the end */
	VEC(struct xt_use) uses;
	VEC(struct xt_mention) mentions;
	VEC(struct xt_condition) conditions;
	struct verdict verdict;              /* of -j and -g to a chain, or a standard target */
	const struct xt_word *jump;          /* -j or -g; NULL for none */
	const struct xt_word *protocol_word; /* -p */
	bool protocol_given, protocol_negated;
	uint8_t protocol;
	/*
	 * The step that leaves out ICMP errors, counted from 1 (0: none), and what decides for
	 * them; see ruleset_xt_errors.c.
	 */
	size_t errors_step;
	const char *errors_text;
	bool whole;        /* a match for FRAGMENT 0 is there */
	bool other_family; /* -4 among IPv6 rules, or -6 among IPv4 ones: not loaded */
	size_t counters_from, counters_to; /* -c, in the line */
};

/* Names in a table, by hash. */
struct xt_index {
	uint32_t *slots; /* index + 1 of a chain; 0: free */
	size_t n_slots;
};

struct xt_reader {
	const char *path;
	struct ruleset *ruleset;
	struct error **ret_error;
	const char *text, *end; /* what is left of the file */
	const char *line;       /* this line as it stands, borrowed from the file */
	size_t line_len;
	unsigned line_number;
	VEC(char) room; /* of the words of this line */
	struct xt_words words;
	struct xt_draft draft;
	struct xt_index index; /* of the chains of the table at hand */
	bool in_table;         /* the last of ruleset->tables */
	bool headed;           /* it began with "*NAME"; else it is "iptables -S" */
	bool any_headed;
	bool policies_only;                 /* of "iptables -S": no rule or chain line yet */
	uint8_t marked_family, last_family; /* 0: none */
	size_t n_rules, n_chains;
};

/* The table at hand. */
static inline struct table *xt_table(const struct xt_reader *reader)
{
	return &reader->ruleset->tables.items[reader->ruleset->tables.n - 1];
}

/* The family of the rule being read. */
static inline uint8_t xt_family(const struct xt_draft *draft)
{
	return xt_table(draft->reader)->family;
}

/* ruleset_xt_line.c */

/* Takes the next line and cuts it into words. 1, 0 at the end, or negative errno. */
int xt_line_next(struct xt_reader *reader) __attribute__((nonnull, warn_unused_result));
/* Says where a word stands, and a sentence. at NULL: at the line's end. Returns -EINVAL. */
int xt_wrong(const struct xt_reader *reader, const struct xt_word *at, const char *format, ...)
    __attribute__((format(printf, 3, 4), nonnull(1, 3)));
/* "found WORD, expected ...". Returns -EINVAL. */
int xt_expected(const struct xt_reader *reader, const struct xt_word *at, const char *what)
    __attribute__((nonnull));
/* The same of a part of a word, len bytes from offset in its text. */
int xt_expected_in(const struct xt_reader *reader, const struct xt_word *at, size_t offset,
                   size_t len, const char *what) __attribute__((nonnull));

/* ruleset_xt_family.c */

/* The family of the rules that begin with the line at hand. */
uint8_t xt_family_guess(const struct xt_reader *reader, const char *table) __attribute__((nonnull));
/* Notes what a comment line says of the family. */
void xt_family_comment(struct xt_reader *reader) __attribute__((nonnull));

/* ruleset_xt_chain.c */

/* Adds a table after the last; the word is named when it is there already. */
int xt_table_begin(struct xt_reader *reader, const char *name, const struct xt_word *at)
    __attribute__((nonnull, warn_unused_result));
/* Declares a chain. policy: "-", "ACCEPT", "DROP"; `at` is the chain's word. */
int xt_chain_declare(struct xt_reader *reader, const struct xt_word *at, const char *name,
                     const struct xt_word *policy)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));
/* The chain of a name; a base chain is made when it is not there yet. NULL: there is none. */
struct chain *xt_chain_find(struct xt_reader *reader, const char *name) __attribute__((nonnull));
void xt_index_done(struct xt_index *index) __attribute__((nonnull));

/* ruleset_xt_rule.c */

/* Reads "-A CHAIN ..." from words[0] and adds it to its chain. */
int xt_rule_read(struct xt_reader *reader) __attribute__((nonnull, warn_unused_result));
void xt_draft_done(struct xt_draft *draft) __attribute__((nonnull));
/* The words of a use, for a step's text: "-m limit --limit 3/min". NULL without memory. */
char *xt_use_words(struct xt_draft *draft, const struct xt_use *use) __attribute__((nonnull));

/* ruleset_xt_errors.c */

/* Adds the match of a flow's protocol; with `guarded`, what has no flow matches too. */
int xt_match_flow_protocol(struct xt_draft *draft, const struct xt_use *use, uint8_t protocol,
                           bool negated, bool guarded) __attribute__((nonnull, warn_unused_result));
/* Adds the rule for the ICMP errors that a draft's rule left out, at a chain's end. */
int xt_add_errors_rule(struct xt_draft *draft, struct chain *chain)
    __attribute__((nonnull, warn_unused_result));

/* ruleset_xt_step.c */

/* Adds a match of one field with one interval. */
int xt_match(struct xt_draft *draft, enum field field, bool negated, field_value first,
             field_value last) __attribute__((nonnull, warn_unused_result));
/* Adds a match of one field's bits under a mask. */
int xt_match_masked(struct xt_draft *draft, enum field field, bool negated, field_value mask,
                    field_value value) __attribute__((nonnull, warn_unused_result));
/* Adds a match of several fields, still without boxes. NULL without memory. */
struct step *xt_match_fields(struct xt_draft *draft, bool negated, unsigned n,
                             const struct operand_field *fields)
    __attribute__((nonnull, warn_unused_result));
/* Adds an interval that holds every value of a field. */
int xt_add_any(struct step *step, enum field field) __attribute__((nonnull, warn_unused_result));
/* Adds a match that nothing meets. */
int xt_match_never(struct xt_draft *draft) __attribute__((nonnull, warn_unused_result));
/* Adds the match that the packet has a flow: it is not invalid and not untracked. */
int xt_match_tracked(struct xt_draft *draft) __attribute__((nonnull, warn_unused_result));
/* Adds the match that it is no fragment behind the first; once for each rule. */
int xt_match_whole(struct xt_draft *draft) __attribute__((nonnull, warn_unused_result));
/* Adds a verdict. */
int xt_verdict(struct xt_draft *draft, struct verdict verdict)
    __attribute__((nonnull, warn_unused_result));
/* Adds an assignment: field = (field & ~mask) ^ value. */
int xt_assign(struct xt_draft *draft, enum field field, field_value mask, field_value value)
    __attribute__((nonnull, warn_unused_result));
/* Forgets a field's bits; the use's words say what decides them. */
int xt_forget(struct xt_draft *draft, struct xt_use *use, enum field field, field_value mask)
    __attribute__((nonnull, warn_unused_result));
/* read(): of an option that no field answers, its own words as an UNKNOWN that is shared. */
int xt_read_unknown(struct xt_draft *draft, struct xt_use *use, const struct xt_argument *argument)
    __attribute__((nonnull, warn_unused_result));
/* finish(): the use's own words, as an UNKNOWN or as an EFFECT. */
int xt_finish_unknown(struct xt_draft *draft, struct xt_use *use)
    __attribute__((nonnull, warn_unused_result));
int xt_finish_effect(struct xt_draft *draft, struct xt_use *use)
    __attribute__((nonnull, warn_unused_result));
/* finish(): of a target that is unknown, which may do anything with the packet. */
int xt_finish_unknown_target(struct xt_draft *draft, struct xt_use *use)
    __attribute__((nonnull, warn_unused_result));

/* ruleset_xt_value.c: on failure they have said what was expected, and return -EINVAL. */

/* A number up to max, as strtoul reads it in base 0; it ends at `end`. False: it is none. */
bool xt_number_parse(const char *text, const char *end, uint64_t max, uint64_t *ret_number)
    __attribute__((nonnull));
int xt_number(const struct xt_reader *reader, const struct xt_word *word, uint64_t max,
              uint64_t *ret_number) __attribute__((nonnull, warn_unused_result));
/* "5", "5:9", "5:", ":9" */
int xt_range(const struct xt_reader *reader, const struct xt_word *word, uint64_t max,
             struct interval *ret_range) __attribute__((nonnull, warn_unused_result));
/* One port by number or name; len bytes from offset in a word. */
int xt_port(const struct xt_reader *reader, const struct xt_word *word, size_t offset, size_t len,
            uint16_t *ret_port) __attribute__((nonnull, warn_unused_result));
/* A port or a range of ports, "ssh", "1024:", with `separator` between. */
int xt_ports(const struct xt_reader *reader, const struct xt_word *word, size_t offset, size_t len,
             char separator, struct interval *ret_ports)
    __attribute__((nonnull, warn_unused_result));
/* "0x1" or "0x1/0xff"; without a mask *ret_mask is all ones. */
int xt_masked(const struct xt_reader *reader, const struct xt_word *word, uint32_t max,
              uint32_t *ret_value, uint32_t *ret_mask, bool *ret_has_mask)
    __attribute__((nonnull, warn_unused_result));
/* An address without a mask; len bytes from offset in a word. */
int xt_address(const struct xt_reader *reader, const struct xt_word *word, size_t offset,
               size_t len, uint8_t family, field_value *ret_address)
    __attribute__((nonnull, warn_unused_result));
/* ADDRESS, ADDRESS/LEN or ADDRESS/MASK; host bits of the address are cleared. */
int xt_network(const struct xt_reader *reader, const struct xt_word *word, size_t offset,
               size_t len, uint8_t family, field_value *ret_address, field_value *ret_mask)
    __attribute__((nonnull, warn_unused_result));
/* Whether a mask is a prefix of the family's addresses. */
bool xt_mask_is_prefix(uint8_t family, field_value mask);
/* All ones in the family's addresses. */
field_value xt_address_ones(uint8_t family);
/* The entry of a name, or of what only one name begins with; upper and lower case are the same. */
const struct xt_name *xt_name_find(const struct xt_name *names, const char *text, size_t len)
    __attribute__((nonnull));
/* Adds up the values of names joined by commas. what: what was expected. */
int xt_name_list(const struct xt_reader *reader, const struct xt_word *word,
                 const struct xt_name *names, const char *what, unsigned *ret_bits)
    __attribute__((nonnull, warn_unused_result));
/* A protocol by number or name; 0 is all. */
int xt_protocol(const struct xt_reader *reader, const struct xt_word *word, uint8_t *ret_protocol)
    __attribute__((nonnull, warn_unused_result));
/* The length of the part of text up to a separator or its end. */
size_t xt_part(const char *text, char separator) __attribute__((nonnull));

/* ruleset_xt_names.c */

extern const struct xt_name xt_protocols[], xt_services[], xt_icmp_types[], xt_icmp6_types[],
    xt_dscp_classes[], xt_tos_names[];

/* Matches and targets, one table for each file. */
extern const struct xt_extension xt_packet_matches[], xt_flow_matches[], xt_type_matches[],
    xt_opaque_matches[], xt_verdict_targets[], xt_nat_targets[], xt_mark_targets[],
    xt_effect_targets[];

/* The extension of a name that the family has; NULL for none. */
const struct xt_extension *xt_match_find(uint8_t family, const char *name) __attribute__((nonnull));
const struct xt_extension *xt_target_find(uint8_t family, const char *name)
    __attribute__((nonnull));
/* Whether a target of this name is known to exist in modules that are not the kernel's own. */
bool xt_target_is_foreign(const char *name) __attribute__((nonnull));
/* The match that a protocol's options belong to; NULL for none. */
const struct xt_extension *xt_protocol_match(uint8_t family, uint8_t protocol);

/* A DSCP by number or by the name of its class. */
int xt_dscp(const struct xt_reader *reader, const struct xt_word *word, bool by_class,
            uint64_t *ret_value) __attribute__((nonnull, warn_unused_result));
/* "0x10/0x3f", or one of the names of RFC 1349. */
int xt_read_tos(struct xt_draft *draft, const struct xt_word *word, uint8_t *ret_value,
                uint8_t *ret_mask) __attribute__((nonnull, warn_unused_result));
