/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can come of the rest of a compiled function, over all that was not given. */
#include "reach/rest.h"

enum { SLOTS_FIRST = 256 };

/* The slot that holds, or would hold, a reference. */
static size_t find_slot(const struct seen *seen, diagram_ref ref)
{
	size_t at = (ref * 0x9e3779b97f4a7c15U >> 24) & (seen->n_slots - 1);

	while (seen->slots[at].round == seen->round && seen->slots[at].ref != ref)
		at = (at + 1) & (seen->n_slots - 1);
	return at;
}

/* Makes the slots twice as many. 0 or -ENOMEM. */
static int seen_grow(struct seen *seen)
{
	struct seen grown = {.n_slots = seen->n_slots ? seen->n_slots * 2 : SLOTS_FIRST,
	                     .n = seen->n,
	                     .round = seen->round};

	grown.slots = calloc(grown.n_slots, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	for (size_t i = 0; i < seen->n_slots; i++)
		if (seen->slots[i].round == seen->round)
			grown.slots[find_slot(&grown, seen->slots[i].ref)] =
			    (__typeof__(*grown.slots)){seen->slots[i].ref, seen->round};
	free(seen->slots);
	*seen = grown;
	return 0;
}

/* Marks a reference as seen. 1 if it was not, 0 if it was, or -ENOMEM. */
static int seen_add(struct seen *seen, diagram_ref ref)
{
	size_t at;

	if (seen->n * 2 >= seen->n_slots && seen_grow(seen) < 0)
		return -ENOMEM;
	at = find_slot(seen, ref);
	if (seen->slots[at].round == seen->round)
		return 0;
	seen->slots[at].ref = ref;
	seen->slots[at].round = seen->round;
	seen->n++;
	return 1;
}

/* Forgets all that was seen; 0 or -ENOMEM. */
static int seen_forget(struct seen *seen)
{
	seen->n = 0;
	if (++seen->round == 0) {
		free(seen->slots);
		*seen = (struct seen){.round = 1};
	}
	return seen->n_slots ? 0 : seen_grow(seen);
}

/* Adds a number to some. 0 or -ENOMEM. */
static int add_number(struct numbers *numbers, uint32_t number)
{
	uint32_t *added = vec_push(numbers);

	if (!added)
		return -ENOMEM;
	*added = number;
	return 0;
}

/* Takes note of an outcome that has not been seen yet. 0 or -ENOMEM. */
static int take_outcome(struct rest_search *search, diagram_ref ref)
{
	struct terminal terminal = diagram_outcome(ref);

	search->drops = search->drops || terminal.outcome == OUTCOME_DROP;
	if (terminal.outcome != OUTCOME_ACCEPT)
		return 0;
	search->accepts = true;
	return add_number(&search->notes, terminal.note);
}

/* Goes through all nodes below one. 0 or -ENOMEM. */
static int search_all(struct rest_search *search, diagram_ref from, bool variables)
{
	const struct diagram *diagram = search->program->diagram;
	int status = seen_forget(&search->seen);

	search->stack.n = 0;
	if (status == 0)
		status = seen_add(&search->seen, from);
	if (status > 0)
		status = add_number(&search->stack, from);
	while (status >= 0 && search->stack.n) {
		diagram_ref ref = search->stack.items[--search->stack.n];
		uint32_t edges = diagram_edges(diagram, ref), last;

		if (diagram_is_terminal(ref))
			status = take_outcome(search, ref);
		else if (variables)
			status = add_number(&search->variables, diagram_variable(diagram, ref));
		for (uint32_t edge = 0; edge < edges && status >= 0; edge++) {
			diagram_ref child = diagram_child(diagram, ref, edge, &last);

			status = seen_add(&search->seen, child);
			if (status > 0)
				status = add_number(&search->stack, child);
		}
	}
	return status < 0 ? status : 0;
}

int rest_find_notes(struct rest_search *search, diagram_ref rest)
{
	search->accepts = search->drops = false;
	search->notes.n = 0;
	return search_all(search, rest, false);
}

/* Orders numbers. */
static int compare_numbers(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return first < second ? -1 : first > second;
}

int rest_find_variables(struct rest_search *search, diagram_ref rest)
{
	struct diagram *diagram = search->program->diagram;
	struct numbers *found = &search->variables;
	size_t n = 0;
	int status;

	rest = diagram_apply(diagram, OP_VERDICT, rest, rest);
	found->n = 0;
	search->notes.n = 0;
	status = search_all(search, rest, true);
	if (status == 0)
		status = diagram_status(diagram);
	if (status < 0 || found->n == 0)
		return status;
	qsort(found->items, found->n, sizeof(*found->items), compare_numbers);
	for (size_t i = 0; i < found->n; i++)
		if (i == 0 || found->items[i] != found->items[i - 1])
			found->items[n++] = found->items[i];
	found->n = n;
	return 0;
}

void rest_search_done(struct rest_search *search)
{
	free(search->seen.slots);
	search->seen.slots = NULL;
	vec_done(&search->stack);
	vec_done(&search->notes);
	vec_done(&search->variables);
}
