/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which problems there are from proof to proof. */
#include "guard/problems.h"

#include "base/hash.h"
#include "base/vec.h"

#include <string.h>

enum { PROBLEMS_MOST = 10000 }; /* beyond it each is told each time */

struct problem {
	uint64_t hash;
	char *container, *text; /* owned; container "" for none */
	bool seen;              /* by the proof whose result is being taken in */
};

struct problems {
	VEC(struct problem) items;
};

struct problems *problems_new(void)
{
	return calloc(1, sizeof(struct problems));
}

/* Releases what a problem holds. */
static void problem_done(struct problem *problem)
{
	free(problem->container);
	free(problem->text);
}

void problems_free(struct problems *problems)
{
	if (!problems)
		return;
	vec_foreach(problem, &problems->items)
		problem_done(problem);
	vec_done(&problems->items);
	free(problems);
}

bool problems_see(struct problems *problems, const char *container, const char *text)
{
	const char *name = container ? container : "";
	uint64_t hash = hash_text(hash_text(HASH_BEGIN, name), text);
	struct problem made = {.hash = hash, .seen = true}, *slot;

	vec_foreach(problem, &problems->items)
		if (problem->hash == hash && strcmp(problem->container, name) == 0 &&
		    strcmp(problem->text, text) == 0) {
			problem->seen = true;
			return false;
		}
	if (problems->items.n >= PROBLEMS_MOST)
		return true;
	made.container = strdup(name);
	made.text = strdup(text);
	slot = made.container && made.text ? vec_push(&problems->items) : NULL;
	if (slot)
		*slot = made;
	else
		problem_done(&made);
	return true;
}

void problems_settle(struct problems *problems,
                     void (*gone)(const char *container, const char *text, void *data), void *data)
{
	size_t kept = 0;

	for (size_t i = 0; i < problems->items.n; i++) {
		struct problem problem = problems->items.items[i];

		if (problem.seen) {
			problem.seen = false;
			problems->items.items[kept++] = problem;
			continue;
		}
		gone(*problem.container ? problem.container : NULL, problem.text, data);
		problem_done(&problem);
	}
	problems->items.n = kept;
}
