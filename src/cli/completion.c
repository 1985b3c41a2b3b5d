/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall completion SHELL`: what packages install as the shell's completion. */
#include "cli/completion.h"

#include "cli/commands.h"

#include <string.h>

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH, SHELLS };

static const struct option_choice shell_words[] = {
    {"bash", SHELL_BASH},
    {"zsh", SHELL_ZSH},
    {"fish", SHELL_FISH},
    {0},
};

static void (*const writers[])(const struct program *program, FILE *out) = {
    [SHELL_BASH] = completion_write_bash,
    [SHELL_ZSH] = completion_write_zsh,
    [SHELL_FISH] = completion_write_fish,
};
_Static_assert(sizeof(writers) / sizeof(*writers) == SHELLS, "a writer for each shell");

void completion_quote(const char *text, FILE *out)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
	fputc('\'', out);
}

void completion_choices(const struct option_choice *choices, FILE *out)
{
	for (const struct option_choice *choice = choices; choice->name; choice++)
		fprintf(out, "%s%s", choice == choices ? "" : " ", choice->name);
}

/* Runs the command; returns the exit code. */
static int run_completion(const struct settings *settings)
{
	for (const struct option_choice *word = shell_words; word->name; word++)
		if (strcmp(word->name, settings->operands[0]) == 0) {
			writers[word->value](settings->program, stdout);
			return CODE_FINE;
		}
	complain(settings, "no completion for '%s': expected bash, zsh or fish",
	         settings->operands[0]);
	return CODE_USAGE;
}

const struct command completion_command = {
    .name = "completion",
    .summary = "a completion script for a shell",
    .about = "Prints a completion script for bash, zsh or fish.",
    .operands = "SHELL",
    .operand_words = shell_words,
    .operands_least = 1,
    .operands_most = 1,
    .hidden = true,
    .tables = {general_options},
    .run = run_completion,
};
