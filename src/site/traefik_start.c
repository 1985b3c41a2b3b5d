/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Traefik is told at its start. */
#include "site/traefik_parts.h"

#include "yaml/yaml.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { SETTINGS_MOST = 4096, FILE_MOST = 1 << 20 };

/* Adds a setting. 0, -E2BIG or -ENOMEM. */
static int add(struct traefik_settings *settings, const char *key, const char *value)
{
	struct traefik_setting *slot;

	if (settings->n >= SETTINGS_MOST)
		return -E2BIG;
	slot = key && value ? vec_push(settings) : NULL;
	if (!slot)
		return -ENOMEM;
	*slot = (struct traefik_setting){key, value};
	return 0;
}

/*
 * Reads one option: "--key=value", "--key value" or "--key", which is true (traefik/paerser,
 * flag.Parse). *ret_taken: whether the next word was its value. 0, -E2BIG or -ENOMEM.
 */
static int take_option(const char *word, const char *next, struct arena *arena,
                       struct traefik_settings *settings, bool *ret_taken)
{
	const char *key = word + strspn(word, "-"), *equals = strchr(key, '=');

	*ret_taken = !equals && next && *next != '-';
	if (equals)
		return add(settings, arena_strndup(arena, key, (size_t)(equals - key)),
		           arena_strdup(arena, equals + 1));
	return add(settings, arena_strdup(arena, key),
	           *ret_taken ? arena_strdup(arena, next) : "true");
}

int traefik_arguments(const char *words, size_t len, struct arena *arena,
                      struct traefik_settings *settings)
{
	const char *end = words + len, *word = words;
	int status = 0;

	if (!len || words[len - 1])
		return 0;
	while (status == 0 && word < end) {
		const char *next = word + strlen(word) + 1;
		bool taken = false;

		if (*word == '-')
			status =
			    take_option(word, next < end ? next : NULL, arena, settings, &taken);
		word = taken ? next + strlen(next) + 1 : next;
	}
	return status;
}

/* Adds what a node holds, under the key of all that it is in. 0, -E2BIG or -ENOMEM. */
static int flatten(const struct yaml_node *node, const char *key, struct arena *arena,
                   struct traefik_settings *settings)
{
	const char *value = NULL;
	int status = 0;

	for (const struct yaml_node *item = node->items; status == 0 && item; item = item->next) {
		const char *inner;

		if (node->kind == YAML_MAP) {
			inner = *key ? arena_printf(arena, "%s.%s", key, item->key->text)
			             : item->key->text;
			status = inner ? flatten(item, inner, arena, settings) : -ENOMEM;
		} else if (item->kind == YAML_TEXT) {
			value =
			    value ? arena_printf(arena, "%s,%s", value, item->text) : item->text;
			status = value ? 0 : -ENOMEM;
		}
	}
	if (status == 0 && node->kind == YAML_TEXT)
		value = node->text;
	/* "docker: {}" asks for it with nothing more said. */
	if (status == 0 && !value && node->kind == YAML_MAP && !node->items)
		value = "";
	return status == 0 && value && *key ? add(settings, key, value) : status;
}

int traefik_file(const char *text, size_t len, const char *name, struct arena *arena,
                 struct traefik_settings *settings, struct error **ret_error)
{
	static const struct yaml_rules rules = {.what = "Traefik's file", .references = true};
	struct yaml_node *root = NULL;
	int status = yaml_read(&rules, text, len, FILE_MOST, name, arena, &root, ret_error);

	if (status < 0)
		return status;
	status = flatten(root, "", arena, settings);
	return status < 0 ? error_set(ret_error, -status, "%s: too much is set", name) : 0;
}

const char *traefik_setting(const struct traefik_setting *settings, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(settings[i].key, key) == 0)
			return settings[i].value;
	return NULL;
}
