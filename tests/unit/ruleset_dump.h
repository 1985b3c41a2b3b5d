/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets in their internal form as text, for tests to compare. */
#pragma once

#include "rules/ruleset.h"

#include <stdio.h>

/* Writes a rule's steps in one line, without a newline: "proto 6; dport 22; accept". */
void ruleset_dump_rule(FILE *file, const struct rule *rule, uint8_t family);
/* Writes tables, chains and rules, one a line. */
void ruleset_dump(FILE *file, const struct ruleset *ruleset);
