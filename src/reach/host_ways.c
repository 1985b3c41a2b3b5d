/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that may become of one packet, where something is not known. */
#include "reach/host_ways.h"

#include <errno.h>
#include <string.h>

/* One thing that is not known, and the answer that is tried. */
struct answer {
	const void *key;  /* what stands for it */
	const char *text; /* or the words that do, wherever they stand; else NULL */
	unsigned byte;
	uint8_t value;
};

/* The answers of one walk. */
struct answers {
	VEC(struct answer) items;
	struct host_ways *ways;
	int status;
};

/* Names a thing that is not known, once. */
static void name_unknown(struct answers *answers, const char *text)
{
	const char **slot;

	vec_foreach(other, &answers->ways->unknown)
		if (strcmp(*other, text) == 0)
			return;
	slot = vec_push(&answers->ways->unknown);
	if (slot)
		*slot = text;
	else
		answers->status = -ENOMEM;
}

/* Whether an answer is to what is asked. */
static bool answers_it(const struct answer *answer, const void *key, const char *text,
                       unsigned byte)
{
	if (answer->byte != byte || (answer->text != NULL) != (text != NULL))
		return false;
	return text ? strcmp(answer->text, text) == 0 : answer->key == key;
}

/* The oracle: what was answered before, or no for what is asked for the first time. */
static uint8_t give_answer(void *data, const struct step *step, const void *key, unsigned byte)
{
	/* The same words decide the same for the same packet. */
	const char *text = step->shared ? step->text : NULL;
	struct answers *answers = data;
	struct answer *slot;

	vec_foreach(known, &answers->items)
		if (answers_it(known, key, text, byte))
			return known->value;
	name_unknown(answers, step->text ? step->text : "something that is not known");
	slot = vec_push(&answers->items);
	if (!slot) {
		answers->status = -ENOMEM;
		return 0;
	}
	*slot = (struct answer){.key = key, .text = text, .byte = byte};
	return 0;
}

/* Goes on to the next combination of answers. False: all have been tried. */
static bool next_answers(struct answers *answers)
{
	while (answers->items.n > 0) {
		struct answer *last = &answers->items.items[answers->items.n - 1];

		if (last->value == 0) {
			last->value = 1;
			return true;
		}
		answers->items.n--;
	}
	return false;
}

bool host_end_same(const struct host_end *a, const struct host_end *b)
{
	if (a->fate != b->fate)
		return false;
	return a->fate == HOST_NOWHERE || (address_equal(&a->destination, &b->destination) &&
	                                   a->port == b->port && a->out_ifindex == b->out_ifindex);
}

/* Adds an end unless it is there. 0 or -ENOMEM. */
static int add_end(struct host_ways *ways, const struct host_end *end)
{
	struct host_end *slot;

	vec_foreach(other, &ways->ends)
		if (host_end_same(other, end))
			return 0;
	slot = vec_push(&ways->ends);
	if (!slot)
		return -ENOMEM;
	*slot = *end;
	return 0;
}

/* Tries all answers until see() has seen enough; see host_ways.h. */
static int each_way(struct host_walk *walk, const struct host_packet *packet,
                    struct host_ways *ways,
                    bool (*see)(struct host_walk *walk, const struct host_end *end, void *data),
                    void *data)
{
	struct answers answers = {.ways = ways};
	int status = 0;

	walk->oracle = give_answer;
	walk->oracle_data = &answers;
	for (unsigned i = 0; status == 0; i++) {
		struct host_end end;

		status = host_walk(walk, packet, &end);
		if (status == 0)
			status = answers.status;
		if (status == 0)
			status = add_end(ways, &end);
		if (status == 0 && see && see(walk, &end, data))
			break;
		if (!next_answers(&answers))
			break;
		if (i + 1 == HOST_WAYS_MOST) {
			ways->incomplete = true;
			break;
		}
	}
	ways->looked |= walk->looked;
	vec_done(&answers.items);
	return status;
}

int host_ways_find(const struct host *host, const struct host_packet *packet,
                   struct host_ways *ret_ways)
{
	struct host_walk walk = {.host = host};

	return each_way(&walk, packet, ret_ways, NULL, NULL);
}

/* The way that is being looked for, and the first that there was. */
struct followed {
	bool (*wanted)(const struct host_end *end, const void *data);
	const void *data;
	struct host_events events;
	struct host_end end;
	bool any, found;
};

/* Keeps the first way, and the one that was wanted in its place. */
static bool follow(struct host_walk *walk, const struct host_end *end, void *data)
{
	struct followed *followed = data;

	followed->found = followed->wanted(end, followed->data);
	if (followed->found || !followed->any) {
		vec_done(&followed->events);
		followed->events = walk->events;
		followed->end = *end;
		followed->any = true;
		walk->events = (struct host_events){0};
	}
	walk->events.n = 0;
	return followed->found;
}

int host_ways_follow(const struct host *host, const struct host_packet *packet,
                     bool (*wanted)(const struct host_end *end, const void *data), const void *data,
                     struct host_ways *ret_ways, struct host_events *ret_events,
                     struct host_end *ret_end)
{
	struct host_walk walk = {.host = host, .keep_events = true};
	struct followed followed = {.wanted = wanted, .data = data};
	int status = each_way(&walk, packet, ret_ways, follow, &followed);

	vec_done(&walk.events);
	*ret_events = followed.events;
	*ret_end = followed.end;
	return status;
}

void host_ways_done(struct host_ways *ways)
{
	vec_done(&ways->ends);
	vec_done(&ways->unknown);
}
