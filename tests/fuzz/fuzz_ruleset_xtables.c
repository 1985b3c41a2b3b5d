/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the reader of iptables-save. What it understands must hold together: chains that are
 * jumped to exist, boxes have an interval for each field, and each rule says its text and line.
 */
#include "rules/ruleset.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the fuzzer where something does not hold. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Checks one step. */
static void check_step(const struct table *table, const struct step *step)
{
	if (step->kind == STEP_MATCH) {
		must(step->n_fields > 0 && step->boxes.n % step->n_fields == 0);
		for (unsigned i = 0; i < step->n_fields; i++)
			must(step->fields[i].field < FIELDS);
		vec_foreach(interval, &step->boxes)
			must(interval->first <= interval->last);
	}
	if (step->kind == STEP_UNKNOWN || step->kind == STEP_EFFECT || step->kind == STEP_FORGET)
		must(step->text && *step->text);
	vec_foreach(verdict, &step->verdicts) {
		bool to_chain = verdict->kind == VERDICT_JUMP || verdict->kind == VERDICT_GOTO;

		must(!to_chain == !verdict->chain);
		must(!to_chain || table_chain(table, verdict->chain));
	}
}

/* Checks one chain. */
static void check_chain(const struct table *table, const struct chain *chain)
{
	must(chain->name && *chain->name);
	vec_foreach(rule, &chain->rules) {
		must(rule->text && rule->line > 0);
		vec_foreach(step, &rule->steps)
			check_step(table, step);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *error = NULL;
	struct ruleset ruleset = {0};
	int status;

	status = ruleset_read_xtables("file", (const char *)data, size, &ruleset, &error);
	must((status < 0) == (error != NULL));
	if (status == 0) {
		vec_foreach(table, &ruleset.tables) {
			must(table->xtables);
			vec_foreach(chain, &table->chains)
				check_chain(table, chain);
		}
	}
	ruleset_done(&ruleset);
	return 0;
}
