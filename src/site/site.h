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
#include "base/error.h"
#include "base/notes.h"
#include "base/vec.h"

#include <stdbool.h>

enum { SITE_ROUTES_CAP = 20000, SITE_LOOKS_CAP = 200000000, SITE_ROOM_CAP = 128 << 20 };

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
	size_t looks;            /* spent on the proxy in hand */
	size_t room;             /* spent on all */
};

/* Releases the lists; what they name stays in the arena. */
void site_map_done(struct site_map *map) __attribute__((nonnull));

/*
 * Spends looks at what a configuration says, and bytes of memory for what comes of it. What a
 * stranger wrote may refer to itself so often that following it all would never end: 0, or -E2BIG
 * beyond SITE_LOOKS_CAP or SITE_ROOM_CAP.
 */
int site_spend(struct site_map *map, size_t looks, size_t room)
    __attribute__((nonnull, warn_unused_result));

/* A copy of n items in the arena, which counts as spent; NULL with a negative *status, be it that
 * it was so before. */
void *site_keep(struct site_map *map, const void *items, size_t n, size_t size, int *status)
    __attribute__((nonnull(1, 5), warn_unused_result));

/*
 * What ends the reading of a proxy's map: gives the routes from `before` on the container that it
 * runs in, and a failure its sentence. Returns the status.
 */
int site_finish(struct site_map *map, size_t before, const char *container_id, const char *path,
                int status, struct error **ret_error)
    __attribute__((nonnull(1, 4), warn_unused_result));

/*
 * Adds what is asked for by some directive to a guard, unless it asks for that already; `between`
 * is " and " or " or ". 0 or -ENOMEM.
 */
int site_guard_ask(struct site_guard *guard, struct arena *arena, const char *between,
                   const char *what, const char *by) __attribute__((nonnull, warn_unused_result));

/*
 * Adds to a guard that the sender's address is one of a list (borrowed), which some directive
 * names; one with a whole family in it keeps nobody out and adds nothing. 0 or -ENOMEM.
 */
int site_guard_list(struct site_guard *guard, struct arena *arena, const struct prefix *allowed,
                    size_t n, const char *by) __attribute__((nonnull(1, 2, 5), warn_unused_result));

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
