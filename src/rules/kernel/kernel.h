/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of a kernel dump, brought into the form: what the parts of the reader share.
 *
 * Theory of operation. An nft rule is a program over registers, and it is followed as the kernel
 * runs it, expression by expression, with registers that hold where their bytes come from instead
 * of the bytes: of a field of the packet, of a constant, or of something the form has no field for
 * (struct load). A comparison becomes a match, or an unknown by its own words. What a load needs
 * to work at all (a transport header, a flow) becomes a match in front, since a load that fails
 * ends the rule.
 *
 * Where one row of steps cannot say what happens - the family or the protocol decides what the
 * bytes of a header are, a map decides what a register holds - the rule forks: each outcome is a
 * path of its own, begins with what tells it from the others, and becomes a rule of the form with
 * the same handle and text. Paths exclude each other. Should a path change what tells it apart
 * (a mark looked up by itself), the rule is read again without forks over maps, and such values
 * are forgotten instead.
 *
 * Matches and targets of xtables, from a legacy blob or inside of an nft rule, come as the same
 * struct xt_part. They add to the path at hand.
 *
 * Counters are left out: they change nothing. Elements of sets are those of the dump, with or
 * without a timeout; where rules add to a set, or delete from it, what follows from that is an
 * unknown.
 */
#pragma once

#include "rules/listing/registers.h"
#include "rules/listing/xt.h"
#include "rules/kernel/view.h"

enum {
	KERNEL_SLOTS = 16,        /* registers of four bytes */
	KERNEL_BYTES = 64,        /* in all of them */
	KERNEL_PIECES = 16,       /* of one load, or of what is compared */
	KERNEL_PATHS_MAX = 65536, /* of one rule */
	NETDEVS_MAX = 256,        /* NFT_NETDEVICE_MAX of the kernel */
	KERNEL_BOXES_MAX = 1 << 23,
	KERNEL_GROUPED_MAX = 4096, /* of larger maps, each element is an outcome of its own */
};

/* How the bytes of a register stand for a field. */
enum piece_how {
	PIECE_PLAIN,     /* as numbers, bits of one being bits of the other */
	PIECE_STATE,     /* ct state: a bit for each */
	PIECE_ETHERTYPE, /* the family by its EtherType */
	PIECE_INDEX,     /* the index of an interface, by its name */
	PIECE_LINK_TYPE, /* ARPHRD_* of an interface, by its name */
	PIECE_OFFSET,    /* a fragment's offset: only 0 and not 0 can be told apart */
	PIECE_PAYLOAD,   /* the length of IPv6, which does not count its header */
	PIECE_OPAQUE,    /* none of the form's fields */
};

/* Some bytes of a register and the field they come from. */
struct piece {
	uint8_t bytes;
	uint8_t how; /* enum piece_how */
	uint8_t field;
	uint8_t width;     /* bits that the field has here */
	uint8_t field_low; /* the lowest of the field's bits that are there, */
	uint8_t bit_low;   /* where it lies in the number that the bytes are, */
	uint8_t bits;      /* and how many follow, itself included */
	bool little;       /* the number is in the host's order */
};

enum load_kind { LOAD_PIECES, LOAD_CONSTANT, LOAD_OPAQUE };

/* What was put into registers. */
struct load {
	enum load_kind kind;
	uint8_t len; /* bytes */
	uint8_t n_pieces;
	bool own;       /* OPAQUE: another one each time */
	bool may_break; /* OPAQUE: loading it may end the rule */
	bool masked;    /* (value & mask) ^ xor */
	struct piece pieces[KERNEL_PIECES];
	uint8_t bytes[KERNEL_BYTES]; /* CONSTANT */
	uint8_t mask[KERNEL_BYTES], xor[KERNEL_BYTES];
};

/* Where four bytes of a register come from. */
struct slot {
	const struct load *load; /* NULL: not known */
	uint8_t byte;            /* of the load */
};

/* What the steps so far say of a packet. */
struct known {
	uint8_t families; /* KNOWN_* */
	uint64_t protocols[4];
};
enum { KNOWN_IPV4 = 1, KNOWN_IPV6 = 2, KNOWN_OTHER = 4 };

/* One way through a rule. */
struct path {
	struct rule rule;
	struct slot slots[KERNEL_SLOTS];
	struct known known;
	struct step proxy; /* a tproxy that was met; text NULL: none */
	bool ended;        /* a verdict was given, or it never matches */
	bool dead;         /* it never matches: no rule comes of it */
};

VEC_TYPE(paths, struct path);

/* An element of a set; of an interval, its first and its last key. */
struct kernel_element {
	const uint8_t *first, *last;
	struct span data;
	bool catchall;
	uint32_t data_group; /* elements with the same data have the same */
};

/* A set of nf_tables. */
struct kernel_set {
	uint8_t family;
	const char *table, *name;
	uint32_t flags, key_len, data_len, data_type, id;
	uint32_t object_type; /* of an object map, else 0 */
	bool added_to, deleted_from;
	bool sorted; /* elements are ready */
	VEC(struct nft_element) raw;
	VEC(struct kernel_element) elements; /* a catch-all one last */
};

/* An ipset; what is in it as boxes is made when it is first asked for. */
struct kernel_ipset {
	uint16_t index;
	uint8_t family;
	const char *name, *type;
	uint8_t netmask; /* of hash:ip and bitmap:ip; 0: none */
	uint32_t markmask;
	bool opaque;  /* the form cannot say what is in it */
	bool changed; /* by rules */
	VEC(struct span) messages;
};

struct kernel {
	const struct netview *view;
	struct ruleset *ruleset;
	struct error **ret_error;
	VEC(struct kernel_set) sets;
	uint32_t *slots; /* numbers of sets by table and name, plus 1; 0: free */
	size_t n_slots;
	VEC(struct kernel_ipset) ipsets;
	struct arena arena; /* of keys of sets */
	size_t n_boxes;
};

/* A rule on its way. */
struct decode {
	struct kernel *kernel;
	uint8_t family;
	const char *table;
	const struct nft_rule *nft; /* NULL: of a legacy table */
	unsigned expression;        /* the one at hand, from 0 */
	const struct xt_part *part; /* the match or target at hand, for its words */
	bool part_is_target;
	VEC(struct load *) loads; /* room for those of a rule */
	size_t n_loads;           /* that are used */
	struct paths paths;
	struct path *path;  /* the one at hand */
	struct paths forks; /* that the expression at hand made */
	bool no_forks;      /* over maps */
	uint32_t fork_fields,
	    changed_fields; /* bits of enum field, that forks look at, that steps change */
	bool jumps_behind_fork;
};

/*
 * The paths of a rule: begin with one, and end with a rule for each. One struct serves one rule
 * after the other; `nft` is NULL for those of a legacy table.
 */
int decode_begin(struct decode *decode, uint8_t family, const char *table,
                 const struct nft_rule *nft) __attribute__((nonnull(1, 3), warn_unused_result));
/* Room for a load, not zeroed, that lives as long as the rule; NULL without memory. */
struct load *decode_new_load(struct decode *decode) __attribute__((nonnull));
void decode_done(struct decode *decode) __attribute__((nonnull));
/* Adds what came of it to a chain. `text` is of the ruleset's arena, or NULL. */
int decode_finish(struct decode *decode, struct chain *chain, uint64_t handle, unsigned line,
                  const char *text) __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * A copy of the path at hand takes its place until decode_fork_end(), which keeps it for later and
 * returns to the original. `fork` is to live as long.
 */
struct fork {
	struct path copy, *original;
};
int decode_fork_begin(struct decode *decode, struct fork *fork)
    __attribute__((nonnull, warn_unused_result));
int decode_fork_end(struct decode *decode, struct fork *fork)
    __attribute__((nonnull, warn_unused_result));

/* The path never matches. */
void decode_never(struct decode *decode) __attribute__((nonnull));

/* Steps at the end of the path at hand. 0 or -ENOMEM. */
int decode_match(struct decode *decode, enum field field, bool negated, field_value first,
                 field_value last) __attribute__((nonnull, warn_unused_result));
int decode_match_masked(struct decode *decode, enum field field, bool negated, field_value mask,
                        field_value value) __attribute__((nonnull, warn_unused_result));
/* A match of n fields, to which step_add_interval() adds; NULL without memory. */
struct step *decode_match_fields(struct decode *decode, enum step_kind kind, bool negated,
                                 unsigned n, const struct operand_field *fields)
    __attribute__((nonnull));
/* The packet has a flow: it is neither invalid nor untracked. */
int decode_match_flow(struct decode *decode) __attribute__((nonnull, warn_unused_result));

/*
 * Whether a host's routes tell by themselves where the way back to a sender leaves: not where some
 * have several next hops, or hold for some senders or in a VRF; nor, where the mark is asked for as
 * well, if a policy rule does so.
 */
bool way_back_known(const struct netview *view, bool by_mark) __attribute__((nonnull));

/* Lets the steps from a number on that change something do so only for packets with a flow. 0 or
 * -ENOMEM. */
int decode_where_flow(struct decode *decode, size_t from)
    __attribute__((nonnull, warn_unused_result));
int decode_match_first_fragment(struct decode *decode) __attribute__((nonnull, warn_unused_result));
int decode_assign(struct decode *decode, enum field field, field_value mask, field_value value)
    __attribute__((nonnull, warn_unused_result));
int decode_copy(struct decode *decode, enum field field, enum field from, field_value mask,
                field_value value) __attribute__((nonnull, warn_unused_result));
int decode_forget(struct decode *decode, enum field field, field_value mask)
    __attribute__((nonnull, warn_unused_result));
int decode_unknown(struct decode *decode, bool shared) __attribute__((nonnull, warn_unused_result));
int decode_effect(struct decode *decode) __attribute__((nonnull, warn_unused_result));
/* Ends the path, but for CONTINUE. */
int decode_verdict(struct decode *decode, enum rule_verdict kind, const char *chain)
    __attribute__((nonnull(1), warn_unused_result));
struct step *decode_nat(struct decode *decode, enum nat_kind kind) __attribute__((nonnull));

/* What a match that was just added says of the packet. May end the path. */
void decode_learn(struct decode *decode, const struct step *step) __attribute__((nonnull));
bool known_protocols_within(const struct known *known, const uint8_t *protocols, size_t n)
    __attribute__((nonnull));
bool known_protocol(const struct known *known, uint8_t protocol) __attribute__((nonnull));
extern const uint8_t port_protocols[5];

/* The words of the expression, match or target at hand; "" without memory. */
const char *decode_words(struct decode *decode) __attribute__((nonnull, returns_nonnull));

/* All ones in n bits. */
static inline field_value ones(unsigned n)
{
	return n >= 128 ? ~(field_value)0 : ((field_value)1 << n) - 1;
}

/* Every value of a field. */
static inline struct interval all_of(enum field field)
{
	return (struct interval){0, ones(field_bits(field))};
}

/* Loads: puts one into a register, forgets what it covers. */
int register_load(struct decode *decode, uint32_t reg, const struct load *load)
    __attribute__((nonnull, warn_unused_result));
/* Follows an expression that only loads; *ret_done is false for one that does not. */
int decode_load(struct decode *decode, const struct nft_expr *expr, bool *ret_done)
    __attribute__((nonnull, warn_unused_result));
/* Arithmetic between registers: bitwise, byteorder. */
int decode_bitwise(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_byteorder(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
/* Payload's pieces by where they are. */
int decode_payload(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
/* The field at a place of the packet's headers as far as the path knows them. */
void payload_pieces(const struct decode *decode, uint32_t base, uint32_t offset, uint32_t len,
                    struct load *load) __attribute__((nonnull));
struct piece piece_cut(const struct piece *piece, unsigned byte, unsigned bytes)
    __attribute__((nonnull));

/* len constant bytes from a register on; false when they are none. */
bool register_constant(const struct decode *decode, uint32_t reg, size_t len, uint8_t *ret_bytes)
    __attribute__((nonnull));
/* The load that a register begins with; NULL when not known. */
const struct load *register_begin(const struct decode *decode, uint32_t reg)
    __attribute__((nonnull));

/* What is compared: a piece of a load, and its place in the key. */
struct part {
	struct piece piece;
	const struct load *load;
	uint8_t at;   /* byte of the key */
	uint8_t byte; /* of the load: for mask and xor */
	bool constant;
};
struct parts {
	struct part items[KERNEL_PIECES];
	unsigned n;
	bool opaque, own, may_break; /* some are no field's */
};

/* Takes apart len bytes of registers. */
void parts_read(const struct decode *decode, uint32_t reg, uint32_t len, struct parts *ret_parts)
    __attribute__((nonnull));
/* The field of a part, with its mask; false when it is opaque. */
bool part_operand(const struct part *part, struct operand_field *ret_operand)
    __attribute__((nonnull));
/*
 * Adds what lies between two keys, as the form has it. 0, -EOPNOTSUPP when it cannot say so, or
 * -ENOMEM.
 */
int part_intervals(const struct decode *decode, const struct part *part, const uint8_t *first,
                   const uint8_t *last, struct intervals *intervals)
    __attribute__((nonnull, warn_unused_result));

/* Conditions. */
int decode_cmp(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_range(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_lookup(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
/* Keeps packets whose key is in a set, or (negated) is not. */
int decode_in_set(struct decode *decode, const struct kernel_set *set, const struct parts *parts,
                  bool negated) __attribute__((nonnull, warn_unused_result));
/*
 * Adds a step with the boxes of elements [first, end) that pick() picks (NULL: all). *ret_exact is
 * false when some parts are opaque: then the boxes are of the others.
 */
struct box_request {
	const struct kernel_set *set;
	const struct parts *parts;
	enum step_kind kind;
	bool negated;
	bool (*pick)(const struct kernel_element *element, uint32_t group);
	uint32_t group;
	size_t first, end; /* 0: to the last */
};
int decode_boxes(struct decode *decode, const struct box_request *request, bool *ret_exact,
                 struct step **ret_step) __attribute__((nonnull, warn_unused_result));

/* Statements: what neither loads nor compares. */
int decode_statement(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
bool verdict_of_data(struct span data, struct verdict *ret_verdict) __attribute__((nonnull));
int decode_nat_expression(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_masquerade(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_redirect(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_tproxy(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_meta_set(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_ct_set(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_payload_set(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_dynset(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
int decode_unknown_verdict(struct decode *decode) __attribute__((nonnull, warn_unused_result));
int decode_objref(struct decode *decode, const struct nft_expr *expr)
    __attribute__((nonnull, warn_unused_result));
/* xtables' SYNPROXY looks at more flags than nft's synproxy does. */
int decode_synproxy(struct decode *decode, bool xtables)
    __attribute__((nonnull, warn_unused_result));

/* Sets. */
int kernel_sets_read(struct kernel *kernel) __attribute__((nonnull, warn_unused_result));
void kernel_sets_done(struct kernel *kernel) __attribute__((nonnull));
/* NULL when there is none. Its elements are ready. */
const struct kernel_set *kernel_set_find(struct kernel *kernel, uint8_t family, const char *table,
                                         const char *name, int *ret_status)
    __attribute__((nonnull));

/* Matches and targets of xtables. */
int decode_xt_match(struct decode *decode, const struct xt_part *part)
    __attribute__((nonnull, warn_unused_result));
int decode_xt_target(struct decode *decode, const struct xt_part *part)
    __attribute__((nonnull, warn_unused_result));
/* Runs something over all paths that are still on their way. */
int decode_all(struct decode *decode, int (*run)(struct decode *decode, const void *what),
               const void *what) __attribute__((nonnull(1, 2), warn_unused_result));
/* A whole entry. */
int decode_xt_rule(struct decode *decode, const struct xt_rule *rule)
    __attribute__((nonnull, warn_unused_result));

/* How one revision of a match or target is read; info is aligned and has `size` bytes at least. */
struct xt_reader {
	const char *name;
	uint8_t family; /* NFPROTO_*, 0: both */
	uint8_t revision;
	uint16_t size;
	int (*read)(struct decode *decode, const void *info);
};
extern const struct xt_reader xt_packet_readers[], xt_flow_readers[], xt_target_readers[];
extern const size_t n_xt_packet_readers, n_xt_flow_readers, n_xt_target_readers;
/* The family of the packets of a rule of xtables. */
uint8_t decode_family(const struct decode *decode) __attribute__((nonnull));

/* ipsets. */
int kernel_ipsets_read(struct kernel *kernel) __attribute__((nonnull, warn_unused_result));
void kernel_ipsets_done(struct kernel *kernel) __attribute__((nonnull));
struct kernel_ipset *kernel_ipset_find(struct kernel *kernel, unsigned index)
    __attribute__((nonnull));
/* xt_set's match of a set, by the dimensions and flags of struct xt_set_info. */
int decode_ipset(struct decode *decode, unsigned index, unsigned dim, unsigned flags)
    __attribute__((nonnull, warn_unused_result));

/* Legacy tables. */
int kernel_legacy_read(struct kernel *kernel) __attribute__((nonnull, warn_unused_result));
