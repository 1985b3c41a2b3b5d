/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a command line by tables.
 *
 * Theory of operation. The command may stand anywhere among the options, and which options there
 * are depends on the command. So there are two passes: the first finds the command, the first word
 * that is neither an option nor an option's value, with the options of all commands as its guide
 * (an option of one name takes a value everywhere or nowhere); the second reads with the command's
 * own tables and complains.
 */
#include "cli/options.h"

#include "base/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Where in the command line we are. */
struct reader {
	const struct program *program;
	const struct command *command; /* NULL in the first pass */
	int argc, at;
	char *const *argv;
	struct settings *settings;
	struct error **ret_error;
};

const struct command *command_find(const struct program *program, const char *name)
{
	for (const struct command *const *command = program->commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

const struct option *command_option(const struct command *command, size_t n)
{
	for (size_t i = 0; i < OPTION_TABLES && command->tables[i]; i++)
		for (const struct option *option = command->tables[i]; option->name; option++)
			if (n-- == 0)
				return option;
	return NULL;
}

/* Whether an option goes by a long name of len letters, or with len 0 by a letter. */
static bool option_is(const struct option *option, const char *name, size_t len)
{
	if (!len)
		return option->letter && option->letter == *name;
	return strncmp(option->name, name, len) == 0 && !option->name[len];
}

/* An option of a command by name (see option_is()), or NULL. */
static const struct option *find_option(const struct command *command, const char *name, size_t len)
{
	const struct option *option;

	for (size_t i = 0; (option = command_option(command, i)); i++)
		if (option_is(option, name, len))
			return option;
	return NULL;
}

/* An option of any command; ret_command tells whose. */
static const struct option *find_anywhere(const struct program *program, const char *name,
                                          size_t len, const struct command **ret_command)
{
	for (const struct command *const *command = program->commands; *command; command++) {
		const struct option *option = find_option(*command, name, len);

		if (option) {
			*ret_command = *command;
			return option;
		}
	}
	return NULL;
}

/* Says that an option is not known, and what may have been meant. Returns -EINVAL. */
static int unknown_option(const struct reader *reader, const char *name, size_t len)
{
	const struct command *other;
	const struct option *option;
	struct suggestion near = {0};
	char typed[64];

	if (find_anywhere(reader->program, name, len, &other))
		return error_set(reader->ret_error, EINVAL,
		                 "'%s' has no option '%s%.*s'; '%s' has it", reader->command->name,
		                 len ? "--" : "-", len ? (int)len : 1, name, other->name);
	if (!len)
		return error_set(reader->ret_error, EINVAL, "unknown option '-%c'; see '%s --help'",
		                 *name, reader->program->name);
	snprintf(typed, sizeof(typed), "%.*s", (int)len, name);
	near.typed = typed;
	for (size_t i = 0; (option = command_option(reader->command, i)); i++)
		suggestion_offer(&near, option->name);
	if (near.word)
		return error_set(reader->ret_error, EINVAL,
		                 "unknown option '--%.*s'; did you mean '--%s'?", (int)len, name,
		                 near.word);
	return error_set(reader->ret_error, EINVAL, "unknown option '--%.*s'; see '%s --help'",
	                 (int)len, name, reader->program->name);
}

/* Writes "auto, always or never" into text; nothing for no choices. */
static void list_choices(const struct option_choice *choices, char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (const struct option_choice *choice = choices; choice && choice->name; choice++) {
		const char *between = choice == choices ? "" : choice[1].name ? ", " : " or ";
		int n = snprintf(text + used, size - used, "%s%s", between, choice->name);

		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

/* The value of a choice of len letters. 0 and the value, or -EINVAL with a sentence. */
static int read_choice(const struct reader *reader, const struct option *option, const char *value,
                       size_t len, int *ret_choice)
{
	struct suggestion near = {0};
	char choices[128], typed[64];

	for (const struct option_choice *choice = option->choices; choice->name; choice++)
		if (strncmp(choice->name, value, len) == 0 && !choice->name[len]) {
			*ret_choice = choice->value;
			return 0;
		}
	snprintf(typed, sizeof(typed), "%.*s", (int)len, value);
	near.typed = typed;
	for (const struct option_choice *choice = option->choices; choice->name; choice++)
		suggestion_offer(&near, choice->name);
	list_choices(option->choices, choices, sizeof(choices));
	if (near.word)
		return error_set(reader->ret_error, EINVAL,
		                 "'--%s %.*s': expected %s; did you mean '%s'?", option->name,
		                 (int)len, value, choices, near.word);
	return error_set(reader->ret_error, EINVAL, "'--%s %.*s': expected %s", option->name,
	                 (int)len, value, choices);
}

/* Reads "tcp,udp". 0 and the or'ed values, or -EINVAL with a sentence. */
static int read_choices(const struct reader *reader, const struct option *option, const char *value,
                        int *ret_choices)
{
	int all = 0;

	for (;;) {
		size_t len = strcspn(value, ",");
		int one = 0, status = read_choice(reader, option, value, len, &one);

		if (status < 0)
			return status;
		all |= one;
		if (!value[len])
			break;
		value += len + 1;
	}
	*ret_choices = all;
	return 0;
}

/* Adds a text to those that were given before. 0 or -EINVAL with a sentence. */
static int add_text(const struct reader *reader, const struct option *option, const char *value,
                    struct texts *texts)
{
	if (texts->n == TEXTS_MOST)
		return error_set(reader->ret_error, EINVAL,
		                 "option '--%s' was given more than %d times", option->name,
		                 TEXTS_MOST);
	texts->items[texts->n++] = value;
	return 0;
}

/* Puts an option's value where it goes. 0 or -EINVAL with a sentence. */
static int store(const struct reader *reader, const struct option *option, const char *value)
{
	void *slot = (char *)reader->settings + option->offset;

	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)slot = true;
		return 0;
	case OPTION_TEXT:
	case OPTION_FILE:
		*(const char **)slot = value;
		return 0;
	case OPTION_TEXTS:
		return add_text(reader, option, value, slot);
	case OPTION_CHOICE:
		return read_choice(reader, option, value, strlen(value), slot);
	case OPTION_CHOICES:
		return read_choices(reader, option, value, slot);
	}
	return -EINVAL;
}

/* Takes an option with its value, the attached one or the next word. 0 or -EINVAL. */
static int take_option(struct reader *reader, const struct option *option, const char *attached)
{
	const char *value = attached;

	if (option->kind == OPTION_FLAG) {
		if (attached)
			return error_set(reader->ret_error, EINVAL, "option '--%s' takes no value",
			                 option->name);
		return store(reader, option, NULL);
	}
	if (!value && reader->at < reader->argc)
		value = reader->argv[reader->at++];
	if (!value || !*value) {
		char choices[128];

		list_choices(option->choices, choices, sizeof(choices));
		return error_set(reader->ret_error, EINVAL, "option '--%s' needs a value: %s",
		                 option->name, option->choices ? choices : option->argument);
	}
	return store(reader, option, value);
}

/* Takes a word that starts with two dashes. */
static int take_long(struct reader *reader, const char *word)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	const struct option *option = len ? find_option(reader->command, name, len) : NULL;

	if (!option)
		return unknown_option(reader, len ? name : "-", len);
	return take_option(reader, option, name[len] ? name + len + 1 : NULL);
}

/* Takes a word of letters: flags, and at its end one option with a value. */
static int take_letters(struct reader *reader, const char *word)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const struct option *option = find_option(reader->command, letter, 0);
		bool last = option && option->kind != OPTION_FLAG;
		int status;

		if (!option)
			return unknown_option(reader, letter, 0);
		status = take_option(reader, option, last && letter[1] ? letter + 1 : NULL);
		if (status < 0 || last)
			return status;
	}
	return 0;
}

/* In the first pass: steps over the value of an option, if it takes one from the next word. */
static void skip_value(struct reader *reader, const char *word)
{
	const struct command *whose;
	const struct option *option = NULL;
	bool attached = false;

	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");

		attached = word[2 + len] == '=';
		option = len ? find_anywhere(reader->program, word + 2, len, &whose) : NULL;
	} else {
		for (const char *letter = word + 1; *letter && !attached; letter++) {
			option = find_anywhere(reader->program, letter, 0, &whose);
			attached = option && option->kind != OPTION_FLAG && letter[1];
		}
	}
	if (option && option->kind != OPTION_FLAG && !attached)
		reader->at++;
}

/* Whether a word is an option; a single dash is not. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

/* The first pass: which word names the command; 0 where none does. */
static int command_word(struct reader reader)
{
	for (reader.at = 1; reader.at < reader.argc;) {
		const char *word = reader.argv[reader.at++];

		if (strcmp(word, "--") == 0)
			return reader.at < reader.argc ? reader.at : 0;
		if (!is_option(word))
			return reader.at - 1;
		skip_value(&reader, word);
	}
	return 0;
}

/* Says that a command is not known, and what may have been meant. Returns -EINVAL. */
static int unknown_command(const struct reader *reader, const char *word)
{
	struct suggestion near = {.typed = word};

	for (const struct command *const *command = reader->program->commands; *command; command++)
		if (!(*command)->hidden)
			suggestion_offer(&near, (*command)->name);
	if (near.word)
		return error_set(reader->ret_error, EINVAL,
		                 "unknown command '%s'; did you mean '%s'?", word, near.word);
	return error_set(reader->ret_error, EINVAL, "unknown command '%s'; see '%s --help'", word,
	                 reader->program->name);
}

/* Takes a word that is no option and not the command. 0 or -EINVAL. */
static int take_operand(struct reader *reader, const char *word)
{
	struct settings *settings = reader->settings;

	if (settings->n_operands >= reader->command->operands_most)
		return error_set(reader->ret_error, EINVAL, "'%s' does not take '%s'",
		                 reader->command->name, word);
	settings->operands[settings->n_operands++] = word;
	return 0;
}

/* The second pass: takes all words but the command's. 0 or -EINVAL. */
static int take_words(struct reader *reader, int command_at)
{
	bool ended = false;
	int status = 0;

	for (reader->at = 1; reader->at < reader->argc && status == 0;) {
		const char *word = reader->argv[reader->at++];

		if (reader->at - 1 == command_at)
			continue;
		if (!ended && strcmp(word, "--") == 0)
			ended = true;
		else if (ended || !is_option(word))
			status = take_operand(reader, word);
		else if (word[1] == '-')
			status = take_long(reader, word);
		else
			status = take_letters(reader, word);
	}
	return status;
}

int options_parse(const struct program *program, int argc, char *const argv[],
                  struct settings *ret_settings, struct error **ret_error)
{
	struct settings settings = {.program = program,
	                            .called_as = argc > 0 ? argv[0] : program->name,
	                            .command = program->commands[0]};
	struct reader reader = {program, NULL, argc, 1, argv, &settings, ret_error};
	int at = command_word(reader), status;

	if (at) {
		settings.command = command_find(program, argv[at]);
		if (!settings.command)
			return unknown_command(&reader, argv[at]);
	}
	reader.command = settings.command;
	status = take_words(&reader, at);
	if (status < 0)
		return status;
	if (settings.n_operands < settings.command->operands_least && !settings.help)
		return error_set(ret_error, EINVAL, "'%s' needs %s", settings.command->name,
		                 settings.command->operands);
	*ret_settings = settings;
	return 0;
}
