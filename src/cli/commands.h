/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the program, and the option tables and exit codes that they share. */
#pragma once

#include "cli/options.h"

extern const struct program seawall_program;
extern const struct command audit_command, explain_command, prove_command, reach_command,
    capture_command, init_command, fix_command, plan_command, apply_command, confirm_command,
    rollback_command, status_command, remove_command, guard_command, boot_command, log_command,
    knocks_command, visits_command, lint_command, scan_command, serve_command, help_command,
    completion_command, manual_command;

/* --capture, --docker and --policy: where the facts come from, and what was meant. */
extern const struct option reading_options[];
/* --docker alone, for what makes a capture. */
extern const struct option engine_options[], host_options[];
/* --json, --color. */
extern const struct option output_options[];
/* --quiet, --help, --version. */
extern const struct option general_options[];

/* Exit codes, which scripts rely on. */
enum exit_code {
	CODE_FINE,
	CODE_PROBLEMS,   /* something is open that was not meant */
	CODE_USAGE,      /* bad usage or input, or the answer could not be written */
	CODE_INCOMPLETE, /* something could not be read, understood or proved */
	CODE_DISAGREE,   /* model and kernel disagree */
	CODES
};

/* What an exit code means, a phrase for help and the manual. */
const char *exit_code_text(enum exit_code code);

/* The stronger of two exit codes: 2 before 4 before 1 before 3 before 0. */
int exit_code_merge(int a, int b);

/* Prints "seawall: sentence" on standard error, made printable. */
void complain(const struct settings *settings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
