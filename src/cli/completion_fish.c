/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for fish: one `complete` line an option. */
#include "cli/completion.h"

/* Writes the condition under which a command's options are offered. */
static void write_condition(const struct program *program, const struct command *command, FILE *out)
{
	fputs(" -n '", out);
	if (command == program->commands[0]) {
		/* The first command is meant where no other one is named. */
		fputs("not __fish_seen_subcommand_from", out);
		for (const struct command *const *other = program->commands + 1; *other; other++)
			fprintf(out, " %s", (*other)->name);
	} else {
		fprintf(out, "__fish_seen_subcommand_from %s", command->name);
	}
	fputc('\'', out);
}

/* Writes the line of one option. */
static void write_option(const struct program *program, const struct command *command,
                         const struct option *option, FILE *out)
{
	fprintf(out, "complete -c %s", program->name);
	write_condition(program, command, out);
	fprintf(out, " -l %s", option->name);
	if (option->letter)
		fprintf(out, " -s %c", option->letter);
	if (option->kind == OPTION_FILE)
		fputs(" -rF", out);
	else if (option->kind != OPTION_FLAG)
		fputs(" -x", out);
	if (option->choices) {
		fputs(" -a '", out);
		completion_choices(option->choices, out);
		fputc('\'', out);
	}
	fputs(" -d ", out);
	completion_quote(option->help, out);
	fputc('\n', out);
}

void completion_write_fish(const struct program *program, FILE *out)
{
	const struct option *option;

	fprintf(out, "# fish completion for %s, made by `%s completion fish`\ncomplete -c %s -f\n",
	        program->name, program->name, program->name);
	for (const struct command *const *command = program->commands; *command; command++) {
		if ((*command)->hidden)
			continue;
		fprintf(out, "complete -c %s -n __fish_use_subcommand -a %s -d ", program->name,
		        (*command)->name);
		completion_quote((*command)->summary, out);
		fputc('\n', out);
		for (size_t i = 0; (option = command_option(*command, i)); i++)
			write_option(program, *command, option, out);
	}
}
