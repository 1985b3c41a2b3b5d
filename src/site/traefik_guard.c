/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Traefik's middlewares ask for. */
#include "site/traefik_parts.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { MIDDLEWARE_DEPTH_CAP = 8 };

static int ask_middlewares(const struct traefik *traefik, struct traefik_router *router,
                           const char *list, unsigned depth);

/* Takes the senders that a middleware lets in. 0, -E2BIG or -ENOMEM. */
static int ask_listed(const struct traefik *traefik, struct traefik_router *router,
                      const char *list)
{
	struct arena *arena = traefik->map->arena;
	VEC(struct prefix) allowed = {0};
	const struct prefix *kept;
	const char *word;
	int status = 0;

	while (status == 0 && traefik_word(&list, arena, &word)) {
		struct prefix prefix, *slot;

		if (!prefix_parse(word, &prefix))
			continue;
		slot = vec_push(&allowed);
		if (!slot)
			status = -ENOMEM;
		else
			*slot = prefix;
	}
	kept = site_keep(traefik->map, allowed.items, allowed.n, sizeof(*kept), &status);
	if (status == 0)
		status = site_guard_list(&router->guard, arena, kept, allowed.n, "ipallowlist");
	vec_done(&allowed);
	return status;
}

/* Whether who comes by a router may come by TLS: it says so, or some entry point does. */
static bool may_be_tls(const struct traefik *traefik, const struct traefik_router *router)
{
	vec_foreach(setting, traefik->start)
		if (strncasecmp(setting->key, "entrypoints.", 12) == 0 &&
		    strcasestr(setting->key, ".http.tls"))
			return true;
	return traefik_router_label(router, "tls") ||
	       traefik_router_label(router, "tls.certresolver");
}

/* Takes what one label of a middleware says, the part behind its name. 0, -E2BIG or -ENOMEM. */
static int ask_kind(const struct traefik *traefik, struct traefik_router *router, const char *kind,
                    const char *value, unsigned depth)
{
	static const struct {
		const char *kind, *what;
	} asks[] = {{"basicauth", "a password"},
	            {"digestauth", "a password"},
	            {"forwardauth", "another service's word"}};

	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++)
		if (strncasecmp(kind, asks[i].kind, strlen(asks[i].kind)) == 0)
			return site_guard_ask(&router->guard, traefik->map->arena, " and ",
			                      asks[i].what, asks[i].kind);
	if (strcasecmp(kind, "ipallowlist.sourcerange") == 0 ||
	    strcasecmp(kind, "ipwhitelist.sourcerange") == 0)
		return ask_listed(traefik, router, value);
	if (strcasecmp(kind, "chain.middlewares") == 0)
		return ask_middlewares(traefik, router, value, depth + 1);
	/* Who comes by TLS is at the right place already. */
	if (strncasecmp(kind, "redirectscheme.", sizeof("redirectscheme.") - 1) == 0)
		router->answers = router->answers || !may_be_tls(traefik, router);
	return 0;
}

/* Takes what a middleware asks for by the labels of a subject. 1: it has some, 0: none, or a
 * negative errno. */
static int ask_kinds(const struct traefik *traefik, struct traefik_router *router,
                     const struct traefik_subject *subject, const char *name, unsigned depth)
{
	size_t len = strlen(name);
	int found = 0, status = 0;

	for (size_t i = 0; status == 0 && i < subject->n_labels; i++) {
		const struct traefik_setting *setting = &subject->labels[i];
		const char *at = traefik_behind(setting->key, router->plane, "middlewares");

		if (!at || strncasecmp(at, name, len) != 0 || at[len] != '.')
			continue;
		found = 1;
		status = ask_kind(traefik, router, at + len + 1, setting->value, depth);
	}
	return status < 0 ? status : found;
}

/* Adds what a middleware asks for to a router's guard. 0, -E2BIG or -ENOMEM. */
static int ask_middleware(const struct traefik *traefik, struct traefik_router *router,
                          const char *word, unsigned depth)
{
	const char *at = strchr(word, '@');
	const char *name =
	    at ? arena_strndup(traefik->map->arena, word, (size_t)(at - word)) : word;

	if (!name)
		return -ENOMEM;
	if (!at || strcasecmp(at, "@docker") == 0)
		for (size_t i = 0; i < traefik->n; i++) {
			int status = site_spend(traefik->map, traefik->subjects[i].n_labels, 0);

			if (status == 0)
				status =
				    ask_kinds(traefik, router, &traefik->subjects[i], name, depth);
			if (status)
				return status < 0 ? status : 0;
		}
	router->guess = "a middleware decides that no label tells of";
	return 0;
}

static int ask_middlewares(const struct traefik *traefik, struct traefik_router *router,
                           const char *list, unsigned depth)
{
	const char *word;
	int status = 0;

	if (depth > MIDDLEWARE_DEPTH_CAP) {
		router->guess = "a chain of middlewares decides";
		return 0;
	}
	while (status == 0 && traefik_word(&list, traefik->map->arena, &word))
		status = ask_middleware(traefik, router, word, depth);
	return status;
}

int traefik_ask(const struct traefik *traefik, struct traefik_router *router, const char *list)
{
	return ask_middlewares(traefik, router, list, 0);
}
