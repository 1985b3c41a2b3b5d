/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for zsh, by its _arguments. */
#include "cli/completion.h"

#include <string.h>

/* Writes help as a description of _arguments: brackets and colons would end it. */
static void write_description(const char *help, FILE *out)
{
	for (; *help; help++) {
		if (strchr("[]:\\", *help))
			fputc('\\', out);
		if (*help == '\'')
			fputs("'\\''", out);
		else
			fputc(*help, out);
	}
}

/* Writes what comes after an option's description: its value and how it is completed. */
static void write_value(const struct option *option, FILE *out)
{
	if (option->kind == OPTION_FLAG)
		return;
	fprintf(out, ":%s:", option->argument);
	if (option->kind == OPTION_CHOICES) {
		fputs("_values -s , ", out);
		fprintf(out, "%s ", option->argument);
		completion_choices(option->choices, out);
	} else if (option->choices) {
		fputc('(', out);
		completion_choices(option->choices, out);
		fputc(')', out);
	} else if (option->kind == OPTION_FILE) {
		fputs("_files", out);
	}
}

/* Writes one option as specifications of _arguments: its letter has one of its own. */
static void write_option(const struct option *option, FILE *out)
{
	const char *end = option->kind == OPTION_FLAG ? "" : "=";

	fputs(" \\\n\t\t\t'", out);
	if (option->letter)
		fprintf(out, "(-%c)", option->letter);
	fprintf(out, "--%s%s[", option->name, end);
	write_description(option->help, out);
	fputc(']', out);
	write_value(option, out);
	fputc('\'', out);
	if (!option->letter)
		return;
	fprintf(out, " \\\n\t\t\t'(--%s)-%c%s[", option->name, option->letter, *end ? "+" : "");
	write_description(option->help, out);
	fputc(']', out);
	write_value(option, out);
	fputc('\'', out);
}

void completion_write_zsh(const struct program *program, FILE *out)
{
	const char *first = program->commands[0]->name;
	const struct option *option;

	fprintf(out,
	        "#compdef %s\n# zsh completion for %s, made by `%s completion zsh`\n"
	        "_%s() {\n\tlocal -a commands=(\n",
	        program->name, program->name, program->name, program->name);
	for (const struct command *const *command = program->commands; *command; command++) {
		if ((*command)->hidden)
			continue;
		fprintf(out, "\t\t'%s:", (*command)->name);
		write_description((*command)->summary, out);
		fputs("'\n", out);
	}
	fprintf(out,
	        "\t)\n\tlocal command=%s word\n"
	        "\tfor word in ${words[2,CURRENT-1]}; do\n"
	        "\t\tif (( ${commands[(I)$word:*]} )); then\n"
	        "\t\t\tcommand=$word\n\t\t\tbreak\n\t\tfi\n\tdone\n"
	        "\tcase $command in\n",
	        first);
	for (const struct command *const *command = program->commands; *command; command++) {
		if ((*command)->hidden)
			continue;
		fprintf(out, "\t\t%s)\n\t\t\t_arguments -s -S", (*command)->name);
		for (size_t i = 0; (option = command_option(*command, i)); i++)
			write_option(option, out);
		fputs(" \\\n\t\t\t'1: :{ _describe -t commands command commands }'", out);
		if ((*command)->operands_most)
			fputs(" \\\n\t\t\t'2: :{ _describe -t commands command commands }'", out);
		fputs(" ;;\n", out);
	}
	fprintf(out, "\tesac\n}\n_%s \"$@\"\n", program->name);
}
