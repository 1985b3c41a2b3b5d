/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells of changes: links, addresses, and nftables.
 *
 * A container that starts or stops moves a link; somebody who changes rules is told of by
 * nftables. What is told is only that something happened: what it was is then looked at.
 */
#pragma once

#include "base/error.h"
#include "wall/mend.h"

#include <stdbool.h>
#include <sys/types.h>

/* Bits of what happened. */
enum {
	EVENT_LINKS = 1,    /* a link, an address or a route came or went */
	EVENT_RULES = 2,    /* somebody's rules changed */
	EVENT_WALL = 4,     /* among them something of the wall's table, or its keeper ended */
	EVENT_RELOAD = 8,   /* SIGHUP */
	EVENT_END = 16,     /* SIGTERM, SIGINT */
	EVENT_PROVED = 32,  /* a proof has ended */
	EVENT_LOOKED = 64,  /* a look at the host has ended */
	EVENT_CLERK = 128,  /* the clerk has ended */
	EVENT_HERALD = 256, /* the herald says something, or has ended */
	EVENT_LOST = 512,   /* more happened than could be told: it counts as everything */
};

struct events;

/* Subscribes in the caller's network namespace and blocks the signals. 0 or a negative errno with a
 * sentence. */
int events_new(struct events **ret_events, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/*
 * Waits until something happens, at most so many milliseconds (-1: for ever). The bits of what did,
 * 0 where the time is over, or a negative errno. What got lost because it was too much counts as
 * everything.
 */
int events_wait(struct events *events, int milliseconds) __attribute__((nonnull));

/*
 * Who changed the wall's table last, as the kernel names it: "nft, process 4711", the number as the
 * first PID namespace counts; "" where it does not tell, or it was undone. Borrowed until the next
 * wait.
 */
const char *events_author(const struct events *events) __attribute__((nonnull));

/* Whether the last wait brought a change to the wall's table by somebody else: no process of ours,
 * by its number or its name. */
bool events_foreign(const struct events *events) __attribute__((nonnull));

/* What that change touched. Borrowed until the next wait. */
const struct wall_touched *events_touched(const struct events *events) __attribute__((nonnull));

/* Says that a transaction of this process has undone what was done to the wall: what is told of
 * before that one is, is nobody's deed any more. */
void events_undone(struct events *events) __attribute__((nonnull));

/* Makes the end of a process an event of the wall; 0: of none any more. */
void events_watch(struct events *events, pid_t pid) __attribute__((nonnull));

/* Waits for a descriptor that can be read, too: that is the bit, EVENT_PROVED or one
 * behind it. It is borrowed; -1: none any more. */
void events_read_also(struct events *events, int bit, int fd) __attribute__((nonnull));

void events_free(struct events *events);
DEFINE_CLEANUP(struct events, events_free);
