/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reading of saved rules. */
#include "lint/lint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A place is in the text, and each rule is said once. */
static void check_lint(const struct lint *lint, unsigned lines)
{
	bool seen[LINT_RULES] = {0};

	vec_foreach(finding, &lint->findings) {
		if (!finding->why || !finding->fix || finding->place.line == 0 ||
		    finding->place.line > lines || finding->place.column == 0 ||
		    finding->place.end_column < finding->place.column || seen[finding->rule])
			abort();
		seen[finding->rule] = true;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Without a byte behind it, so that reading on is found. */
	char *text = malloc(size ? size : 1);
	struct lint *lint = calloc(1, sizeof(*lint));
	unsigned lines = 1;

	if (!text || !lint)
		abort();
	if (size)
		memcpy(text, data, size);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	(void)lint_saved_is(text, size);
	if (lint_saved(lint, "f", text, size) < 0)
		abort();
	check_lint(lint, lines);
	lint_free(lint);
	free(text);
	return 0;
}
