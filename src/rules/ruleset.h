/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as programs: the one form that text dumps, nftables bytecode and legacy entries are brought
 * into before they are analysed.
 *
 * Theory of operation. A packet is a value for each field. Every value is an unsigned number of 128
 * bits, so that an interval of addresses, of ports and of interface names (a name is its bytes,
 * first byte highest, padded with zeros: "eth*" is an interval) is the same thing. A rule is a
 * list of steps, taken in order until one does not match or ends the rule. A match compares
 * fields with boxes - one interval for each field - so a set of concatenations is one match. What a
 * reader does not understand becomes an UNKNOWN step with its own text; it is never left out.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>

typedef unsigned __int128 field_value;

/* What a packet is known by. Comments say what the values are. */
enum field {
	FIELD_FAMILY,   /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	FIELD_PROTOCOL, /* IPPROTO_*; of IPv6 the one behind the extension headers */
	FIELD_STATE,    /* enum packet_state */
	FIELD_IN,       /* an interface's name, see field_of_name(); "" where there is none */
	FIELD_OUT,
	FIELD_SOURCE,      /* an address; IPv4 in the low 32 bits */
	FIELD_DESTINATION, /* as the packet has it when it meets the rule */
	FIELD_SOURCE_PORT, /* of protocols that have ports; else 0 */
	FIELD_DESTINATION_PORT,
	FIELD_TCP_FLAGS,       /* 8 bits */
	FIELD_ICMP_TYPE,       /* type << 8 | code, of ICMP and ICMPv6 */
	FIELD_MARK,            /* 32 bits */
	FIELD_CT_MARK,         /* 32 bits */
	FIELD_CT_STATUS,       /* IPS_* bits; the snat and dnat ones matter */
	FIELD_CT_REPLY,        /* 1 in the reply direction */
	FIELD_ORIGINAL_SOURCE, /* of the flow's original direction */
	FIELD_ORIGINAL_DESTINATION,
	FIELD_ORIGINAL_SOURCE_PORT,
	FIELD_ORIGINAL_DESTINATION_PORT,
	FIELD_DESTINATION_TYPE, /* RTN_*: what the routing table says of the destination */
	FIELD_SOURCE_TYPE,
	FIELD_DESTINATION_TYPE_IN, /* the same of the link alone that it came in by */
	FIELD_REVERSE_PATH,        /* 1: the route to its source leaves by that link */
	FIELD_PACKET_TYPE,         /* PACKET_HOST, PACKET_BROADCAST, ... */
	FIELD_LENGTH,              /* of the network-layer packet, bytes */
	FIELD_HOP_LIMIT,           /* TTL */
	FIELD_DSCP,
	FIELD_FRAGMENT, /* 1: not the first fragment */
	FIELD_SOURCE_MAC,
	FIELDS
};

/* Exactly one holds for a packet (nft's "ct state" and xtables' conntrack match). */
enum packet_state {
	STATE_INVALID,
	STATE_ESTABLISHED,
	STATE_RELATED,
	STATE_NEW,
	STATE_UNTRACKED,
	PACKET_STATES
};

/* first <= last, both included. */
struct interval {
	field_value first, last;
};

struct operand_field {
	enum field field;
	field_value mask; /* ANDed with the field's value before it is compared; all ones: none */
};

VEC_TYPE(intervals, struct interval);

/* What a rule can say last. */
enum rule_verdict {
	VERDICT_CONTINUE, /* the next rule */
	VERDICT_ACCEPT,
	VERDICT_DROP,
	VERDICT_REJECT,
	VERDICT_QUEUE,  /* user space decides: may be either */
	VERDICT_STOLEN, /* synproxy, dup to elsewhere and the like: it goes no further here */
	VERDICT_RETURN,
	VERDICT_JUMP,
	VERDICT_GOTO,
};

struct verdict {
	enum rule_verdict kind;
	const char *chain; /* of JUMP and GOTO; in the rule's own table */
};

enum step_kind {
	STEP_MATCH,   /* goes on if the fields lie in one of the boxes (or, negated, in none) */
	STEP_UNKNOWN, /* goes on or not, we cannot tell: `text` says what decides */
	STEP_VERDICT,
	STEP_VERDICT_MAP, /* the verdict of the box that the fields lie in; none: the rule does not
	                     match */
	STEP_ASSIGN,      /* field = (field & ~mask) ^ value */
	STEP_NAT,         /* a translation; it ends the walk through NAT chains */
	STEP_NOTRACK,
	STEP_EFFECT, /* counts, logs, ... : changes nothing of where the packet goes */
	STEP_COPY,   /* field = (field & ~mask) ^ (from & value): a mark saved or restored */
	STEP_FORGET, /* the field's bits under mask become anything: `text` says what decides */
};

enum nat_kind { NAT_DESTINATION, NAT_SOURCE, NAT_MASQUERADE, NAT_REDIRECT, NAT_TPROXY, NAT_NETMAP };

struct step {
	enum step_kind kind;
	bool negated; /* MATCH */
	/*
	 * UNKNOWN: the same text decides the same for the same packet (owner, string, u32), so it
	 * is one variable wherever it stands; else (limit, statistic, recent) each is its own.
	 */
	bool shared;
	/*
	 * MATCH and VERDICT_MAP: of each box. NAT, ASSIGN, COPY, FORGET: where there are boxes,
	 * they do something only for what lies in one, and the rule goes on for the rest.
	 */
	uint8_t n_fields;
	const struct operand_field *fields; /* n_fields of them */
	struct intervals boxes;             /* n_fields intervals for each box, in row */
	VEC(struct verdict) verdicts;       /* VERDICT_MAP: one for each box; VERDICT: one */
	enum field field;                   /* ASSIGN, COPY, FORGET */
	enum field from;                    /* COPY */
	field_value mask, value;            /* ASSIGN, COPY; FORGET: mask */
	enum nat_kind nat;
	bool nat_address, nat_port;       /* NAT: which of the two are rewritten */
	struct interval addresses, ports; /* NAT: to one of these */
	const char *text;                 /* UNKNOWN, EFFECT, FORGET: in the rule's own words */
};

struct rule {
	VEC(struct step) steps;
	unsigned line;    /* in the file, from 1; 0 where it came from no file */
	uint64_t handle;  /* 0 where there is none */
	const char *text; /* as it stands in the file, without what counts packets */
};

enum chain_type { CHAIN_FILTER, CHAIN_NAT, CHAIN_ROUTE };

struct chain {
	const char *name;
	bool base; /* the kernel calls it at a hook */
	enum chain_type type;
	unsigned hook; /* NF_INET_*; of netdev NF_NETDEV_* */
	int priority;
	const char *device; /* of a netdev chain; NULL for all */
	const char *
	    *devices; /* all of them, where it has several; n_devices 0: `device` says all */
	unsigned n_devices;
	struct verdict policy;
	bool policy_line; /* the file says the policy itself */
	unsigned line;
	VEC(struct rule) rules;
};

struct table {
	uint8_t family; /* NFPROTO_IPV4, _IPV6, _INET, _BRIDGE, _NETDEV, _ARP */
	bool xtables;   /* from iptables-save: accepts and drops alike, but prints otherwise */
	bool dormant;
	const char *name;
	VEC(struct chain) chains;
};

struct ruleset {
	struct arena arena; /* of all strings and operand_field arrays */
	VEC(struct table) tables;
};

/* Releases what a ruleset holds and leaves an empty one. */
void ruleset_done(struct ruleset *ruleset) __attribute__((nonnull));

/* Adds a table, chain, rule or step at the end; NULL without memory. Valid until the next. */
struct table *ruleset_add_table(struct ruleset *ruleset, uint8_t family, const char *name)
    __attribute__((nonnull));
struct chain *table_add_chain(struct ruleset *ruleset, struct table *table, const char *name)
    __attribute__((nonnull));
struct rule *chain_add_rule(struct chain *chain) __attribute__((nonnull));
struct step *rule_add_step(struct rule *rule, enum step_kind kind) __attribute__((nonnull));

/*
 * Copies a finished draft's steps into a rule, packed into the arena: they take one piece of
 * memory, cannot grow any more (their room is 0) and go with the ruleset. The draft is left without
 * steps, its array ready for the next. 0 or -ENOMEM, with the draft as it was.
 */
int rule_pack(struct ruleset *ruleset, struct rule *draft, struct rule *rule)
    __attribute__((nonnull, warn_unused_result));

/*
 * A step about one to so many fields with their masks, which are copied; step_add_interval() adds
 * an interval for each of them, again and again. NULL without memory.
 */
struct step *rule_add_fields(struct ruleset *ruleset, struct rule *rule, enum step_kind kind,
                             bool negated, unsigned n, const struct operand_field *fields)
    __attribute__((nonnull));

/* A match of one field without a mask, to which step_add_interval() adds. NULL without memory. */
struct step *rule_add_match(struct ruleset *ruleset, struct rule *rule, enum field field,
                            bool negated) __attribute__((nonnull));
/* Adds one interval to a step's boxes. 0 or -ENOMEM. */
int step_add_interval(struct step *step, field_value first, field_value last)
    __attribute__((nonnull, warn_unused_result));
/* Lets a NAT, ASSIGN, COPY or FORGET do something only where a field lies in an interval. 0 or
 * -ENOMEM. */
int step_only_where(struct step *step, enum field field, field_value first, field_value last)
    __attribute__((nonnull, warn_unused_result));
/* Adds an UNKNOWN step. 0 or -ENOMEM. */
int rule_add_unknown(struct ruleset *ruleset, struct rule *rule, bool shared, const char *text)
    __attribute__((nonnull, warn_unused_result));

/* The table or chain of a name; NULL when there is none. */
struct table *ruleset_table(const struct ruleset *ruleset, uint8_t family, const char *name)
    __attribute__((nonnull));
struct chain *table_chain(const struct table *table, const char *name) __attribute__((nonnull));

/* The array of one whole field: the same for all who ask. */
const struct operand_field *field_whole(enum field field) __attribute__((returns_nonnull));
/* How many bits the values of a field have. */
unsigned field_bits(enum field field);
/* The interval of names that begin with `name` (wildcard), or just that name. */
struct interval field_of_name(const char *name, bool wildcard) __attribute__((nonnull));
/* An address as a value; `bytes` in network order. */
field_value field_of_address(uint8_t family, const uint8_t *bytes) __attribute__((nonnull));

/*
 * Readers of text. `path` is for messages only; text need not end in NUL and may hold anything. 0,
 * or -EINVAL with "path:line:column: what was expected", -E2BIG beyond a cap, -ENOMEM. They fill an
 * empty ruleset; on failure it is to be released all the same.
 */
int ruleset_read_xtables(const char *path, const char *text, size_t len, struct ruleset *ruleset,
                         struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));
int ruleset_read_nft(const char *path, const char *text, size_t len, struct ruleset *ruleset,
                     struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));
int ruleset_read_nft_json(const char *path, const char *text, size_t len, struct ruleset *ruleset,
                          struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));
/* Finds out which of the three it is. */
int ruleset_read(const char *path, const char *text, size_t len, struct ruleset *ruleset,
                 struct error **ret_error) __attribute__((nonnull(1, 2, 4), warn_unused_result));
