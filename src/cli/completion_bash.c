/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for bash, without help of the bash-completion package. */
#include "cli/completion.h"

/* Writes the command's name and, after a bar, that of each other visible one. */
static void write_names(const struct program *program, const char *between, FILE *out)
{
	bool first = true;

	for (const struct command *const *command = program->commands; *command; command++) {
		if ((*command)->hidden)
			continue;
		fprintf(out, "%s%s", first ? "" : between, (*command)->name);
		first = false;
	}
}

/* Writes the case that completes an option's value. */
static void write_value(const struct command *command, const struct option *option, FILE *out)
{
	if (option->kind == OPTION_FLAG)
		return;
	fprintf(out, "\t%s:--%s", command->name, option->name);
	if (option->letter)
		fprintf(out, " | %s:-%c", command->name, option->letter);
	fputs(")\n\t\t", out);
	if (option->choices) {
		fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
		completion_choices(option->choices, out);
		fputs("' -- \"$word\")", out);
	} else {
		fputs("compopt -o filenames\n"
		      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")",
		      out);
	}
	fputs("\n\t\treturn ;;\n", out);
}

/* Writes the case that completes a command's options. */
static void write_options(const struct command *command, FILE *out)
{
	const struct option *option;

	fprintf(out, "\t%s) words='", command->name);
	for (size_t i = 0; (option = command_option(command, i)); i++)
		fprintf(out, "%s--%s", i ? " " : "", option->name);
	fputs("' ;;\n", out);
}

void completion_write_bash(const struct program *program, FILE *out)
{
	const struct option *option;

	fprintf(out,
	        "# bash completion for %s, made by `%s completion bash`\n"
	        "_%s() {\n"
	        "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	        "\tlocal command=%s named='' words i\n"
	        "\tCOMPREPLY=()\n"
	        "\t# --option=value comes as three words.\n"
	        "\tif [[ $word == = ]]; then\n"
	        "\t\tword=''\n"
	        "\telif [[ $before == = && $COMP_CWORD -ge 3 ]]; then\n"
	        "\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
	        "\tfi\n"
	        "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	        "\t\tcase ${COMP_WORDS[i]} in\n\t\t",
	        program->name, program->name, program->name, program->commands[0]->name);
	write_names(program, " | ", out);
	fputs(")\n\t\t\tcommand=${COMP_WORDS[i]} named=1\n\t\t\tbreak ;;\n\t\tesac\n\tdone\n"
	      "\tcase $command:$before in\n",
	      out);
	for (const struct command *const *command = program->commands; *command; command++)
		for (size_t i = 0; !(*command)->hidden && (option = command_option(*command, i));
		     i++)
			write_value(*command, option, out);
	fputs("\tesac\n\tcase $command in\n", out);
	for (const struct command *const *command = program->commands; *command; command++)
		if (!(*command)->hidden)
			write_options(*command, out);
	fputs("\tesac\n\tif [[ $word != -* ]]; then\n\t\twords=''\n"
	      "\t\t[[ $named && $command != help ]] || words='",
	      out);
	write_names(program, " ", out);
	fprintf(out,
	        "'\n\tfi\n"
	        "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	        "}\ncomplete -F _%s %s\n",
	        program->name, program->name);
}
