/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall manual`: the commands and options for the man page, in scdoc's notation. */
#include "cli/commands.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Writes text with scdoc's marks taken literally; backquotes become bold. */
static void write_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '`')
			fputc('*', out);
		else if (strchr("*_\\#<>[]", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* Writes an option as an indented paragraph with its help below. */
static void write_option(const struct option *option, FILE *out)
{
	if (option->letter)
		fprintf(out, "*-%c*, ", option->letter);
	fprintf(out, "*--%s*", option->name);
	if (option->argument)
		fprintf(out, " _%s_", option->argument);
	fputs("\n\t", out);
	fputc(toupper((unsigned char)option->help[0]), out);
	write_text(option->help + 1, out);
	fputs(".\n\n", out);
}

/* Writes one command: how it is called, what it does, its options. */
static void write_command(const struct program *program, const struct command *command, FILE *out)
{
	bool first = command == program->commands[0];
	const struct option *option;

	fprintf(out, "## %s\n\n*%s* %s*%s*%s", command->name, program->name, first ? "[" : "",
	        command->name, first ? "]" : "");
	if (command->operands) {
		fputc(' ', out);
		write_text(command->operands, out);
	}
	fputs(" [_OPTION_...]\n\n", out);
	write_text(command->about, out);
	fputs("\n\n", out);
	for (size_t i = 0; (option = command_option(command, i)); i++)
		write_option(option, out);
}

/* Runs the command; returns the exit code. */
static int run_manual(const struct settings *settings)
{
	for (const struct command *const *command = settings->program->commands; *command;
	     command++)
		if (!(*command)->hidden)
			write_command(settings->program, *command, stdout);
	fputs("# EXIT STATUS\n\n", stdout);
	for (int code = 0; code < CODES; code++) {
		printf("*%d*\n\t", code);
		write_text(exit_code_text((enum exit_code)code), stdout);
		fputs(".\n\n", stdout);
	}
	return CODE_FINE;
}

const struct command manual_command = {
    .name = "manual",
    .summary = "the option list of the man page",
    .about = "Prints the commands and options in scdoc's notation, for man/seawall.1.scd.",
    .hidden = true,
    .tables = {general_options},
    .run = run_manual,
};
