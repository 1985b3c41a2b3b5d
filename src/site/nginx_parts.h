/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of nginx's reader share. Private to site. */
#pragma once

#include "site/directive.h"
#include "site/site.h"

enum { NGINX_VALUES_CAP = 4096, NGINX_VALUE_DEPTH_CAP = 8 };

/* A `set`, newest first. */
struct nginx_set {
	const char *name, *value;
	bool conditional; /* within an `if` */
	const struct nginx_set *up;
};

/* What holds at one place of the configuration: each block takes over what is around it. */
struct nginx_scope {
	const struct directive *auth_basic, *auth_request, *auth_other, *client_certificate,
	    *internal;
	const struct directive *access; /* the block whose allow and deny hold; NULL: none */
	bool satisfy_any;
	const char *guess; /* NULL: all that decides was understood */
	const struct nginx_set *sets;
};

/* http or stream, and the server in hand. */
struct nginx {
	struct site_map *map;
	const struct directive *context; /* in the block of http, or of stream */
	size_t n_context;                /* that many directives */
	bool stream;
	const char *const *names; /* of the server */
	size_t n_names;
	const struct site_listen *listens;
	size_t n_listens;
};

/* One of the values that a text with variables may have. */
struct nginx_value {
	const char *text;  /* SITE_HOLE where the request decides */
	const char *name;  /* only for requests to this name; NULL: for all */
	const char *guess; /* why it may not be so; NULL: it is */
};
VEC_TYPE(nginx_values, struct nginx_value);

/* Puts what a block says on top of what holds around it. 0 or -ENOMEM. */
int nginx_scope_enter(struct nginx_scope *scope, const struct directive *block, struct arena *arena)
    __attribute__((nonnull(1, 3), warn_unused_result));

/* Why what guards a place may not; NULL: all that decides was understood. */
const char *nginx_guess(const struct nginx_scope *scope) __attribute__((nonnull));

/* What guards a place. 0, -E2BIG or -ENOMEM. */
int nginx_guard(const struct nginx_scope *scope, struct site_map *map, struct site_guard *ret_guard)
    __attribute__((nonnull, warn_unused_result));

/* The listeners of a server, borrowed from the arena. 0, -E2BIG or -ENOMEM. */
int nginx_listens(const struct directive *server, bool stream, struct site_map *map,
                  const struct site_listen **ret_listens, size_t *ret_n)
    __attribute__((nonnull(3, 4, 5), warn_unused_result));

/*
 * All values that a text may have by the `set` and `map` around it, at most NGINX_VALUES_CAP:
 * beyond that the last says so as its guess. 0, -E2BIG or -ENOMEM.
 */
int nginx_values(const struct nginx *nginx, const struct nginx_scope *scope, const char *text,
                 struct nginx_values *values) __attribute__((nonnull, warn_unused_result));
