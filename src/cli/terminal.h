/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the terminal, if there is one, and the environment ask of our output. */
#pragma once

#include "cli/options.h"

#include <stdio.h>

/* The columns to write for: COLUMNS, else those of the terminal at out, else 80. */
unsigned terminal_width(FILE *out);

/* Whether to write colours to out: --color, else NO_COLOR (no-color.org), else on a terminal. */
bool terminal_colored(const struct settings *settings, FILE *out);
