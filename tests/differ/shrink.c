/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cuts a case in which model and kernel differ down to what it takes. */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>

/* Whether something differs still. What a tool does not take is no case. */
static bool differs(struct lab *lab, const struct rules_case *rules, bool by_way)
{
	struct counts counts = {0};
	size_t bad;

	if (!lab_load(lab, rules))
		return false;
	if (by_way)
		return !check_way(lab, &rules->packets.items[0], NULL, &counts);
	return !check_ends(lab, rules->packets.items, 1, NULL, &counts, &bad);
}

/* A text without the lines from one byte to another. */
static char *without(const char *text, size_t from, size_t to)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	memmove(copy + from, copy + to, strlen(copy + to) + 1);
	return copy;
}

/* Where n lines from a place on end. */
static size_t lines_end(const char *text, size_t from, size_t n)
{
	while (n-- > 0 && text[from]) {
		const char *end = strchr(text + from, '\n');

		from = end ? (size_t)(end + 1 - text) : strlen(text);
	}
	return from;
}

/* Whether a line is one that can go by itself: a rule, or an element of an ipset. */
static bool can_go(const char *line)
{
	return strncmp(line, "-A", 2) == 0 || strncmp(line, "add ", 4) == 0 ||
	       (strncmp(line, "\t\t", 2) == 0 && strncmp(line, "\t\ttype ", 7) != 0);
}

/* Where at most n lines from a place on end that all can go. */
static size_t run_end(const char *text, size_t from, size_t n)
{
	while (n-- > 0 && can_go(text + from))
		from = lines_end(text, from, 1);
	return from;
}

/* Takes runs of n lines out of a part where that leaves the difference. */
static void cut_part(struct lab *lab, struct rules_case *rules, size_t index, size_t n, bool by_way)
{
	for (size_t at = 0; rules->parts.items[index].text[at];) {
		struct part *part = &rules->parts.items[index];
		char *before = part->text;
		size_t end = run_end(before, at, n);

		if (end == at) {
			at = lines_end(before, at, 1);
			continue;
		}
		part->text = without(before, at, end);
		if (differs(lab, rules, by_way)) {
			free(before);
			continue;
		}
		free(part->text);
		part->text = before;
		at = lines_end(before, at, 1);
	}
}

/* Takes whole parts out where that leaves the difference. */
static void cut_parts(struct lab *lab, struct rules_case *rules, bool by_way)
{
	for (size_t i = rules->parts.n; i-- > 0;) {
		struct part part = rules->parts.items[i];
		size_t behind = (rules->parts.n - 1 - i) * sizeof(part);

		memmove(&rules->parts.items[i], &rules->parts.items[i + 1], behind);
		rules->parts.n--;
		if (differs(lab, rules, by_way)) {
			free(part.text);
			continue;
		}
		memmove(&rules->parts.items[i + 1], &rules->parts.items[i], behind);
		rules->parts.items[i] = part;
		rules->parts.n++;
	}
}

void shrink(struct lab *lab, struct rules_case *rules, const struct probe *packet, bool by_way)
{
	static const size_t runs[] = {8, 3, 1, 1};
	struct probe kept = *packet;

	rules->packets.items[0] = kept;
	rules->packets.n = 1;
	cut_parts(lab, rules, by_way);
	for (size_t run = 0; run < sizeof(runs) / sizeof(*runs); run++)
		for (size_t i = 0; i < rules->parts.n; i++)
			cut_part(lab, rules, i, runs[run], by_way);
}
