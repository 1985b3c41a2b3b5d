/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Things that are not known, as variables: found again by their text or by who asks. */
#include "reach/space.h"

#include "base/hash.h"

#include <string.h>

enum { SLOTS_FIRST = 64 };

/* A hash of what an unknown is found by. */
static uint64_t hash_key(bool shared, const void *key, const char *text)
{
	return shared ? hash_text(HASH_BEGIN, text) : (uintptr_t)key * 0x9e3779b97f4a7c15U >> 20;
}

/* The key of an unknown's variable; NULL: it is shared. */
static const void *key_of(const struct space *space, uint32_t variable)
{
	return space->unknown_keys.items[variable - space->first_unknown];
}

/* The slot that holds, or would hold, an unknown. */
static uint32_t *find_slot(const struct space *space, bool shared, const void *key,
                           const char *text)
{
	size_t at = hash_key(shared, key, text) & (space->n_unknown_slots - 1);

	for (uint32_t number; (number = space->unknowns[at]);
	     at = (at + 1) & (space->n_unknown_slots - 1)) {
		const void *other = key_of(space, number - 1);

		if (shared ? !other && strcmp(space->variables.items[number - 1].unknown, text) == 0
		           : other == key)
			break;
	}
	return &space->unknowns[at];
}

/* Makes the slots twice as many. 0 or -ENOMEM. */
static int grow_slots(struct space *space)
{
	size_t n = space->n_unknown_slots ? space->n_unknown_slots * 2 : SLOTS_FIRST;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(space->unknowns);
	space->unknowns = slots;
	space->n_unknown_slots = n;
	for (size_t i = 0; i < space->n_unknowns; i++) {
		uint32_t number = space->first_unknown + (uint32_t)i;
		const void *key = key_of(space, number);

		*find_slot(space, !key, key, space->variables.items[number].unknown) = number + 1;
	}
	return 0;
}

int space_unknown(struct space *space, bool shared, const void *key, const char *text, uint32_t n,
                  uint32_t *ret_variable)
{
	struct space_variable *variable;
	const void **kept;
	uint32_t *slot;

	if (space->n_unknowns * 2 >= space->n_unknown_slots && grow_slots(space) < 0)
		return -ENOMEM;
	slot = find_slot(space, shared, key, text);
	if (!*slot) {
		if (space->n_unknowns >= UNKNOWNS_MOST)
			return -E2BIG;
		kept = vec_push(&space->unknown_keys);
		variable = kept ? vec_push(&space->variables) : NULL;
		if (!variable)
			return -ENOMEM;
		*kept = shared ? NULL : key;
		*variable = (struct space_variable){.field = FIELDS, .n = n, .unknown = text};
		space->n_unknowns++;
		*slot = (uint32_t)space->variables.n;
	}
	*ret_variable = *slot - 1;
	return 0;
}
