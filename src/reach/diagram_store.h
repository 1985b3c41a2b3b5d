/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a diagram, shared by the files that build, combine and walk it. */
#pragma once

#include "base/vec.h"
#include "reach/diagram.h"

/* A remembered result; op 0 is none, so operations are kept plus 1. */
struct memo {
	uint32_t op;
	diagram_ref f, g, result;
};

struct diagram {
	int status;
	size_t max_bytes;
	diagram_stronger stronger;
	const void *data;
	/*
	 * Nodes, one behind the other. A node's reference is where it starts: its hash, variable,
	 * number of edges, and for each edge the last value and the child.
	 */
	uint32_t *words;
	size_t n_words, room_words;
	diagram_ref *slots; /* nodes by content; 0: free (word 0 is no node) */
	size_t n_slots, n_nodes;
	struct memo *memos;
	size_t n_memos;
	VEC(uint32_t) building; /* edges of nodes that have been begun */
	VEC(struct diagram_change) changes;
};

enum { NODE_HASH, NODE_VARIABLE, NODE_EDGES, NODE_HEAD };
enum { TERMINAL_BIT_SHIFT = 31, OUTCOME_SHIFT = 28, NOTES_MOST = (1 << OUTCOME_SHIFT) - 1 };
