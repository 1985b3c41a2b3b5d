/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The word that somebody probably meant to type. */
#pragma once

#include <stddef.h>

/* The best of several words so far; start with {.typed = ...}. */
struct suggestion {
	const char *typed;
	const char *word; /* borrowed; NULL while nothing is near */
	size_t distance;
};

/* Offers a word; it is taken when it is nearer than the one before and near enough. */
void suggestion_offer(struct suggestion *suggestion, const char *word) __attribute__((nonnull));
