/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help, made of the tables. */
#pragma once

#include "cli/options.h"

#include <stdio.h>

/* How an option is written: "-o, --output FILE". Returns text. */
enum { OPTION_TEXT_SIZE = 64 };
const char *option_spelling(const struct option *option, char text[static OPTION_TEXT_SIZE]);

/* Writes the help of the whole program: its commands, the options of the first one, exit codes. */
void help_write_program(const struct program *program, FILE *out) __attribute__((nonnull));

/* Writes the help of one command. */
void help_write_command(const struct program *program, const struct command *command, FILE *out)
    __attribute__((nonnull));
