/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who reaches whom: addresses in classes that a ruleset cannot tell apart, and which class gets
 * through to which.
 *
 * Theory of operation. The compiled function is asked for sources and then for destinations; what
 * is left is judged: nobody, some, or all of the packets that were asked for get through. A row is
 * that judgement for all destinations, and sources of equal rows are alike as sources. Addresses
 * are alike if they have the same row and, in every row, the same place.
 */
#pragma once

#include "reach/accepted.h"

struct matrix_class {
	uint8_t family;
	struct prefix_list prefixes;
};

struct matrix_edge {
	uint32_t from, to; /* places in the classes */
	bool must;
};

struct matrix {
	VEC(struct matrix_class) classes; /* by the first of their addresses, IPv4 first */
	VEC(struct matrix_edge) edges; /* by from, then to; nothing for those that do not reach */
};

/* More classes are no answer. */
enum { MATRIX_CLASSES_MOST = 4096 };

/* Finds the matrix; as accepted_find(). */
int matrix_find(const struct ruleset *ruleset, const char *path,
                const struct reach_question *question, struct matrix *ret_matrix,
                struct error **ret_error) __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));
void matrix_done(struct matrix *matrix) __attribute__((nonnull));
