/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nginx asks for before it passes a request on. */
#include "site/nginx_parts.h"

#include <string.h>

VEC_TYPE(prefix_list, struct prefix);

/* What becomes of an address that no allow and deny names. */
enum access_rest { REST_PASSED_ON, REST_ALLOWED, REST_DENIED };

/* Other modules that ask for something, and what for. */
static const struct {
	const char *name, *what;
} askers[] = {
    {"auth_jwt", "a token"},       {"auth_ldap", "a password"},       {"auth_pam", "a password"},
    {"auth_digest", "a password"}, {"auth_gss", "a Kerberos ticket"},
};

/* What a directive asks for; NULL: it is none that does. */
static const char *asked_for(const struct directive *directive)
{
	for (size_t i = 0; i < sizeof(askers) / sizeof(*askers); i++)
		if (directive_is(directive, askers[i].name))
			return askers[i].what;
	return NULL;
}

/* Whether a directive turns off what it names. */
static bool is_off(const struct directive *directive)
{
	return directive->n < 2 || strcmp(directive->words[1], "off") == 0;
}

/* Whether a block answers by itself with a refusal. */
static bool refuses(const struct directive *block)
{
	directive_each(item, block) if (directive_is(item, "return") ||
	                                directive_is(item, "deny")) return true;
	return false;
}

/* Adds the sets of a block. 0 or -ENOMEM. */
static int enter_sets(struct nginx_scope *scope, const struct directive *block, bool conditional,
                      struct arena *arena)
{
	int status = 0;

	directive_each(item, block)
	{
		struct nginx_set *set;

		if (status == 0 && directive_is(item, "if"))
			status = enter_sets(scope, item->first, true, arena);
		if (status < 0 || !directive_is(item, "set") || item->n < 3 ||
		    item->words[1][0] != '$')
			continue;
		set = arena_alloc(arena, sizeof(*set));
		if (!set)
			return -ENOMEM;
		*set = (struct nginx_set){item->words[1] + 1, item->words[2], conditional,
		                          scope->sets};
		scope->sets = set;
	}
	return status;
}

int nginx_scope_enter(struct nginx_scope *scope, const struct directive *block, struct arena *arena)
{
	directive_each(item, block)
	{
		if (directive_is(item, "auth_basic"))
			scope->auth_basic = is_off(item) ? NULL : item;
		else if (directive_is(item, "auth_request"))
			scope->auth_request = is_off(item) ? NULL : item;
		else if (directive_is(item, "ssl_verify_client"))
			scope->client_certificate =
			    item->n > 1 && strcmp(item->words[1], "on") == 0 ? item : NULL;
		else if (asked_for(item))
			scope->auth_other = is_off(item) ? NULL : item;
		else if (directive_is(item, "internal"))
			scope->internal = item;
		else if (directive_is(item, "satisfy"))
			scope->satisfy_any = item->n > 1 && strcmp(item->words[1], "any") == 0;
		else if (directive_is(item, "allow") || directive_is(item, "deny"))
			scope->access = block;
		else if (directive_is(item, "if") && refuses(item->first))
			scope->guess = "an `if` may refuse it";
		else if (strncmp(item->words[0], "access_by_lua", 13) == 0)
			scope->guess = "Lua code may refuse it";
	}
	return enter_sets(scope, block, false, arena);
}

/*
 * Reads allow and deny, of which the first that fits counts (ngx_http_access_module.c). 0,
 * -E2BIG or -ENOMEM.
 */
static int read_access(const struct directive *block, struct site_map *map,
                       struct site_guard *guard, enum access_rest *ret_rest)
{
	struct prefix_list allowed = {0};
	int status = 0;

	*ret_rest = REST_PASSED_ON;
	directive_each(item, block)
	{
		bool allow = directive_is(item, "allow");
		struct prefix prefix, *slot;

		status = site_spend(map, 1, 0);
		if (status < 0)
			break;
		if ((!allow && !directive_is(item, "deny")) || item->n < 2)
			continue;
		if (strcmp(item->words[1], "all") == 0) {
			*ret_rest = allow ? REST_ALLOWED : REST_DENIED;
			break;
		}
		if (!allow || !prefix_parse(item->words[1], &prefix))
			continue;      /* one that is denied by itself keeps nobody else out */
		if (prefix.len == 0) { /* a whole family is whoever means to get in */
			*ret_rest = REST_ALLOWED;
			break;
		}
		slot = vec_push(&allowed);
		if (!slot) {
			status = -ENOMEM;
			break;
		}
		*slot = prefix;
	}
	guard->allowed = site_keep(map, allowed.items, allowed.n, sizeof(*allowed.items), &status);
	guard->n_allowed = allowed.n;
	vec_done(&allowed);
	return status;
}

/* Whether it takes a request to tell if a password is asked for: "off" may be a variable's value.
 */
static bool is_variable(const struct directive *directive)
{
	return directive && directive->n > 1 && strchr(directive->words[1], '$');
}

const char *nginx_guess(const struct nginx_scope *scope)
{
	if (!scope->guess && is_variable(scope->auth_basic))
		return "a variable decides whether a password is asked for";
	return scope->guess;
}

int nginx_guard(const struct nginx_scope *scope, struct site_map *map, struct site_guard *ret_guard)
{
	struct arena *arena = map->arena;
	const char *between = scope->satisfy_any ? " or " : " and ";
	struct site_guard guard = {0};
	enum access_rest rest = REST_PASSED_ON;
	int status = 0;

	if (scope->access)
		status = read_access(scope->access, map, &guard, &rest);
	if (status == 0 && scope->auth_basic && !is_variable(scope->auth_basic))
		status = site_guard_ask(&guard, arena, between, "a password", "auth_basic");
	if (status == 0 && scope->auth_request)
		status = site_guard_ask(&guard, arena, between, "another service's word",
		                        "auth_request");
	if (status == 0 && scope->auth_other)
		status = site_guard_ask(&guard, arena, between, asked_for(scope->auth_other),
		                        scope->auth_other->words[0]);
	/* With `satisfy any`, addresses that are let in need no more, and the rest the password. */
	guard.listed = rest == REST_DENIED && (!scope->satisfy_any || !guard.what);
	if (status == 0 && rest == REST_DENIED)
		status = site_guard_ask(&guard, arena, between, "a listed address", "allow");
	else if (rest == REST_ALLOWED && scope->satisfy_any)
		guard = (struct site_guard){0};
	if (status == 0 && scope->client_certificate)
		status = site_guard_ask(&guard, arena, " and ", "a client certificate",
		                        "ssl_verify_client");
	if (status == 0 && scope->internal)
		status =
		    site_guard_ask(&guard, arena, " and ", "a redirect of nginx's own", "internal");
	*ret_guard = guard;
	return status;
}
