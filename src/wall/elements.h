/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of the wall's sets and maps, out of one transaction and into another. Private to
 * wall. */
#pragma once

#include "wall/table_parts.h"

#include "rules/listing/wire.h"

#include <libnftnl/common.h>

/* One element of a transaction, borrowed from it. */
struct element {
	const char *set;
	struct span nest; /* of NFTA_LIST_ELEM */
	uint64_t hash;
	bool matched;
};
VEC_TYPE(elements, struct element);

/* Adds the elements of a message of NFT_MSG_NEWSETELEM or DELSETELEM. 0, -EBADMSG or -ENOMEM. */
int elements_take(const struct nlmsghdr *message, struct elements *elements)
    __attribute__((nonnull, warn_unused_result));

/* Whether an element is one of a map or a plain set: an interval's ends belong together. */
bool element_is_plain(const struct element *element) __attribute__((nonnull));

/* Marks what both lists have. 0 or -ENOMEM. */
int elements_match(struct elements *before, struct elements *after)
    __attribute__((nonnull, warn_unused_result));

/* What a transaction is made of, borrowed from it. */
struct transaction_parts {
	struct elements elements;
	VEC(const struct nlmsghdr *) others; /* all other messages, in order */
};

/* Takes a transaction apart. 0, -EBADMSG or -ENOMEM; the parts are to be released in any case. */
int transaction_take_apart(const struct bytes *transaction, struct transaction_parts *parts)
    __attribute__((nonnull, warn_unused_result));
void transaction_parts_done(struct transaction_parts *parts) __attribute__((nonnull));

/* Whether two messages are one, but for their numbers. */
bool message_same(const struct nlmsghdr *a, const struct nlmsghdr *b) __attribute__((nonnull));

/* Writes the elements that have no match, message by message. False where one cannot go so. */
bool elements_write(struct writer *writer, const struct elements *elements, bool remove)
    __attribute__((nonnull));
