/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decision diagrams: nodes, each there once. */
#include "reach/diagram.h"

#include "reach/diagram_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WORDS_FIRST = 1 << 12,
	SLOTS_FIRST = 1 << 10,
	MEMOS_FIRST = 1 << 12,
	MEMOS_MOST = 1 << 21,
	WORDS_MOST = 1 << 30, /* so that a place is never taken for a terminal */
};

struct diagram *diagram_new(size_t max_bytes, diagram_stronger stronger, const void *data)
{
	struct diagram *diagram = calloc(1, sizeof(*diagram));

	if (!diagram)
		return NULL;
	diagram->max_bytes = max_bytes;
	diagram->stronger = stronger;
	diagram->data = data;
	diagram->room_words = WORDS_FIRST;
	diagram->n_words = 1;
	diagram->n_slots = SLOTS_FIRST;
	diagram->n_memos = MEMOS_FIRST;
	diagram->words = calloc(diagram->room_words, sizeof(*diagram->words));
	diagram->slots = calloc(diagram->n_slots, sizeof(*diagram->slots));
	diagram->memos = calloc(diagram->n_memos, sizeof(*diagram->memos));
	if (diagram->words && diagram->slots && diagram->memos)
		return diagram;
	diagram_free(diagram);
	return NULL;
}

void diagram_free(struct diagram *diagram)
{
	if (!diagram)
		return;
	free(diagram->words);
	free(diagram->slots);
	free(diagram->memos);
	vec_done(&diagram->building);
	vec_done(&diagram->changes);
	free(diagram);
}

int diagram_status(const struct diagram *diagram)
{
	return diagram->status;
}

size_t diagram_bytes(const struct diagram *diagram)
{
	return diagram->room_words * sizeof(*diagram->words) +
	       diagram->n_slots * sizeof(*diagram->slots) +
	       diagram->n_memos * sizeof(*diagram->memos);
}

diagram_ref diagram_terminal(enum outcome outcome, uint32_t note)
{
	return 1U << TERMINAL_BIT_SHIFT | (uint32_t)outcome << OUTCOME_SHIFT |
	       (note & (uint32_t)NOTES_MOST);
}

bool diagram_is_terminal(diagram_ref ref)
{
	return ref >> TERMINAL_BIT_SHIFT;
}

struct terminal diagram_outcome(diagram_ref ref)
{
	return (struct terminal){(enum outcome)(ref >> OUTCOME_SHIFT & 7),
	                         ref & (uint32_t)NOTES_MOST};
}

/* Keeps the first failure. Returns a reference that means nothing. */
static diagram_ref fail(struct diagram *diagram, int status)
{
	if (diagram->status == 0)
		diagram->status = status;
	return diagram_terminal(OUTCOME_DROP, 0);
}

size_t diagram_begin(struct diagram *diagram)
{
	return diagram->building.n;
}

void diagram_edge(struct diagram *diagram, size_t begun, uint32_t last, diagram_ref to)
{
	uint32_t *edge;

	if (diagram->status < 0)
		return;
	if (diagram->building.n > begun) {
		edge = &diagram->building.items[diagram->building.n - 2];
		if (edge[1] == to) {
			edge[0] = last;
			return;
		}
	}
	if (vec_reserve(&diagram->building, 2) < 0) {
		fail(diagram, -ENOMEM);
		return;
	}
	edge = &diagram->building.items[diagram->building.n];
	edge[0] = last;
	edge[1] = to;
	diagram->building.n += 2;
}

/* A hash of a node's content. */
static uint32_t hash_node(uint32_t variable, const uint32_t *edges, size_t n_words)
{
	uint64_t hash = variable * 0x9e3779b97f4a7c15U + 1;

	for (size_t i = 0; i + 1 < n_words; i += 2) {
		hash ^= (uint64_t)edges[i] << 32 | edges[i + 1];
		hash *= 0xff51afd7ed558ccdU;
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

/* Makes the slots twice as many. 0 or -ENOMEM. */
static int grow_slots(struct diagram *diagram)
{
	size_t n_slots = diagram->n_slots * 2;
	diagram_ref *slots = calloc(n_slots, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < diagram->n_slots; i++) {
		diagram_ref ref = diagram->slots[i];
		size_t at = ref ? diagram->words[ref + NODE_HASH] & (n_slots - 1) : 0;

		if (!ref)
			continue;
		while (slots[at])
			at = (at + 1) & (n_slots - 1);
		slots[at] = ref;
	}
	free(diagram->slots);
	diagram->slots = slots;
	diagram->n_slots = n_slots;
	return 0;
}

/* Makes the table of results grow with the nodes; what was in it is forgotten. */
static void grow_memos(struct diagram *diagram)
{
	struct memo *memos;

	if (diagram->n_memos >= MEMOS_MOST || diagram->n_memos >= diagram->n_nodes * 2)
		return;
	memos = calloc(diagram->n_memos * 4, sizeof(*memos));
	if (!memos)
		return; /* it only gets slower */
	free(diagram->memos);
	diagram->memos = memos;
	diagram->n_memos *= 4;
}

/* Makes room for a node of n words. 0, -ENOMEM or -E2BIG. */
static int reserve_words(struct diagram *diagram, size_t n)
{
	size_t room = diagram->room_words;
	uint32_t *words;

	if (diagram->n_words + n <= room)
		return 0;
	while (room < diagram->n_words + n)
		room += room / 2;
	if (room > WORDS_MOST ||
	    diagram_bytes(diagram) + (room - diagram->room_words) * sizeof(*words) >
	        diagram->max_bytes)
		return -E2BIG;
	words = reallocarray(diagram->words, room, sizeof(*words));
	if (!words)
		return -ENOMEM;
	diagram->words = words;
	diagram->room_words = room;
	return 0;
}

/* Adds a node that is not there yet, into a slot. */
static diagram_ref add_node(struct diagram *diagram, diagram_ref *slot, uint32_t hash,
                            uint32_t variable, size_t begun)
{
	size_t n_words = diagram->building.n - begun;
	int status = reserve_words(diagram, NODE_HEAD + n_words);
	diagram_ref ref = (diagram_ref)diagram->n_words;
	uint32_t *words;

	if (status < 0)
		return fail(diagram, status);
	words = diagram->words + ref;
	words[NODE_HASH] = hash;
	words[NODE_VARIABLE] = variable;
	words[NODE_EDGES] = (uint32_t)(n_words / 2);
	memcpy(words + NODE_HEAD, diagram->building.items + begun, n_words * sizeof(*words));
	diagram->n_words += NODE_HEAD + n_words;
	*slot = ref;
	if (++diagram->n_nodes * 2 > diagram->n_slots && grow_slots(diagram) < 0)
		return fail(diagram, -ENOMEM);
	grow_memos(diagram);
	return ref;
}

/* The node of what has been built since `begun`, there once. */
static diagram_ref find_node(struct diagram *diagram, size_t begun, uint32_t variable)
{
	const uint32_t *edges = diagram->building.items + begun;
	size_t n_words = diagram->building.n - begun;
	uint32_t hash = hash_node(variable, edges, n_words);
	size_t at = hash & (diagram->n_slots - 1);

	for (diagram_ref ref; (ref = diagram->slots[at]); at = (at + 1) & (diagram->n_slots - 1)) {
		const uint32_t *words = diagram->words + ref;

		if (words[NODE_HASH] == hash && words[NODE_VARIABLE] == variable &&
		    words[NODE_EDGES] == n_words / 2 &&
		    memcmp(words + NODE_HEAD, edges, n_words * sizeof(*edges)) == 0)
			return ref;
	}
	return add_node(diagram, &diagram->slots[at], hash, variable, begun);
}

diagram_ref diagram_node(struct diagram *diagram, size_t begun, uint32_t variable)
{
	diagram_ref ref;

	if (diagram->status < 0 || diagram->building.n == begun)
		ref = diagram_terminal(OUTCOME_DROP, 0);
	else if (diagram->building.n == begun + 2)
		ref = diagram->building.items[begun + 1];
	else
		ref = find_node(diagram, begun, variable);
	diagram->building.n = begun;
	return ref;
}

diagram_ref diagram_range(struct diagram *diagram, uint32_t variable, uint32_t n, uint32_t first,
                          uint32_t last, diagram_ref inside, diagram_ref outside)
{
	size_t begun = diagram_begin(diagram);

	if (first > 0)
		diagram_edge(diagram, begun, first - 1, outside);
	diagram_edge(diagram, begun, last, inside);
	if (last + 1 < n)
		diagram_edge(diagram, begun, n - 1, outside);
	return diagram_node(diagram, begun, variable);
}

uint32_t diagram_variable(const struct diagram *diagram, diagram_ref ref)
{
	return diagram_is_terminal(ref) ? DIAGRAM_NO_VARIABLE : diagram->words[ref + NODE_VARIABLE];
}

uint32_t diagram_edges(const struct diagram *diagram, diagram_ref ref)
{
	return diagram_is_terminal(ref) ? 0 : diagram->words[ref + NODE_EDGES];
}

diagram_ref diagram_child(const struct diagram *diagram, diagram_ref ref, uint32_t edge,
                          uint32_t *ret_last)
{
	const uint32_t *words = diagram->words + ref + NODE_HEAD + 2 * (size_t)edge;

	*ret_last = words[0];
	return words[1];
}

diagram_ref diagram_follow(const struct diagram *diagram, diagram_ref ref, uint32_t value)
{
	const uint32_t *edges = diagram->words + ref + NODE_HEAD;
	uint32_t low = 0, high = diagram->words[ref + NODE_EDGES] - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (edges[2 * (size_t)middle] >= value)
			high = middle;
		else
			low = middle + 1;
	}
	return edges[2 * (size_t)low + 1];
}
