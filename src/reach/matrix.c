/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who reaches whom: addresses in classes that a ruleset cannot tell apart. */
#include "reach/matrix.h"

#include "reach/number_set.h"
#include "reach/rest.h"

#include <linux/netfilter.h>

/* How much of what was asked for gets through. */
enum level { LEVEL_NONE, LEVEL_MAY, LEVEL_MUST };

/* Bounds of the work, and the row of sources that get nowhere. */
enum { RESTS_MOST = 4 * MATRIX_CLASSES_MOST, CELLS_TIMES_ROWS_MOST = 1 << 28, NO_ROW = UINT32_MAX };

/* What sources of a region get to, by level. */
struct row {
	struct regions runs; /* the rest is a level */
};

/* The row of what is left of the function for some sources. */
struct known_rest {
	diagram_ref rest;
	uint32_t row;
};

/* Addresses that have the same row, and are in no row's middle. */
struct atom {
	field_value first; /* up to the next one's */
	uint32_t row, class;
};

struct maker {
	struct program_of_hook program;
	struct packet_limits limits;
	struct rest_search search;
	struct regions sources;
	VEC(struct row) rows;        /* each once */
	struct number_sets contents; /* of rows, by number */
	VEC(struct known_rest) rests;
	VEC(field_value) ends;
	VEC(struct atom) atoms;
	uint32_t first_class;
};

/* How much of the rest gets through. 0 or -ENOMEM. */
static int judge(struct maker *maker, diagram_ref rest, enum level *ret_level)
{
	int status = rest_find_notes(&maker->search, rest);

	*ret_level = !maker->search.accepts ? LEVEL_NONE
	             : maker->search.drops  ? LEVEL_MAY
	                                    : LEVEL_MUST;
	return status;
}

/* Adds an end of atoms. 0 or -ENOMEM. */
static int add_end(struct maker *maker, field_value first)
{
	field_value *end = vec_push(&maker->ends);

	if (!end)
		return -ENOMEM;
	*end = first;
	return 0;
}

/* Adds both ends of an interval; beyond the last address there is nothing. */
static int add_ends(struct maker *maker, const struct interval *values)
{
	field_value most = maker->limits.family == NFPROTO_IPV6 ? ~(field_value)0 : UINT32_MAX;
	int status = add_end(maker, values->first);

	return status == 0 && values->last < most ? add_end(maker, values->last + 1) : status;
}

/* Finds the runs of destinations of a rest, by level; those that nobody gets to are left out. */
static int find_runs(struct maker *maker, diagram_ref rest, struct regions *ret_runs)
{
	int status = regions_find(&maker->program, FIELD_DESTINATION, rest, ret_runs);
	size_t n = 0;

	for (size_t i = 0; i < ret_runs->n && status == 0; i++) {
		struct region *run = &ret_runs->items[i],
		              *last = n ? &ret_runs->items[n - 1] : NULL;
		enum level level;

		status = judge(maker, run->rest, &level);
		if (level == LEVEL_NONE)
			continue;
		if (last && last->rest == level && last->values.last + 1 == run->values.first)
			last->values.last = run->values.last;
		else
			ret_runs->items[n++] = (struct region){run->values, level};
	}
	ret_runs->n = n;
	return status;
}

/* The number of a row by its content. 0 or -ENOMEM. */
static int number_row(struct maker *maker, const struct regions *runs, uint32_t *ret_row)
{
	struct numbers words = {0};
	int status = vec_reserve(&words, runs->n * 9 + 1);

	for (size_t i = 0; i < runs->n && status == 0; i++) {
		const struct interval *values = &runs->items[i].values;

		for (unsigned shift = 0; shift < 128; shift += 32) {
			words.items[words.n++] = (uint32_t)(values->first >> shift);
			words.items[words.n++] = (uint32_t)(values->last >> shift);
		}
		words.items[words.n++] = runs->items[i].rest;
	}
	if (status == 0)
		status = number_set_find(&maker->contents, words.items, words.n, ret_row);
	vec_done(&words);
	return status;
}

/* Makes the row of a rest, unless there is one like it. 0 or a negative errno. */
static int make_row(struct maker *maker, diagram_ref rest, uint32_t *ret_row)
{
	struct regions runs = {0};
	int status = find_runs(maker, rest, &runs);

	if (status == 0)
		status = number_row(maker, &runs, ret_row);
	if (status == 0 && *ret_row == maker->rows.n) {
		struct row *row = vec_push(&maker->rows);

		for (size_t i = 0; row && i < runs.n && status == 0; i++)
			status = add_ends(maker, &runs.items[i].values);
		if (row) {
			row->runs = runs;
			return status;
		}
		status = -ENOMEM;
	}
	vec_done(&runs);
	return status;
}

/* The row of a rest, made once; rests are few compared with what is behind them. */
static int find_row(struct maker *maker, diagram_ref rest, uint32_t *ret_row)
{
	struct known_rest *kept;
	int status;

	vec_foreach(known, &maker->rests)
		if (known->rest == rest) {
			*ret_row = known->row;
			return 0;
		}
	if (maker->rests.n >= RESTS_MOST)
		return -E2BIG;
	status = make_row(maker, rest, ret_row);
	kept = status == 0 ? vec_push(&maker->rests) : NULL;
	if (!kept)
		return status < 0 ? status : -ENOMEM;
	*kept = (struct known_rest){rest, *ret_row};
	return 0;
}

/* Orders values. */
static int compare_values(const void *a, const void *b)
{
	field_value first = *(const field_value *)a, second = *(const field_value *)b;

	return first < second ? -1 : first > second;
}

/* Makes the atoms of all ends. 0 or -ENOMEM. */
static int make_atoms(struct maker *maker)
{
	int status = add_end(maker, 0);

	if (status < 0)
		return status;
	qsort(maker->ends.items, maker->ends.n, sizeof(field_value), compare_values);
	for (size_t i = 0; i < maker->ends.n; i++) {
		struct atom *atom;

		if (i && maker->ends.items[i] == maker->ends.items[i - 1])
			continue;
		atom = vec_push(&maker->atoms);
		if (!atom)
			return -ENOMEM;
		*atom = (struct atom){.first = maker->ends.items[i], .row = NO_ROW};
	}
	return 0;
}

/* Gives the atoms of each region a number: their row, or their level in `ret_levels`. */
static void mark_atoms(struct maker *maker, const struct regions *regions, uint8_t *ret_levels)
{
	size_t at = 0;

	vec_foreach(region, regions)
		for (; at < maker->atoms.n && maker->atoms.items[at].first <= region->values.last;
		     at++) {
			if (maker->atoms.items[at].first < region->values.first)
				continue;
			if (ret_levels)
				ret_levels[at] = (uint8_t)region->rest;
			else
				maker->atoms.items[at].row = region->rest;
		}
}

/* Puts atoms apart that a row holds apart. `levels` has room for all. 0 or -ENOMEM. */
static int refine(struct maker *maker, const struct row *row, uint8_t *levels)
{
	struct number_sets sets = {0};
	int status = 0;

	for (size_t i = 0; i < maker->atoms.n; i++)
		levels[i] = LEVEL_NONE;
	mark_atoms(maker, &row->runs, levels);
	for (size_t i = 0; i < maker->atoms.n && status == 0; i++) {
		const uint32_t told[] = {maker->atoms.items[i].class, levels[i]};

		status = number_set_find(&sets, told, 2, &maker->atoms.items[i].class);
	}
	number_sets_done(&sets);
	return status;
}

/* Sorts atoms into classes: first by row, then by each row's levels. 0 or a negative errno. */
static int classify(struct maker *maker)
{
	_cleanup_free_ uint8_t *levels = calloc(maker->atoms.n + 1, 1);
	struct number_sets sets = {0};
	int status = levels ? 0 : -ENOMEM;

	mark_atoms(maker, &maker->sources, NULL);
	if (maker->atoms.n * maker->rows.n > CELLS_TIMES_ROWS_MOST)
		return -E2BIG;
	for (size_t i = 0; i < maker->atoms.n && status == 0; i++)
		status = number_set_find(&sets, &maker->atoms.items[i].row, 1,
		                         &maker->atoms.items[i].class);
	number_sets_done(&sets);
	for (size_t i = 0; i < maker->rows.n && status == 0; i++)
		status = refine(maker, &maker->rows.items[i], levels);
	return status;
}

/* Adds the classes to the matrix; atoms get their numbers there. 0 or a negative errno. */
static int list_classes(struct maker *maker, struct matrix *matrix)
{
	field_value most = maker->limits.family == NFPROTO_IPV6 ? ~(field_value)0 : UINT32_MAX;

	maker->first_class = (uint32_t)matrix->classes.n;
	for (size_t i = 0, end; i < maker->atoms.n; i = end) {
		const struct atom *atom = &maker->atoms.items[i];
		uint32_t number = maker->first_class + atom->class;
		struct interval values = {atom->first, most};

		for (end = i + 1; end < maker->atoms.n; end++)
			if (maker->atoms.items[end].class != atom->class)
				break;
		if (end < maker->atoms.n)
			values.last = maker->atoms.items[end].first - 1;
		if (number >= MATRIX_CLASSES_MOST)
			return -E2BIG;
		/* Classes are numbered by their first atoms, so a new one is the next. */
		if (number == matrix->classes.n) {
			struct matrix_class *class = vec_push(&matrix->classes);

			if (!class)
				return -ENOMEM;
			*class = (struct matrix_class){.family = maker->limits.family};
		}
		if (prefixes_add_interval(&matrix->classes.items[number].prefixes,
		                          maker->limits.family, values) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Adds the edges of a class of sources, by a row's levels. 0 or -ENOMEM. */
static int list_row(const struct maker *maker, uint32_t from, const uint8_t *levels,
                    struct matrix *matrix)
{
	uint32_t next = 0;

	for (size_t i = 0; i < maker->atoms.n; i++) {
		uint32_t class = maker->atoms.items[i].class;
		struct matrix_edge *edge;

		if (class < next)
			continue; /* it has been met before: the levels of a class are one */
		next = class + 1;
		if (levels[i] == LEVEL_NONE)
			continue;
		edge = vec_push(&matrix->edges);
		if (!edge)
			return -ENOMEM;
		*edge = (struct matrix_edge){maker->first_class + from, maker->first_class + class,
		                             levels[i] == LEVEL_MUST};
	}
	return 0;
}

/* Adds all edges. 0 or -ENOMEM. */
static int list_edges(struct maker *maker, struct matrix *matrix)
{
	_cleanup_free_ uint8_t *levels = calloc(maker->atoms.n + 1, 1);
	uint32_t next = 0;
	int status = levels ? 0 : -ENOMEM;

	for (size_t i = 0; i < maker->atoms.n && status == 0; i++) {
		const struct atom *atom = &maker->atoms.items[i];

		if (atom->class < next)
			continue;
		next = atom->class + 1;
		if (atom->row == NO_ROW)
			continue;
		for (size_t j = 0; j < maker->atoms.n; j++)
			levels[j] = LEVEL_NONE;
		mark_atoms(maker, &maker->rows.items[atom->row].runs, levels);
		status = list_row(maker, atom->class, levels, matrix);
	}
	return status;
}

/* Finds the rows of all sources. 0 or a negative errno. */
static int find_sources(struct maker *maker)
{
	diagram_ref root = maker->program.root;
	int status;

	root = diagram_apply(maker->program.diagram, OP_VERDICT, root, root);
	status = diagram_status(maker->program.diagram);
	if (status == 0)
		status = regions_find(&maker->program, FIELD_SOURCE, root, &maker->sources);
	for (size_t i = 0; i < maker->sources.n && status == 0; i++) {
		struct region *region = &maker->sources.items[i];
		uint32_t row = NO_ROW;

		status = find_row(maker, region->rest, &row);
		if (status == 0)
			status = add_ends(maker, &region->values);
		if (status == 0 && maker->rows.items[row].runs.n == 0)
			row = NO_ROW;
		region->rest = row;
	}
	return status;
}

/* Makes the part of one family. 0 or a negative errno. */
static int make_family(struct maker *maker, const struct chain_graph *graph,
                       const struct reach_question *question, uint8_t family, struct matrix *matrix,
                       struct error **ret_error)
{
	int status = question_limits(question, family, &maker->limits);

	if (status == 0)
		status = program_compile(&maker->program, graph, question->hook, &maker->limits,
		                         REACH_BYTES_MOST, ret_error);
	maker->search.program = &maker->program;
	if (status == 0)
		status = find_sources(maker);
	if (status == 0)
		status = make_atoms(maker);
	if (status == 0)
		status = classify(maker);
	if (status == 0)
		status = list_classes(maker, matrix);
	if (status == 0)
		status = list_edges(maker, matrix);
	if (status == -E2BIG)
		return error_set(ret_error, E2BIG,
		                 "the rules tell too many addresses apart for a matrix; ask for "
		                 "fewer: --src or --dst with a prefix");
	return status;
}

/* Releases what only the making needs. */
static void maker_done(struct maker *maker)
{
	vec_foreach(row, &maker->rows)
		vec_done(&row->runs);
	vec_done(&maker->rows);
	vec_done(&maker->rests);
	number_sets_done(&maker->contents);
	vec_done(&maker->sources);
	vec_done(&maker->ends);
	vec_done(&maker->atoms);
	rest_search_done(&maker->search);
	program_done(&maker->program);
	packet_limits_done(&maker->limits);
}

int matrix_find(const struct ruleset *ruleset, const char *path,
                const struct reach_question *question, struct matrix *ret_matrix,
                struct error **ret_error)
{
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	struct chain_graph graph;
	int status = chain_graph_init(&graph, ruleset, path, ret_error);

	for (size_t i = 0; i < sizeof(families) && status == 0; i++) {
		struct maker maker = {0};

		if (!question_has_family(question, ruleset, families[i]))
			continue;
		status = make_family(&maker, &graph, question, families[i], ret_matrix, ret_error);
		maker_done(&maker);
	}
	chain_graph_done(&graph);
	return status;
}

void matrix_done(struct matrix *matrix)
{
	vec_foreach(class, &matrix->classes)
		vec_done(&class->prefixes);
	vec_done(&matrix->classes);
	vec_done(&matrix->edges);
}
