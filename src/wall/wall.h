/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall as a value: which doors there are in it, and who may come through each.
 *
 * Theory of operation. Everything that comes in by another link than an engine's bridge and goes to
 * one is turned away unless it comes through a *door*: a way to address one port of one container.
 * A door is a key that rules look up in a map, and a *group*: the list of those who may come
 * through, by interface and prefix. Ports with the same list share a group, so maps are few and
 * large and groups are few. Doors at input stand the other way round: they name the sockets of the
 * engine's proxies, which alone are looked at there, and all else of the host goes on untouched.
 * Pure: made from an intent and the snapshot that it was made of.
 */
#pragma once

#include "intent/intent.h"

enum door_kind {
	DOOR_EXACT,       /* a host address and port that the engine translates */
	DOOR_NAMED,       /* a host port at any address, by a label or the policy */
	DOOR_BIND,        /* the same by its bind address alone: gateways are no such address */
	DOOR_DIRECT,      /* the container's own address */
	DOOR_PROXY_EXACT, /* a socket of the userland proxy on one address */
	DOOR_PROXY_NAMED, /* on every address, by a label or the policy */
	DOOR_PROXY_BIND,  /* on every address, by its bind address alone */
	DOOR_HOST, /* a socket of a container in the host's namespace that the policy names */
	DOOR_KINDS
};

/* Whether a kind stands at input; the others stand at forward. */
bool door_at_input(enum door_kind kind);

struct wall_door {
	enum door_kind kind;
	uint8_t protocol;            /* IPPROTO_* */
	struct address host_address; /* EXACT, PROXY_EXACT; of the others only the family counts */
	uint16_t host_port;          /* what the sender addresses; of DIRECT 0 */
	struct address address;      /* of the container; not of PROXY_* and HOST */
	uint16_t port;
	size_t group; /* index into wall.groups */
};

/* Who of those that come in by some interfaces may pass. */
struct wall_class {
	const char *pattern;             /* "eth1", "wg*"; NULL: all other interfaces */
	struct span_prefix_list allowed; /* disjoint, both families */
};

#define GROUP_PREFIX "group_"
enum { GROUP_NAME = 24 };

struct wall_group {
	char name[GROUP_NAME];          /* of its chain: the same wherever its sources are */
	struct policy_sources sources;  /* what it was made of; sorted */
	const char *only_in;            /* with strict_bind: the one interface; else NULL */
	VEC(struct wall_class) classes; /* in the order of asking */
	bool nobody, everybody;
	const char *words; /* "lan, 10.8.0.7", "anyone", "nobody" */
};

struct wall {
	struct arena arena;
	VEC(const char *) bridges;    /* of engines: what is walled in */
	VEC(const char *) others;     /* bridges that look like an engine's and are not */
	VEC(struct address) gateways; /* the host's own addresses on those bridges */
	VEC(struct wall_group) groups;
	VEC(struct wall_door) doors; /* sorted by kind and key, each key once */
	bool log_only;               /* count and log what would be turned away, let it pass */
	bool hard_asked;             /* the policy asked for a table that cannot be flushed */
	bool hard;                   /* and this kernel can have one: see wall_hard_works() */
};

/* 0 and a wall for wall_free(), or -ENOMEM. Strings are copied. */
int wall_make(const struct intent *intent, const struct snapshot *snapshot, bool log_only,
              struct wall **ret_wall) __attribute__((nonnull, warn_unused_result));
/* A wall around bridges of these names, without a door. 0 and a wall, or -ENOMEM. */
int wall_make_closed(const char *const *bridges, size_t n, struct wall **ret_wall)
    __attribute__((nonnull(3), warn_unused_result));
void wall_free(struct wall *wall);
DEFINE_CLEANUP(struct wall, wall_free);

/* Whether a sender who comes in by an interface may come through a group's doors. */
bool wall_group_allows(const struct wall_group *group, const char *in, const struct address *source)
    __attribute__((nonnull));

/* Who may come through the door that a row of intent is, in words. Borrowed from the arena. */
const char *wall_words(struct arena *arena, const struct policy *policy,
                       const struct policy_sources *sources) __attribute__((nonnull));
