/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit codes: what they mean, and which wins when several hold. */
#include "cli/commands.h"

#include <stddef.h>

static const struct {
	const char *text;
	int strength;
} codes[] = {
    [CODE_FINE] = {"no problem was found, and everything needed could be read", 0},
    [CODE_PROBLEMS] = {"there are problems", 2},
    [CODE_USAGE] = {"bad usage, a bad input file, or the answer could not be written", 4},
    [CODE_INCOMPLETE] = {"something could not be read, understood or proved; it is named", 1},
    [CODE_DISAGREE] = {"what was expected and what the kernel did disagree; please report it", 3},
};
_Static_assert(sizeof(codes) / sizeof(*codes) == CODES, "a text for each code");

const char *exit_code_text(enum exit_code code)
{
	return codes[code].text;
}

/* How strong a code is; one that we do not know is the strongest. */
static int strength(int code)
{
	return code >= 0 && code < CODES ? codes[code].strength : CODES;
}

int exit_code_merge(int a, int b)
{
	return strength(a) >= strength(b) ? a : b;
}
