/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads all of nftables: tables, chains, sets and their elements, objects, flowtables, rules. */
#pragma once

#include "observe/netview.h"

/* Fills the raw kinds of nftables. What may not be read is noted as incomplete. 0, or a negative
 * errno with a sentence. */
int nft_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
