/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A web proxy's map: which name and place leads through which listener to where, and who is asked
 * for what on the way.
 *
 * One route is one way through the proxy: the names and listeners of a server, a location in it,
 * and one address that it passes requests on to. All strings and lists are borrowed from the arena
 * that the map was read into.
 */
#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "base/notes.h"
#include "base/vec.h"

#include <stdbool.h>

enum { SITE_ROUTES_CAP = 20000 };

/* Where a proxy takes requests. */
struct site_listen {
	struct address address; /* wildcard where any */
	uint16_t port;
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
};

/* What stands between a request and the target. */
struct site_guard {
	const char *what; /* "a password"; NULL: nothing does */
	const char *by;   /* the directives: "auth_basic" */
	/* The sources that get in without it, or, where `what` is a list of addresses, those that
	 * do. */
	const struct prefix *allowed;
	size_t n_allowed;
	bool listed; /* `allowed` is all who get in */
};

struct site_route {
	const char *proxy;        /* "nginx" */
	const char *container_id; /* that the proxy runs in; NULL: this host */
	const char *const *names; /* of the server; none: any name */
	size_t n_names;
	const char *location; /* "/", "~ \.php$"; NULL: the whole listener (a stream) */
	const struct site_listen *listens;
	size_t n_listens;
	const char
	    *target; /* the host as written: "127.0.0.1", "wiki"; NULL: not known, or a path */
	struct address address; /* of the target; family 0: not known yet */
	uint16_t port;          /* of the target; 0: whichever the request says */
	uint8_t protocol;       /* of the target */
	struct site_guard guard;
	const char *guess; /* why this may not be the whole truth; NULL: it is */
	const char *file;  /* where it says so */
	unsigned line;
};
VEC_TYPE(site_routes, struct site_route);

struct site_map {
	struct arena *arena; /* borrowed */
	struct site_routes routes;
	struct notes incomplete; /* what could not be understood */
};

/* Releases the lists; what they name stays in the arena. */
void site_map_done(struct site_map *map) __attribute__((nonnull));

/*
 * Adds what is asked for by some directive to a guard, unless it asks for that already; `between`
 * is " and " or " or ". 0 or -ENOMEM.
 */
int site_guard_ask(struct site_guard *guard, struct arena *arena, const char *between,
                   const char *what, const char *by) __attribute__((nonnull, warn_unused_result));

/* Adds a route, unless there are SITE_ROUTES_CAP: that is noted once. 0 or -ENOMEM. */
int site_route_add(struct site_map *map, const struct site_route *route)
    __attribute__((nonnull, warn_unused_result));

/* Whether a route is taken by requests that come by a socket of an address and port. */
bool site_listens(const struct site_route *route, const struct address *address, uint16_t port)
    __attribute__((nonnull));

/* "wiki.example.com", "a.example.com and 3 more", "any name". Borrowed from the arena; NULL without
 * memory. */
const char *site_name(const struct site_route *route, struct arena *arena) __attribute__((nonnull));

/*
 * Reads "HOST", "HOST:PORT", "[V6]:PORT", with `port` where none is said, into a route's target.
 * A place that the request fills in (SITE_HOLE) leaves the host or the port open. False for what is
 * none of these, as a path of a unix socket is.
 */
bool site_target(struct arena *arena, const char *text, uint16_t port, struct site_route *route)
    __attribute__((nonnull));

/* Stands in a value for what only a request tells. */
enum { SITE_HOLE = 1 };
