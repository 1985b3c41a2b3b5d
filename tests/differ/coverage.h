/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often each feature of kernels' rules was in a ruleset that was compared. */
#pragma once

#include "case.h"

enum { FEATURES_MAX = 160 };

/* Rulesets by the number of the feature. */
struct coverage {
	unsigned long seen[FEATURES_MAX];
};

/* Counts a case's features. */
void coverage_add(struct coverage *coverage, const struct rules_case *rules);

/* Prints the table, and below it what is not generated at all. Returns how many of the features
 * that the grammar has were never seen. */
unsigned coverage_print(const struct coverage *coverage, FILE *file);
