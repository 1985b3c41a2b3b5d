/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mending what was damaged, and nothing else.
 *
 * To send the whole wall again takes as long as the wall is large, while who took one element out
 * of a map, or the rules out of a chain, was told of by the kernel with their names: only those are
 * put back. Whether that was all is looked at afterwards.
 */
#pragma once

#include "base/bytes.h"
#include "base/vec.h"

#include <stdbool.h>

struct nlmsghdr;

enum { TOUCHED_NAME = 64, TOUCHED_KEY = 64, TOUCHED_MOST = 64 };

/* An element of a set or map that came or went. */
struct touched_element {
	char set[TOUCHED_NAME];
	uint8_t key[TOUCHED_KEY]; /* as NFTA_DATA_VALUE has it */
	uint8_t len;
	bool gone;
};

/* What of the wall's table was touched, as nftables' notifications tell. Zeroed, it is nothing. */
struct wall_touched {
	struct touched_element elements[TOUCHED_MOST];
	char chains[TOUCHED_MOST][TOUCHED_NAME];
	size_t n_elements, n_chains;
	bool more; /* something else, or too much: the whole wall is needed */
};

/* Takes in a notification about the wall's table. */
void wall_touched_take(struct wall_touched *touched, const struct nlmsghdr *message)
    __attribute__((nonnull));

/*
 * Writes the transaction that undoes it: chains with their rules, elements of maps, as the wall's
 * own transaction has them; what came and is none of the wall's goes. 0 and bytes to release,
 * -ENOMEM, or -EXDEV where that is not enough, or nothing was touched.
 */
int wall_mend(const struct bytes *transaction, const struct wall_touched *touched,
              struct bytes *ret_bytes) __attribute__((nonnull, warn_unused_result));
