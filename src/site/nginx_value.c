/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values that a text with variables may have.
 *
 * Theory of operation. The first variable of a text is replaced by each of its own values in turn,
 * and what comes out goes round again. A variable is what a `set` before it said, or a `map`: one
 * whose source is the name that was asked for gives a value for each name. What is left, a
 * regular expression's captures above all, is a hole: the request decides.
 */
#include "site/nginx_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Variables that are the name that the client asked for. */
static const char *const name_variables[] = {"host", "http_host", "server_name", "ssl_server_name",
                                             "ssl_preread_server_name"};

static bool is_name_variable(const char *name)
{
	for (size_t i = 0; i < sizeof(name_variables) / sizeof(*name_variables); i++)
		if (strcmp(name, name_variables[i]) == 0)
			return true;
	return false;
}

/* Adds a value. 0 or -ENOMEM. Beyond the cap the last one says that there are more. */
static int add(struct nginx_values *values, const char *text, const char *name, const char *guess)
{
	struct nginx_value *slot;

	if (values->n >= NGINX_VALUES_CAP) {
		values->items[values->n - 1].guess = "there are too many values to tell all";
		return 0;
	}
	slot = text ? vec_push(values) : NULL;
	if (!slot)
		return -ENOMEM;
	*slot = (struct nginx_value){text, name, guess};
	return 0;
}

/* A name that is one: no regular expression, no wildcard, no catch-all. */
static bool is_plain(const char *name)
{
	return *name && *name != '~' && *name != '.' && strcmp(name, "_") != 0 &&
	       !strchr(name, '*') && !strchr(name, '$');
}

/* Adds the names of the server in hand as values. 0 or -ENOMEM. */
static int add_names(const struct nginx *nginx, struct nginx_values *values)
{
	static const char hole[] = {SITE_HOLE, 0};
	int status = 0;
	bool open = nginx->n_names == 0;

	for (size_t i = 0; i < nginx->n_names && status == 0; i++) {
		open = open || !is_plain(nginx->names[i]);
		if (is_plain(nginx->names[i]))
			status = add(values, nginx->names[i], nginx->names[i], NULL);
	}
	return status == 0 && open ? add(values, hole, NULL, "the name asked for decides") : status;
}

/* How well a key of a map fits a plain name: 0 not at all, more for a longer wildcard, most for the
 * name itself (ngx_http_map_find(), with `hostnames`). */
static size_t key_fit(const char *key, const char *name)
{
	const char *suffix = *key == '*' ? key + 1 : key;
	size_t len = strlen(suffix), name_len = strlen(name);

	if (strcasecmp(key, name) == 0)
		return SIZE_MAX;
	if (*suffix != '.')
		return 0;
	if (*key == '.' && strcasecmp(key + 1, name) == 0)
		return SIZE_MAX - 1;
	return name_len > len && strcasecmp(name + name_len - len, suffix) == 0 ? len : 0;
}

/* Whether all names of the server in hand are plain ones. */
static bool names_are_plain(const struct nginx *nginx)
{
	for (size_t i = 0; i < nginx->n_names; i++)
		if (!is_plain(nginx->names[i]))
			return false;
	return nginx->n_names > 0;
}

/* The `map` that makes a variable; NULL where there is none. */
static const struct directive *find_map(const struct nginx *nginx, const char *name)
{
	const struct directive *found = NULL;

	directive_each(item, nginx->context) if (directive_is(item, "map") && item->block &&
	                                         item->n == 3 && item->words[2][0] == '$' &&
	                                         strcmp(item->words[2] + 1, name) == 0) found =
	    item;
	return found;
}

/* Adds what a map by the name gives for one plain name. 0 or -ENOMEM. */
static int add_map_name(const struct nginx *nginx, const struct directive *map, const char *name,
                        struct nginx_values *values)
{
	const struct directive *best = NULL, *rest = NULL;
	const char *guess = NULL;
	size_t fit = 0;
	int status = 0;

	directive_each(item, map->first)
	{
		const char *key = item->words[0];
		size_t here = item->n == 2 ? key_fit(key + (*key == '\\'), name) : 0;

		if (site_spend(nginx->map, 2, 0) < 0)
			return -E2BIG;
		if (here > fit) {
			best = item;
			fit = here;
		} else if (item->n == 2 && strcmp(key, "default") == 0) {
			rest = item;
		}
	}
	directive_each(item, map->first)
	{
		if (best || status < 0 || item->n != 2 || *item->words[0] != '~')
			continue;
		guess = "a regular expression decides";
		status = add(values, item->words[1], name, guess);
	}
	if (!best)
		best = rest;
	return status == 0 && best ? add(values, best->words[1], name, guess) : status;
}

/* Adds the values that a map may give. 0 or -ENOMEM. */
static int add_map(const struct nginx *nginx, const struct directive *map,
                   struct nginx_values *values)
{
	const char *source = map->words[1];
	bool by_name = *source == '$' && is_name_variable(source + 1);
	int status = site_spend(nginx->map, 1, strlen(source));
	const char *guess = NULL;

	if (status == 0 && !by_name) {
		guess = arena_printf(nginx->map->arena, "%s decides", source);
		status = guess ? 0 : -ENOMEM;
	}
	if (by_name && names_are_plain(nginx)) {
		for (size_t i = 0; i < nginx->n_names && status == 0; i++)
			status = add_map_name(nginx, map, nginx->names[i], values);
		return status;
	}
	directive_each(item, map->first)
	{
		const char *key = item->words[0];
		bool rest = strcmp(key, "default") == 0;

		key += *key == '\\';
		if (status == 0)
			status = site_spend(nginx->map, 1, 0);
		if (status == 0 && item->n == 2) /* else "hostnames", "volatile" */
			status = add(values, item->words[1], by_name && !rest ? key : NULL, guess);
	}
	return status;
}

/* Adds the values that the sets before it give a variable. 0 or -ENOMEM; *ret_known: some did. */
static int add_sets(const struct nginx *nginx, const struct nginx_scope *scope, const char *name,
                    struct nginx_values *values, bool *ret_known)
{
	int status = 0;

	*ret_known = false;
	for (const struct nginx_set *set = scope->sets; set && status == 0; set = set->up) {
		status = site_spend(nginx->map, 1, 0);
		if (status < 0 || strcmp(set->name, name) != 0)
			continue;
		*ret_known = true;
		status = add(values, set->value, NULL, set->conditional ? "an `if` decides" : NULL);
		if (!set->conditional)
			break; /* what was set before it is gone */
	}
	return status;
}

/* Adds the values of a variable. 0 or -ENOMEM. */
static int add_variable(const struct nginx *nginx, const struct nginx_scope *scope,
                        const char *name, struct nginx_values *values)
{
	static const char hole[] = {SITE_HOLE, 0};
	const struct directive *map;
	bool known;
	int status = add_sets(nginx, scope, name, values, &known);

	if (status == 0 && !known)
		status = site_spend(nginx->map, nginx->n_context + nginx->n_names, strlen(name));
	if (status < 0 || known)
		return status;
	map = find_map(nginx, name);
	if (map)
		return add_map(nginx, map, values);
	if (is_name_variable(name))
		return add_names(nginx, values);
	return add(values, hole, NULL,
	           arena_printf(nginx->map->arena, "$%s, which the request gives, decides", name));
}

/* Finds the first variable of a text: its place, its whole length and its name. False: none. */
static bool find_variable(const char *text, size_t *ret_at, size_t *ret_len, char name[static 128])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789_";

	for (const char *at = strchr(text, '$'); at; at = strchr(at + 1, '$')) {
		bool brace = at[1] == '{';
		const char *begin = at + 1 + brace;
		size_t len = strspn(begin, letters);

		if (len == 0 || len >= 128 || (brace && begin[len] != '}'))
			continue;
		memcpy(name, begin, len);
		name[len] = 0;
		*ret_at = (size_t)(at - text);
		*ret_len = len + 1 + (brace ? 2u : 0u);
		return true;
	}
	return false;
}

/* Whether two values can both hold for one request: they are not for different names. */
static bool fit(const struct nginx_value *a, const struct nginx_value *b)
{
	return !a->name || !b->name || strcmp(a->name, b->name) == 0;
}

/* Replaces one variable of a value by each of its own. 0 or -ENOMEM. */
static int replace(const struct nginx *nginx, const struct nginx_scope *scope,
                   const struct nginx_value *value, size_t at, size_t len, const char *name,
                   struct nginx_values *values)
{
	struct nginx_values inner = {0};
	int status = add_variable(nginx, scope, name, &inner);

	vec_foreach(one, &inner) {
		if (status == 0 && fit(value, one))
			status = site_spend(nginx->map, 1, strlen(value->text) + strlen(one->text));
		if (status == 0 && fit(value, one))
			status = add(values,
			             arena_printf(nginx->map->arena, "%.*s%s%s", (int)at,
			                          value->text, one->text, value->text + at + len),
			             value->name ? value->name : one->name,
			             value->guess ? value->guess : one->guess);
	}
	vec_done(&inner);
	return status;
}

int nginx_values(const struct nginx *nginx, const struct nginx_scope *scope, const char *text,
                 struct nginx_values *values)
{
	struct nginx_values now = {0};
	int status = add(&now, text, NULL, NULL);
	bool again = true;

	for (unsigned round = 0; status == 0 && again && round < NGINX_VALUE_DEPTH_CAP; round++) {
		struct nginx_values next = {0};

		again = false;
		vec_foreach(value, &now) {
			char name[128];
			size_t at, len;

			if (status == 0)
				status = site_spend(nginx->map, strlen(value->text), 0);
			if (status < 0)
				break;
			if (!find_variable(value->text, &at, &len, name)) {
				status = add(&next, value->text, value->name, value->guess);
				continue;
			}
			again = true;
			status = strlen(value->text) > 4096
			             ? 0 /* no address is that long */
			             : replace(nginx, scope, value, at, len, name, &next);
		}
		vec_done(&now);
		now = next;
	}
	vec_foreach(value, &now) {
		char name[128];
		size_t at, len;

		if (status == 0 && !find_variable(value->text, &at, &len, name))
			status = add(values, value->text, value->name, value->guess);
	}
	vec_done(&now);
	return status;
}
