/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How Traefik's reader is divided. Private to site. */
#pragma once

#include "site/traefik.h"

#include <stdbool.h>

VEC_TYPE(traefik_names, const char *);

/* A kind of routers, and where its labels are. */
struct traefik_plane {
	const char *name; /* "http" */
	uint8_t protocol;
	bool has_rules;   /* which requests a router takes; else it takes all */
	bool has_default; /* a container without a router has one all the same */
};

/* What is being read. */
struct traefik {
	const struct traefik_settings *start;
	const struct traefik_subject *subjects;
	size_t n;
	const char *path;
	struct site_map *map;
	struct traefik_names entries; /* of entry points */
};

/* A router in hand. */
struct traefik_router {
	const struct traefik_plane *plane;
	const struct traefik_subject *subject;
	const char *name; /* NULL: the one that a container without any has */
	struct site_guard guard;
	const char *guess;
	bool answers; /* by itself: nothing is passed on */
};

/* One alternative of a rule: what a request must be, all of it. */
struct traefik_match {
	const char *const *names; /* none: any */
	size_t n_names;
	const char *location; /* NULL: any */
	const struct prefix *sources;
	size_t n_sources;
	bool listed;       /* only these sources */
	const char *guess; /* why this may not be the whole truth; NULL: it is */
};
VEC_TYPE(traefik_matches, struct traefik_match);

/*
 * Reads a rule, "Host(`a`) && PathPrefix(`/b`) || Host(`c`)", as its alternatives. What it cannot
 * take apart - a negation, brackets, a matcher of headers - is a guess. Appends to `matches`, whose
 * strings are the map's arena's. 0, -E2BIG or -ENOMEM.
 */
int traefik_rule(const char *rule, struct site_map *map, struct traefik_matches *matches)
    __attribute__((nonnull, warn_unused_result));

/* Goes through a list of words between commas: the next, without blanks, kept in the arena. False
 * at the end, or without memory. */
bool traefik_word(const char **at, struct arena *arena, const char **ret_word)
    __attribute__((nonnull));

/* The part of a key behind "traefik.PLANE.WHAT."; NULL: it is another. */
const char *traefik_behind(const char *key, const struct traefik_plane *plane, const char *what)
    __attribute__((nonnull));

/* The value of a subject's label "traefik.PLANE.WHAT.NAME.REST"; NULL where it has none. */
const char *traefik_label(const struct traefik_subject *subject, const struct traefik_plane *plane,
                          const char *what, const char *name, const char *rest)
    __attribute__((nonnull));

/* The value of a router's label, the part behind its name; NULL where it has none. */
const char *traefik_router_label(const struct traefik_router *router, const char *rest)
    __attribute__((nonnull));

/* Adds the name that a key goes on with, up to a dot, unless it is listed. 0, -E2BIG or -ENOMEM. */
int traefik_name_add(struct site_map *map, struct traefik_names *names, const char *at)
    __attribute__((nonnull, warn_unused_result));

/* Lists the names that a subject's labels have behind "traefik.PLANE.WHAT.", each once. 0, -E2BIG
 * or -ENOMEM. */
int traefik_names_list(const struct traefik *traefik, const struct traefik_subject *subject,
                       const struct traefik_plane *plane, const char *what,
                       struct traefik_names *names) __attribute__((nonnull, warn_unused_result));

/* Adds what a list of middlewares asks for to a router's guard; what no label tells of is a guess.
 * 0, -E2BIG or -ENOMEM. */
int traefik_ask(const struct traefik *traefik, struct traefik_router *router, const char *list)
    __attribute__((nonnull, warn_unused_result));
