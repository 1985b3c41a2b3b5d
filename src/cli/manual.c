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

/* Writes how a command is called, what it does, and its options, below headings of a depth. */
static void write_call(const struct program *program, const struct command *command, FILE *out)
{
	bool first = command == program->commands[0];

	fprintf(out, "*%s* %s*%s*%s", program->name, first ? "[" : "", command->name,
	        first ? "]" : "");
	if (command->operands) {
		fputc(' ', out);
		write_text(command->operands, out);
	}
	fputs(" [_OPTION_...]\n\n", out);
}

/* Writes all options of a command. */
static void write_options(const struct command *command, FILE *out)
{
	const struct option *option;

	for (size_t i = 0; (option = command_option(command, i)); i++)
		write_option(option, out);
}

/* Writes one command as a part of the program's page. */
static void write_command(const struct program *program, const struct command *command, FILE *out)
{
	fprintf(out, "## %s\n\n", command->name);
	write_call(program, command, out);
	write_text(command->about, out);
	fputs("\n\n", out);
	write_options(command, out);
}

/* Writes what exit codes mean. */
static void write_codes(FILE *out)
{
	fputs("# EXIT STATUS\n\n", out);
	for (int code = 0; code < CODES; code++) {
		fprintf(out, "*%d*\n\t", code);
		write_text(exit_code_text((enum exit_code)code), out);
		fputs(".\n\n", out);
	}
}

/* Writes a command's own page. */
static void write_page(const struct program *program, const struct command *command, FILE *out)
{
	fprintf(out, "%s-%s(1)\n\n# NAME\n\n%s-%s - ", program->name, command->name, program->name,
	        command->name);
	write_text(command->summary, out);
	fputs("\n\n# SYNOPSIS\n\n", out);
	write_call(program, command, out);
	fputs("# DESCRIPTION\n\n", out);
	write_text(command->about, out);
	fputs("\n\n# OPTIONS\n\n", out);
	write_options(command, out);
	write_codes(out);
	fprintf(out, "# SEE ALSO\n\n*%s*(1)\n", program->name);
}

/* Runs the command; returns the exit code. */
static int run_manual(const struct settings *settings)
{
	const struct program *program = settings->program;
	const struct command *command;

	if (settings->n_operands) {
		command = command_find(program, settings->operands[0]);
		if (!command || command->hidden) {
			complain(settings, "no page for '%s': there is no such command",
			         settings->operands[0]);
			return CODE_USAGE;
		}
		write_page(program, command, stdout);
		return CODE_FINE;
	}
	for (const struct command *const *each = program->commands; *each; each++)
		if (!(*each)->hidden)
			write_command(program, *each, stdout);
	write_codes(stdout);
	return CODE_FINE;
}

const struct command manual_command = {
    .name = "manual",
    .summary = "the option list of the man page",
    .about = "Prints the commands and options in scdoc's notation, for man/seawall.1.scd; or the "
             "whole page of one command.",
    .operands = "[COMMAND]",
    .operands_most = 1,
    .hidden = true,
    .tables = {general_options},
    .run = run_manual,
};
