/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall as an nftables transaction, and its table in the kernel.
 *
 * Theory of operation. One table, `inet seawall`, is deleted and made anew in one transaction, so
 * that every packet meets either the old wall or the new one. Its base chains stand at prerouting
 * between conntrack and translation (what must never come in from a wire), at forward and at input
 * (doors). All that varies is in maps and sets; the rules that look them up are the same for every
 * host, so a packet's work does not grow with the number of ports. A transaction is bytes: it can
 * be kept, and sent again by somebody who knows nothing of what it was made of.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "observe/netview.h"
#include "wall/wall.h"

#define WALL_TABLE "seawall"

enum {
	WALL_TRANSACTION_MOST = 64 << 20, /* bytes */
	WALL_LOG_GROUP = 7413,            /* of NFLOG: who was turned away */
};

/* Writes a wall as a transaction. 0, -ENOMEM, or -EFBIG. The caller releases the bytes. */
int wall_transaction(const struct wall *wall, struct bytes *ret_bytes)
    __attribute__((nonnull, warn_unused_result));

/*
 * Writes the transaction that leads from one wall, which must be in the kernel, to another: the
 * elements that differ, whose number does not grow with those that do not. 0, -ENOMEM, -EALREADY
 * when it is the same wall written otherwise, or -EXDEV when more than such elements differs and
 * the whole wall is needed.
 */
int wall_update(const struct bytes *before, const struct bytes *after, struct bytes *ret_bytes)
    __attribute__((nonnull, warn_unused_result));

/*
 * Writes the transaction that adds to a wall, which must be in the kernel, what the wall of a part
 * of the containers has more than it. 0; -EALREADY when there is nothing; -EXDEV when it takes more
 * than new doors, and the whole wall has to be made; -EBADMSG, -ENOMEM.
 */
int wall_grow(const struct bytes *transaction, const struct bytes *part, struct bytes *ret_update)
    __attribute__((nonnull, warn_unused_result));
/* Writes the wall that such a one leads to. 0 or -ENOMEM. */
int wall_grown(const struct bytes *transaction, const struct bytes *update, struct bytes *ret_grown)
    __attribute__((nonnull, warn_unused_result));

/* Writes the transaction that takes the table away. 0 or -ENOMEM. */
int wall_removal(struct bytes *ret_bytes) __attribute__((nonnull, warn_unused_result));

/*
 * Sends a transaction of either kind (see docker_user.h) in the caller's network namespace, and
 * takes away a wall of the other kind. 0, or the kernel's negative errno with a sentence: then
 * nothing of it was done, but that one which is for several tables behind DOCKER-USER may have
 * changed some of them. Taking away a table that is not there is no error.
 */
int wall_commit(const struct bytes *transaction, struct error **ret_error)
    __attribute__((nonnull(1)));

/* The same for a namespace of the caller's own: without a keeper (wall/keeper.h) and what it owns.
 */
int wall_try(const struct bytes *transaction, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/* Whether this kernel can have a table that outlives its owner (Linux 6.9). Tried once. */
bool wall_hard_works(void);

/* How fast the table of a view stands. */
enum wall_hold {
	WALL_LOOSE,  /* whoever has rights can change it, or there is none */
	WALL_ORPHAN, /* a hard one whose keeper is gone: likewise */
	WALL_HELD,   /* a hard one: only through its keeper */
};
enum wall_hold wall_hold_of(const struct netview *view) __attribute__((nonnull));

/* Reads the rules of the caller's network namespace, of nftables and legacy tables. 0 or a negative
 * errno with a sentence; the view is to be released in any case. */
int wall_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/* Whether the view has a wall, of either kind. */
bool wall_is_up(const struct netview *view) __attribute__((nonnull));

/*
 * Whether two views have the same wall: chains, rules but for their numbers and counters, and what
 * stands in sets. Both without one are the same.
 */
bool wall_same(const struct netview *a, const struct netview *b) __attribute__((nonnull));
