/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The word that somebody probably meant to type. */
#include "base/suggest.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST = 32, FARTHEST = 2 };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edits from a to b: letters put in, taken out, changed, or two neighbours swapped (optimal string
 * alignment). Both at most LONGEST letters.
 */
static size_t edits(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1], *older = rows[0], *above = rows[1], *row = rows[2];
	size_t a_len = strlen(a), b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		older[j] = above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = older;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool swapped =
			    i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];

			row[j] = smaller(smaller(row[j - 1], above[j]) + 1,
			                 above[j - 1] + (a[i - 1] != b[j - 1]));
			if (swapped)
				row[j] = smaller(row[j], older[j - 2] + 1);
		}
		older = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

void suggestion_offer(struct suggestion *suggestion, const char *word)
{
	size_t typed_len = strlen(suggestion->typed), word_len = strlen(word), distance;

	if (typed_len > LONGEST || word_len > LONGEST || typed_len < 2)
		return;
	distance = edits(suggestion->typed, word);
	/* The beginning of a word is near to it, however much is missing. */
	if (distance > FARTHEST && strncmp(suggestion->typed, word, typed_len) == 0)
		distance = FARTHEST;
	if (distance > FARTHEST || distance >= word_len)
		return;
	if (suggestion->word && distance >= suggestion->distance)
		return;
	suggestion->word = word;
	suggestion->distance = distance;
}
