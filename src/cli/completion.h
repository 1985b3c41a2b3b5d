/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion scripts for shells, made of the tables: one writer a shell. */
#pragma once

#include "cli/options.h"

#include <stdio.h>

void completion_write_bash(const struct program *program, FILE *out) __attribute__((nonnull));
void completion_write_zsh(const struct program *program, FILE *out) __attribute__((nonnull));
void completion_write_fish(const struct program *program, FILE *out) __attribute__((nonnull));

/* Writes text between single quotes, safe for all three shells. */
void completion_quote(const char *text, FILE *out) __attribute__((nonnull));

/* Writes the names of choices with spaces between. */
void completion_choices(const struct option_choice *choices, FILE *out) __attribute__((nonnull));
