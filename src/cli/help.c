/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall help` and --help, made of the tables. */
#include "cli/help.h"

#include "cli/commands.h"
#include "cli/terminal.h"
#include "report/layout.h"

#include <string.h>

enum { COMMAND_COLUMN = 2, COMMAND_WIDTH = 12, OPTION_WIDTH = 26, WIDTH_MOST = 100 };

/* A layout for out: never so wide that a line is hard to follow. */
static struct layout help_layout(FILE *out)
{
	unsigned width = terminal_width(out);

	return (struct layout){.out = out, .width = width < WIDTH_MOST ? width : WIDTH_MOST};
}

const char *option_spelling(const struct option *option, char text[static OPTION_TEXT_SIZE])
{
	char letter[8] = "    ";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(text, OPTION_TEXT_SIZE, "%s--%s%s%s", letter, option->name,
	         option->argument ? " " : "", option->argument ? option->argument : "");
	return text;
}

/* Writes the options of a command, one a line. */
static void write_options(const struct layout *layout, const struct command *command)
{
	const struct option *option;

	for (size_t i = 0; (option = command_option(command, i)); i++) {
		char spelling[OPTION_TEXT_SIZE];
		unsigned at = COMMAND_COLUMN + (option->letter ? 0 : 4);
		const char *text = option_spelling(option, spelling) + (option->letter ? 0 : 4);
		const struct cell cells[] = {
		    {text, at, OPTION_WIDTH - at, LAYOUT_PLAIN},
		    {option->help, OPTION_WIDTH + 2, 0, LAYOUT_PLAIN},
		};

		layout_row(layout, cells, 2);
	}
}

/* Writes what the exit codes mean. */
static void write_exit_codes(const struct layout *layout)
{
	fputs("\nExit codes:\n", layout->out);
	for (int code = 0; code < CODES; code++) {
		char number[8];
		const struct cell cells[] = {
		    {number, COMMAND_COLUMN, 4, LAYOUT_PLAIN},
		    {exit_code_text((enum exit_code)code), 5, 0, LAYOUT_PLAIN}};

		snprintf(number, sizeof(number), "%d", code);
		layout_row(layout, cells, 2);
	}
}

void help_write_program(const struct program *program, FILE *out)
{
	const char *first = program->commands[0]->name;
	struct layout layout = help_layout(out);

	fprintf(out, "Usage: %s [COMMAND] [OPTION]...\n\n", program->name);
	layout_paragraph(&layout, program->about, 0, 0);
	fputs("\nCommands:\n", out);
	for (const struct command *const *command = program->commands; *command; command++) {
		const struct cell cells[] = {
		    {(*command)->name, COMMAND_COLUMN, COMMAND_WIDTH, LAYOUT_PLAIN},
		    {(*command)->summary, COMMAND_COLUMN + COMMAND_WIDTH, 0, LAYOUT_PLAIN},
		};

		if (!(*command)->hidden)
			layout_row(&layout, cells, 2);
	}
	fprintf(out, "\nOptions of %s, which is meant where no command is named:\n", first);
	write_options(&layout, program->commands[0]);
	write_exit_codes(&layout);
	fprintf(out, "\nMore: %s help COMMAND, man %s\n", program->name, program->name);
}

void help_write_command(const struct program *program, const struct command *command, FILE *out)
{
	struct layout layout = help_layout(out);

	fprintf(out, "Usage: %s %s%s%s [OPTION]...\n\n", program->name, command->name,
	        command->operands ? " " : "", command->operands ? command->operands : "");
	layout_paragraph(&layout, command->about, 0, 0);
	fputs("\nOptions:\n", out);
	write_options(&layout, command);
}

/* Runs the command; returns the exit code. */
static int run_help(const struct settings *settings)
{
	const struct command *command;

	if (settings->n_operands == 0) {
		help_write_program(settings->program, stdout);
		return CODE_FINE;
	}
	command = command_find(settings->program, settings->operands[0]);
	if (!command) {
		complain(settings, "no help for '%s': there is no such command",
		         settings->operands[0]);
		return CODE_USAGE;
	}
	help_write_command(settings->program, command, stdout);
	return CODE_FINE;
}

const struct command help_command = {
    .name = "help",
    .summary = "this, or the help of one command",
    .about = "Shows the commands, or what one of them does and its options.",
    .operands = "[COMMAND]",
    .operands_most = 1,
    .tables = {general_options},
    .run = run_help,
};
