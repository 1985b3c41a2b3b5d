/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host at one moment: everything that the rest of Seawall may know of it.
 *
 * observe makes one from a live host, capture reads and writes one as a file, and
 * nobody else asks the host anything. A snapshot owns all that its structures
 * point to; it does not change after it was made.
 */
#pragma once

#include "observe/engine.h"
#include "observe/flow.h"
#include "observe/netview.h"
#include "site/site.h"

#include <time.h>

struct snapshot {
	struct arena arena;
	const char *host;   /* nodename */
	const char *kernel; /* release */
	time_t taken;       /* UTC */
	bool live;          /* made on this host now, not read from a file */
	struct netview net; /* the host's own network namespace */
	struct engine engine;
	struct flows flows;    /* from outside to containers */
	struct site_map sites; /* where web proxies lead */
	struct notes
	    incomplete; /* what could not be read, beyond net.incomplete; borrowed from the arena */
};

struct snapshot *snapshot_new(void);
/* Releases a snapshot and all it points to; NULL is fine. */
void snapshot_free(struct snapshot *snapshot);
DEFINE_CLEANUP(struct snapshot, snapshot_free);
#define _cleanup_snapshot_ _cleanup_(cleanup_snapshot_free)

/* Releases the containers, networks and services of an engine, and leaves none. */
void engine_clear(struct engine *engine) __attribute__((nonnull));

/* Notes that something could not be read. 0 or -ENOMEM. */
int snapshot_incomplete(struct snapshot *snapshot, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));

/* The network of a name; NULL when there is none. Borrowed. */
const struct engine_network *snapshot_network(const struct snapshot *snapshot, const char *name);

/* The container of an id or a name; NULL when there is none. Borrowed. */
const struct container *snapshot_container(const struct snapshot *snapshot, const char *id_or_name);

/* Whether a container stands on a network by a link that is not one of the host's bridges (macvlan,
 * ipvlan, a driver that we do not know): then it is a host of its own to its neighbours. */
bool snapshot_on_foreign_link(const struct snapshot *snapshot, const struct container *container)
    __attribute__((nonnull));
