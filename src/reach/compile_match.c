/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes as functions: where the fields of a packet lie in one of them. */
#include "reach/compile_match.h"

#include <stdlib.h>

/* A run of cells. */
struct run {
	uint32_t first, last;
};

VEC_TYPE(runs, struct run);

/* Orders runs by where they begin. */
static int compare_runs(const void *a, const void *b)
{
	const struct run *first = a, *second = b;

	return first->first < second->first ? -1 : first->first > second->first;
}

/* The node that leads to a hit for the runs, which are in order, and else to a miss. */
static diagram_ref node_of_runs(struct diagram *diagram, const struct runs *runs, uint32_t variable,
                                uint32_t n)
{
	diagram_ref hit = diagram_terminal(OUTCOME_HIT, 0),
	            miss = diagram_terminal(OUTCOME_MISS, 0);
	size_t begun = diagram_begin(diagram);
	uint32_t next = 0;

	vec_foreach(run, runs) {
		if (run->last < next)
			continue;
		if (run->first > next)
			diagram_edge(diagram, begun, run->first - 1, miss);
		diagram_edge(diagram, begun, run->last, hit);
		next = run->last + 1;
	}
	if (next < n)
		diagram_edge(diagram, begun, n - 1, miss);
	return diagram_node(diagram, begun, variable);
}

/* Adds the runs of cells of a step's boxes. 0 or -ENOMEM. */
static int add_runs(const struct space *space, const struct step *step, struct runs *runs)
{
	vec_foreach(interval, &step->boxes) {
		struct run found, *run;

		if (!space_cells(space, step->fields, interval, &found.first, &found.last))
			continue;
		run = vec_push(runs);
		if (!run)
			return -ENOMEM;
		*run = found;
	}
	return 0;
}

int match_compile_any(const struct space *space, struct diagram *diagram,
                      const struct step *const *steps, size_t n, diagram_ref *ret_match)
{
	const struct space_field *field = &space->fields[steps[0]->fields->field];
	struct runs runs = {0};
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++)
		status = add_runs(space, steps[i], &runs);
	if (runs.n)
		qsort(runs.items, runs.n, sizeof(*runs.items), compare_runs);
	if (status == 0)
		*ret_match =
		    node_of_runs(diagram, &runs, field->variable, (uint32_t)field->cells.n);
	vec_done(&runs);
	return status;
}

bool match_is_cells(const struct space *space, const struct step *step)
{
	return step->n_fields == 1 && space->fields[step->fields->field].form == FORM_WHOLE;
}

/* A step's fields by their variables, the last first. */
static void order_fields(const struct space *space, const struct step *step,
                         uint8_t order[static UINT8_MAX])
{
	for (uint8_t i = 0; i < step->n_fields; i++) {
		uint32_t variable = space->fields[step->fields[i].field].variable;
		uint8_t at = i;

		for (; at > 0; at--) {
			const struct operand_field *other = &step->fields[order[at - 1]];

			if (space->fields[other->field].variable >= variable)
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
	}
}

/* The boxes of a step and where each leads. */
struct boxes {
	const struct space *space;
	struct diagram *diagram;
	const struct step *step;
	const diagram_ref *inside; /* one for each box; NULL: a hit */
	uint8_t order[UINT8_MAX];
};

/* One box. */
static diagram_ref match_box(const struct boxes *boxes, size_t box)
{
	const struct step *step = boxes->step;
	const struct interval *intervals = step->boxes.items + box * step->n_fields;
	diagram_ref match = boxes->inside ? boxes->inside[box] : diagram_terminal(OUTCOME_HIT, 0);

	for (size_t i = 0; i < step->n_fields; i++) {
		uint8_t field = boxes->order[i];

		match = space_match(boxes->space, boxes->diagram, &step->fields[field],
		                    &intervals[field], match);
	}
	return match;
}

/* Boxes first..end-1, of which the earlier win. */
static diagram_ref match_boxes(const struct boxes *boxes, size_t first, size_t end)
{
	size_t middle = first + (end - first) / 2;

	if (end - first == 1)
		return match_box(boxes, first);
	return diagram_apply(boxes->diagram, OP_FILL, match_boxes(boxes, first, middle),
	                     match_boxes(boxes, middle, end));
}

diagram_ref match_choose(const struct space *space, struct diagram *diagram,
                         const struct step *step, const diagram_ref *inside)
{
	struct boxes boxes = {space, diagram, step, inside, {0}};
	size_t n = step->n_fields ? step->boxes.n / step->n_fields : 0;

	if (n == 0)
		return diagram_terminal(OUTCOME_MISS, 0);
	order_fields(space, step, boxes.order);
	return match_boxes(&boxes, 0, n);
}

int match_compile(const struct space *space, struct diagram *diagram, const struct step *step,
                  diagram_ref *ret_match)
{
	if (match_is_cells(space, step))
		return match_compile_any(space, diagram, &step, 1, ret_match);
	*ret_match = match_choose(space, diagram, step, NULL);
	return 0;
}
