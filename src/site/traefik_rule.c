/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traefik's rules: which requests a router takes. */
#include "site/traefik_parts.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { ALTERNATIVES_MOST = 64, WORDS_MOST = 256, NAME_ROOM = 32 };

static const char rule_decides[] = "its rule decides";

VEC_TYPE(texts, const char *);

/* A rule that is being read. */
struct rule_reader {
	const char *at;
	struct site_map *map;
};

static void skip_blanks(struct rule_reader *reader)
{
	reader->at += strspn(reader->at, " \t\r\n");
}

static bool skip(struct rule_reader *reader, const char *text)
{
	size_t len = strlen(text);

	skip_blanks(reader);
	if (strncmp(reader->at, text, len) != 0)
		return false;
	reader->at += len;
	return true;
}

/* Reads "`text`" or "\"text\"". NULL with 0: there is none. */
static int read_quoted(struct rule_reader *reader, const char **ret_text)
{
	const char *end;

	*ret_text = NULL;
	skip_blanks(reader);
	if (*reader->at != '`' && *reader->at != '"')
		return 0;
	end = strchr(reader->at + 1, *reader->at);
	if (!end)
		return 0;
	*ret_text =
	    arena_strndup(reader->map->arena, reader->at + 1, (size_t)(end - reader->at - 1));
	reader->at = end + 1;
	return *ret_text ? 0 : -ENOMEM;
}

/* Reads what stands between the brackets of a matcher. 1: all of it, 0: it is nothing that is
 * known, or a negative errno. */
static int read_words(struct rule_reader *reader, struct texts *words)
{
	do {
		const char *text, **slot;
		int status = read_quoted(reader, &text);

		if (status < 0)
			return status;
		if (!text || words->n >= WORDS_MOST)
			return 0;
		if (site_spend(reader->map, 1, strlen(text) + sizeof(text)) < 0)
			return -E2BIG;
		slot = vec_push(words);
		if (!slot)
			return -ENOMEM;
		*slot = text;
	} while (skip(reader, ","));
	return skip(reader, ")") ? 1 : 0;
}

/* Takes the sources of a matcher. 0 or a negative errno. */
static int take_sources(struct rule_reader *reader, const struct texts *words,
                        struct traefik_match *match)
{
	struct prefix *sources = arena_alloc(reader->map->arena, (words->n + 1) * sizeof(*sources));
	size_t n = 0;

	if (!sources)
		return -ENOMEM;
	for (size_t i = 0; i < words->n; i++)
		if (prefix_parse(words->items[i], &sources[n]))
			n++;
		else
			match->guess = rule_decides;
	if (match->listed)
		match->guess = rule_decides;
	match->sources = sources;
	match->n_sources = n;
	match->listed = true;
	return 0;
}

/* Takes one matcher, by its name and words. 0 or a negative errno. */
static int take_matcher(struct rule_reader *reader, const char *name, struct texts *words,
                        struct traefik_match *match)
{
	int status = 0;

	if (strcasecmp(name, "Host") == 0 || strcasecmp(name, "HostSNI") == 0) {
		if (words->n == 1 && strcmp(words->items[0], "*") == 0)
			return 0;
		if (match->n_names)
			match->guess = rule_decides;
		match->names =
		    site_keep(reader->map, words->items, words->n, sizeof(*words->items), &status);
		match->n_names = words->n;
	} else if ((strcasecmp(name, "Path") == 0 || strcasecmp(name, "PathPrefix") == 0) &&
	           words->n == 1 && !match->location) {
		match->location = words->items[0];
	} else if (strcasecmp(name, "ClientIP") == 0) {
		status = take_sources(reader, words, match);
	} else {
		match->guess = rule_decides;
	}
	return status;
}

/* Reads one matcher, "Host(`a`, `b`)". 1: it was one, 0: it is nothing that is known, or a negative
 * errno. */
static int read_matcher(struct rule_reader *reader, struct traefik_match *match)
{
	struct texts words = {0};
	char name[NAME_ROOM];
	size_t len;
	int status;

	skip_blanks(reader);
	len = strspn(reader->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (!len || len >= sizeof(name))
		return 0;
	memcpy(name, reader->at, len);
	name[len] = 0;
	reader->at += len;
	if (!skip(reader, "("))
		return 0;
	status = read_words(reader, &words);
	if (status == 1) {
		int taken = take_matcher(reader, name, &words, match);

		status = taken < 0 ? taken : 1;
	}
	vec_done(&words);
	return status;
}

/* Reads one alternative. 1: all of it was understood, 0: not, or a negative errno. */
static int read_alternative(struct rule_reader *reader, struct traefik_match *match)
{
	int status;

	do
		status = read_matcher(reader, match);
	while (status == 1 && skip(reader, "&&"));
	return status;
}

/* Adds an alternative. 0 or a negative errno. */
static int add(struct site_map *map, struct traefik_matches *matches,
               const struct traefik_match *match)
{
	struct traefik_match *slot;

	if (site_spend(map, 1, sizeof(*slot)) < 0)
		return -E2BIG;
	slot = vec_push(matches);
	if (!slot)
		return -ENOMEM;
	*slot = *match;
	return 0;
}

int traefik_rule(const char *rule, struct site_map *map, struct traefik_matches *matches)
{
	struct rule_reader reader = {.at = rule, .map = map};
	const size_t before = matches->n;
	int status;

	if (site_spend(map, strlen(rule), 0) < 0)
		return -E2BIG;
	do {
		struct traefik_match match = {0};

		status = read_alternative(&reader, &match);
		if (status == 1 && matches->n - before < ALTERNATIVES_MOST) {
			int added = add(map, matches, &match);

			status = added < 0 ? added : 1;
		} else if (status == 1) {
			status = 0;
		}
	} while (status == 1 && skip(&reader, "||"));
	skip_blanks(&reader);
	if (status < 0 || (status == 1 && !*reader.at))
		return status < 0 ? status : 0;
	/* What is not understood can be any request: of the alternatives none is for certain. */
	matches->n = before;
	return add(map, matches, &(struct traefik_match){.guess = rule_decides});
}

bool traefik_word(const char **at, struct arena *arena, const char **ret_word)
{
	size_t len;

	*at += strspn(*at, ", \t");
	len = strcspn(*at, ",");
	if (!len)
		return false;
	*ret_word = *at;
	*at += len;
	while (len && strchr(" \t", (*ret_word)[len - 1]))
		len--;
	*ret_word = arena_strndup(arena, *ret_word, len);
	return *ret_word != NULL;
}
