/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets that are asked for, and how their fields become the variables of a diagram.
 *
 * Theory of operation. What is asked for gives each field the values it may have. A field of one
 * value needs no variable: every match of it is decided beforehand, and a rule that cannot match
 * costs nothing. Of any other field only the places matter where some rule's interval begins or
 * ends: the values between two of them (a cell) are alike, and the variable counts cells. So rules
 * are looked through first (space_add...), then the cells are made (space_close()), and then
 * matches can be compiled.
 *
 * A mask that leaves the upper bits only is an interval. A field with any other mask, or that
 * some rule assigns to, is cut into variables of 8 bits each, whose values are the bits' own; an
 * interval becomes a small automaton over them, from the highest to the lowest. What is asked for
 * of such a field is put on at the end: space_wanted().
 */
#pragma once

#include "reach/diagram.h"
#include "rules/ruleset.h"

/* The values that each field may have, in rising order and apart; none given: any. */
struct packet_limits {
	uint8_t family; /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	struct intervals fields[FIELDS];
};

/* What stands behind a variable. */
struct space_variable {
	enum field field;    /* FIELDS: an unknown */
	unsigned shift;      /* of the lowest of its bits, where the field is cut */
	uint32_t n;          /* how many values it has */
	const char *unknown; /* what decides */
};

enum field_form {
	FORM_FIXED, /* one value, no variable */
	FORM_WHOLE, /* one variable, whose values are the cells */
	FORM_CUT,   /* a variable for each 8 bits, the highest first */
};

struct space_field {
	enum field_form form;
	bool assigned, scattered;
	unsigned bits;
	field_value value;     /* FIXED */
	VEC(field_value) ends; /* first values of cells, while rules are looked through */
	struct intervals cells;
	uint32_t variable, n_variables;
};

struct space {
	const struct packet_limits *limits; /* borrowed */
	struct space_field fields[FIELDS];
	VEC(struct space_variable) variables;
	uint32_t *unknowns; /* variables by what decides, plus 1; 0: free */
	size_t n_unknown_slots, n_unknowns;
	VEC(const void *) unknown_keys; /* of each, in order */
	uint32_t first_unknown;
};

/* How many things that are not known a hook can have: diagrams are as deep, and so is the stack. */
enum { UNKNOWNS_MOST = 4096 };

void space_init(struct space *space, const struct packet_limits *limits) __attribute__((nonnull));
void space_done(struct space *space) __attribute__((nonnull));

/* Whether some packet that is asked for may have the field, masked, in the interval. */
bool space_possible(const struct space *space, const struct operand_field *operand,
                    const struct interval *interval) __attribute__((nonnull));

/* That a rule assigns to a field; before any space_add_interval(). */
void space_add_assigned(struct space *space, enum field field) __attribute__((nonnull));
/* That a field is looked at through a mask; before any space_add_interval(). */
void space_add_mask(struct space *space, const struct operand_field *operand)
    __attribute__((nonnull));
/* That a rule compares a field with an interval. 0 or -ENOMEM. */
int space_add_interval(struct space *space, const struct operand_field *operand,
                       const struct interval *interval)
    __attribute__((nonnull, warn_unused_result));
/* Makes the variables. 0 or -ENOMEM. */
int space_close(struct space *space) __attribute__((nonnull, warn_unused_result));

/* The cells of a field that is WHOLE that lie in an interval. False: none. */
bool space_cells(const struct space *space, const struct operand_field *operand,
                 const struct interval *interval, uint32_t *ret_first, uint32_t *ret_last)
    __attribute__((nonnull));

/* A hit where the field, masked, is in the interval and `inside` hits. */
diagram_ref space_match(const struct space *space, struct diagram *diagram,
                        const struct operand_field *operand, const struct interval *interval,
                        diagram_ref inside) __attribute__((nonnull));

/* A hit for packets that are asked for, as far as cells do not say it already. */
diagram_ref space_wanted(const struct space *space, struct diagram *diagram)
    __attribute__((nonnull));

/*
 * The variable of an unknown of n values: that of its text if it is shared, else that of `key`. Of
 * two values 1 means that the packet goes through to the next step. 0, -ENOMEM, or -E2BIG beyond
 * UNKNOWNS_MOST.
 */
int space_unknown(struct space *space, bool shared, const void *key, const char *text, uint32_t n,
                  uint32_t *ret_variable) __attribute__((nonnull, warn_unused_result));

/* The value that a field has in a cell or, for a variable of a cut field, its bits at 0. */
uint32_t space_rank(const struct space *space, uint32_t variable, const field_value *values)
    __attribute__((nonnull));
