/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options, declared once: tables that parsing, --help, completion and the manual are made of.
 *
 * All tables are constant and live as long as the program. Settings borrow from argv.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct settings;

enum option_kind {
	OPTION_FLAG,    /* sets a bool */
	OPTION_TEXT,    /* a const char *, any text but the empty one */
	OPTION_TEXTS,   /* a struct texts: it may be given several times */
	OPTION_FILE,    /* the same, a path */
	OPTION_CHOICE,  /* an int, one of the choices */
	OPTION_CHOICES, /* an int, the values of several choices or'ed: "tcp,udp" */
};

struct option_choice {
	const char *name; /* NULL ends the list */
	int value;
};

struct option {
	const char *name; /* without the dashes; NULL ends the table */
	char letter;      /* 0: none */
	enum option_kind kind;
	const char *argument; /* its name in help: "FILE"; NULL for a flag */
	const char *help;     /* a phrase, no full stop */
	const struct option_choice *choices;
	size_t offset; /* where in struct settings it goes */
};

enum { OPTION_TABLES = 5, OPERANDS_MOST = 16, TEXTS_MOST = 16 };

/* What an option was given that may be given several times, in order. */
struct texts {
	const char *items[TEXTS_MOST];
	size_t n;
};

struct command {
	const char *name;
	const char *summary;  /* a phrase for the list of commands */
	const char *about;    /* some sentences for its own help */
	const char *operands; /* "[COMMAND]"; NULL: none are taken */
	/* Words that an operand may be, for completion; NULL where it is anything. */
	const struct option_choice *operand_words;
	size_t operands_least, operands_most;
	bool hidden;
	/* Its options, the special ones first; NULL ends the list. */
	const struct option *tables[OPTION_TABLES + 1];
	/* Does the work; returns the exit code. */
	int (*run)(const struct settings *settings);
};

/* A program: its commands, of which the first is meant where none is named. */
struct program {
	const char *name, *about;
	const struct command *const *commands; /* NULL ends the list */
};

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What was asked for on the command line. */
struct settings {
	const struct program *program;
	const char *called_as; /* argv[0] */
	const struct command *command;
	const char *operands[OPERANDS_MOST];
	size_t n_operands;
	struct texts hosts; /* of --host; where there is one, it is `capture` as well */
	const char *capture, *docker, *output, *policy, *confirm, *since, *container, *metrics,
	    *html;
	const char *env_file, *profiles, *daemon, *engine, *expect, *rate, *listen, *token;
	const char *only_in, *only_out, *only_from, *only_to;
	const char *rules, *protocol, *source_port, *destination_port, *source, *destination;
	bool root; /* set by main(): whether we were started with all rights */
	bool json, quiet, help, version, all_ports, live, yes, matrix, log_only, check, force,
	    sarif, fix, script;
	int color, injector, protocols, hook, state, backend, tools;
};

/*
 * Reads a command line. Long options are never abbreviated; `--name=value` and `--name value` are
 * the same; `--` ends the options. Returns 0 and the settings, or -EINVAL with one sentence that
 * says what was meant, where something is near.
 */
int options_parse(const struct program *program, int argc, char *const argv[],
                  struct settings *ret_settings, struct error **ret_error)
    __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* The command of a name, or NULL. */
const struct command *command_find(const struct program *program, const char *name)
    __attribute__((nonnull));

/* The n-th option of a command, counted through its tables, or NULL beyond the last. */
const struct option *command_option(const struct command *command, size_t n)
    __attribute__((nonnull));
