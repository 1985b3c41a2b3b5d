/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links of a collection. Private to collect. */
#pragma once

#include "collect/collection.h"
#include "observe/netview.h"

/*
 * Takes from what rtmon wrote - netlink messages, those of 1 s and more - the last that tells what
 * each link is, and none of a link that is gone by then; appends them to `to`, in the order in
 * which the kernel lists links. 0, -EBADMSG where the run ends within a message, -EFBIG or -ENOMEM.
 */
int links_latest(const struct bytes *run, struct bytes *to)
    __attribute__((nonnull, warn_unused_result));

/* The index of a link by the view's messages of links; 0 where there is none. */
uint32_t link_index(struct netview *view, const char *name) __attribute__((nonnull));

/* Notes the links that the kernel lists and rtmon had not told of when its time was over. 0 or
 * -ENOMEM. */
int links_check(const struct collection *collection, struct netview *view)
    __attribute__((nonnull, warn_unused_result));
