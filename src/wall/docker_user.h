/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall as iptables rules behind DOCKER-USER, for hosts that must stay with iptables.
 *
 * Theory of operation. DOCKER-USER's first rule jumps to a chain SEAWALL, which goes on to other
 * chains by *goto*: whoever returns from them is back in DOCKER-USER, behind that jump, so that
 * the admin's own rules and Docker's still decide about what the wall lets pass. A transaction of
 * this kind is text: which tables it is for, and for each the chains and rules as iptables-restore
 * reads them. What must be done around them - the chain, the jump, chains of an earlier wall - is
 * found out when it is sent, since each table changes in one step but is somebody else's.
 * Sent by iptables-restore of the variant (nft or legacy) whose tables Docker uses.
 */
#pragma once

#include "wall/table.h"

#include <stdio.h>

/* A chain DOCKER-USER that FORWARD leads to. */
struct user_place {
	bool legacy;    /* of the legacy tables, else of iptables-nft's */
	uint8_t family; /* AF_INET or AF_INET6 */
};

struct user_places {
	struct user_place items[4];
	size_t n;
};

/*
 * Finds them in a snapshot. 0, or a negative errno with a sentence where none is: -EOPNOTSUPP when
 * the engine has another kind of rules, -ENOENT when nothing leads to the chain.
 */
int docker_user_places(const struct snapshot *snapshot, struct user_places *ret_places,
                       struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));

/* Whether places have one for a family. */
bool docker_user_has(const struct user_places *places, uint8_t family) __attribute__((nonnull));

/* The places of a transaction; false when it is of the other kind, or damaged. */
bool docker_user_is(const struct bytes *transaction, struct user_places *ret_places)
    __attribute__((nonnull));

/* Writes a wall for some places. 0, -ENOMEM, -EFBIG, or -EINVAL with a sentence. */
int docker_user_transaction(const struct wall *wall, const struct user_places *places,
                            struct bytes *ret_bytes, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* Writes one family's chains and rules for iptables-restore. 0, -ENOMEM, or -EINVAL. */
int docker_user_text(const struct wall *wall, uint8_t family, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/*
 * Sends a transaction in the caller's network namespace, each table in one step; where one of them
 * fails, those before it have changed. 0 or a negative errno with a sentence.
 */
int docker_user_commit(const struct bytes *transaction, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/* Takes such chains and jumps out of all tables that have them. 0 or a negative errno. */
int docker_user_clear(struct error **ret_error) __attribute__((warn_unused_result));

/* Whether the view has such a wall in any table. */
bool docker_user_is_up(const struct netview *view) __attribute__((nonnull));

/* The packets that such a wall has turned away, of all its tables. */
uint64_t docker_user_turned_away(const struct netview *view) __attribute__((nonnull));

/*
 * Calls see() for each line that says what of such a wall is in the view, until it returns
 * something else than 0, which is returned. A jump that is not its chain's first rule is told so.
 */
int docker_user_list(const struct netview *view, int (*see)(const char *line, void *data),
                     void *data) __attribute__((nonnull(1, 2), warn_unused_result));
