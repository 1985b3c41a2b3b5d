/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines, one a case: what they set, or the one line that is said of them. */
#include "cli/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct option_choice colors[] = {{"auto", 0}, {"always", 1}, {"never", 2}, {0}};
static const struct option_choice protocols[] = {{"tcp", 1}, {"udp", 2}, {"sctp", 4}, {0}};

static const struct option common[] = {
    {"json", 0, OPTION_FLAG, NULL, "", NULL, offsetof(struct settings, json)},
    {"quiet", 'q', OPTION_FLAG, NULL, "", NULL, offsetof(struct settings, quiet)},
    {"color", 0, OPTION_CHOICE, "WHEN", "", colors, offsetof(struct settings, color)},
    {"capture", 'c', OPTION_FILE, "FILE", "", NULL, offsetof(struct settings, capture)},
    {0},
};
static const struct option special[] = {
    {"output", 'o', OPTION_FILE, "FILE", "", NULL, offsetof(struct settings, output)},
    {"proto", 0, OPTION_CHOICES, "LIST", "", protocols, offsetof(struct settings, protocols)},
    {"yes", 'y', OPTION_FLAG, NULL, "", NULL, offsetof(struct settings, yes)},
    {0},
};

static const struct command audit = {.name = "audit", .tables = {common}};
static const struct command save = {
    .name = "save", .operands = "NAME", .operands_most = 1, .tables = {special, common}};
static const struct command need = {.name = "need",
                                    .operands = "NAME",
                                    .operands_least = 1,
                                    .operands_most = 1,
                                    .tables = {common}};
static const struct command secret = {.name = "secret", .hidden = true, .tables = {common}};
static const struct command *const commands[] = {&audit, &save, &need, &secret, NULL};
static const struct program program = {.name = "wall", .commands = commands};

enum { WORDS_MOST = 8 };

/* One command line as words, and what comes of it: the settings as text, or the complaint. */
static const struct {
	const char *words[WORDS_MOST];
	const char *expected;
} cases[] = {
    {{NULL}, "audit"},
    {{"audit"}, "audit"},
    {{"--json"}, "audit json"},
    {{"--json", "save"}, "save json"},
    {{"save", "--json"}, "save json"},
    {{"save", "-qy"}, "save quiet yes"},
    {{"save", "-o", "x"}, "save output=x"},
    {{"save", "-ox"}, "save output=x"},
    {{"save", "-qox"}, "save quiet output=x"},
    {{"save", "--output=x"}, "save output=x"},
    {{"save", "--output", "x"}, "save output=x"},
    {{"-o", "x", "save"}, "save output=x"},
    {{"-qo", "x", "save"}, "save quiet output=x"},
    {{"--output=x", "save", "name"}, "save output=x operand=name"},
    {{"--capture", "save"}, "audit capture=save"},
    {{"--capture=save", "save"}, "save capture=save"},
    {{"--capture", "a", "--capture", "b"}, "audit capture=b"},
    {{"--color=never"}, "audit color=2"},
    {{"--color", "always"}, "audit color=1"},
    {{"save", "--proto", "tcp,sctp"}, "save protocols=5"},
    {{"save", "--", "--json"}, "save operand=--json"},
    {{"--", "save", "--json"}, "save operand=--json"},
    {{"save", "-"}, "save operand=-"},
    {{"secret"}, "secret"},
    {{"--", "audit"}, "audit"},
    {{"--"}, "audit"},
    /* What is refused, and how. */
    {{"--jsn"}, "unknown option '--jsn'; did you mean '--json'?"},
    {{"--js"}, "unknown option '--js'; did you mean '--json'?"},
    {{"--j"}, "unknown option '--j'; see 'wall --help'"},
    {{"--xyzzy=1"}, "unknown option '--xyzzy'; see 'wall --help'"},
    {{"--=x"}, "unknown option '--'; see 'wall --help'"},
    {{"-x"}, "unknown option '-x'; see 'wall --help'"},
    {{"-qx"}, "unknown option '-x'; see 'wall --help'"},
    {{"--json=yes"}, "option '--json' takes no value"},
    {{"--capture"}, "option '--capture' needs a value: FILE"},
    {{"--capture="}, "option '--capture' needs a value: FILE"},
    {{"--color"}, "option '--color' needs a value: auto, always or never"},
    {{"--color=alway"}, "'--color alway': expected auto, always or never; did you mean 'always'?"},
    {{"--color=7"}, "'--color 7': expected auto, always or never"},
    {{"save", "--proto=tcp,"}, "'--proto ': expected tcp, udp or sctp"},
    {{"save", "--proto=upd"}, "'--proto upd': expected tcp, udp or sctp; did you mean 'udp'?"},
    {{"--output=x"}, "'audit' has no option '--output'; 'save' has it"},
    {{"-y"}, "'audit' has no option '-y'; 'save' has it"},
    {{"adit"}, "unknown command 'adit'; did you mean 'audit'?"},
    {{"aduit"}, "unknown command 'aduit'; did you mean 'audit'?"},
    {{"secre"}, "unknown command 'secre'; see 'wall --help'"},
    {{""}, "unknown command ''; see 'wall --help'"},
    {{"audit", "more"}, "'audit' does not take 'more'"},
    {{"need"}, "'need' needs NAME"},
};

/* Adds " NAME=VALUE" to text when there is a value. */
static void add_text(FILE *out, const char *name, const char *value)
{
	if (value)
		fprintf(out, " %s=%s", name, value);
}

/* Settings in the words of the table above; the caller frees. */
static char *settings_text(const struct settings *settings)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fprintf(out, "%s%s%s%s", settings->command->name, settings->json ? " json" : "",
	        settings->quiet ? " quiet" : "", settings->yes ? " yes" : "");
	if (settings->color)
		fprintf(out, " color=%d", settings->color);
	if (settings->protocols)
		fprintf(out, " protocols=%d", settings->protocols);
	add_text(out, "capture", settings->capture);
	add_text(out, "output", settings->output);
	for (size_t i = 0; i < settings->n_operands; i++)
		add_text(out, "operand", settings->operands[i]);
	fclose(out);
	return text;
}

static void command_lines_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *argv[WORDS_MOST + 2] = {(char *)"wall"};
		struct settings settings = {0};
		struct error *error = NULL;
		int argc = 1, status;

		for (size_t j = 0; j < WORDS_MOST && cases[i].words[j]; j++)
			argv[argc++] = (char *)cases[i].words[j];
		status = options_parse(&program, argc, argv, &settings, &error);
		if (status == 0) {
			char *text = settings_text(&settings);

			assert_string_equal(text, cases[i].expected);
			free(text);
		} else {
			assert_int_equal(status, -EINVAL);
			assert_null(settings.command);
			assert_string_equal(error_message(error), cases[i].expected);
		}
		error_free(error);
	}
}

/* Very long words and many of them end in a complaint, nothing worse. */
static void long_words_are_refused(void **state)
{
	static char word[100000] = "--";
	char *argv[] = {(char *)"wall", word, NULL};
	struct settings settings;
	struct error *error = NULL;

	(void)state;
	memset(word + 2, 'x', sizeof(word) - 3);
	assert_int_equal(options_parse(&program, 2, argv, &settings, &error), -EINVAL);
	error_free(error);
	error = NULL;
	assert_int_equal(
	    options_parse(&program, 2, (char *[]){argv[0], word + 2, NULL}, &settings, &error),
	    -EINVAL);
	error_free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(command_lines_are_read),
	    cmocka_unit_test(long_words_are_refused),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
