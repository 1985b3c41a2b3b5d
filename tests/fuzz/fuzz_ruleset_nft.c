/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the readers of nft's rulesets: JSON where the input begins with a brace, else text. */
#include "rules/ruleset.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Looks at all that a rule holds. */
static size_t rule_look(const struct rule *rule)
{
	size_t seen = rule->text ? strlen(rule->text) : 0;

	vec_foreach(step, &rule->steps) {
		if (step->kind == STEP_MATCH && step->n_fields == 0)
			abort();
		if (step->n_fields > 0 && step->boxes.n % step->n_fields != 0)
			abort();
		if (step->kind == STEP_VERDICT_MAP &&
		    step->verdicts.n * step->n_fields != step->boxes.n)
			abort();
		if (step->kind == STEP_VERDICT && step->verdicts.n != 1)
			abort();
		if ((step->kind == STEP_UNKNOWN || step->kind == STEP_EFFECT) && !step->text)
			abort();
		vec_foreach(box, &step->boxes) {
			if (box->first > box->last)
				abort();
		}
		seen += step->boxes.n;
	}
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *error = NULL;
	struct ruleset ruleset = {0};
	size_t seen = 0;
	int status;

	if (size > 0 && data[0] == '{')
		status = ruleset_read_nft_json("f", (const char *)data, size, &ruleset, &error);
	else
		status = ruleset_read_nft("f", (const char *)data, size, &ruleset, &error);
	if (status < 0 && !error)
		abort();
	if (status == 0 && error)
		abort();
	vec_foreach(table, &ruleset.tables) {
		vec_foreach(chain, &table->chains) {
			vec_foreach(rule, &chain->rules)
				seen += rule_look(rule);
		}
	}
	ruleset_done(&ruleset);
	(void)seen;
	return 0;
}
