/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads all ipsets with their members. */
#pragma once

#include "observe/netview.h"

/*
 * Fills view->raw[RAW_IPSET]: IPSET_CMD_LIST messages, several of one name in a row for a large
 * set. xt_set refers to a set by its index, and a reader finds that in one of two places: in the
 * first message of the set (IPSET_ATTR_INDEX, from protocol 7 on), or in a message of type
 * IPSET_CMD_GET_BYNAME with IPSET_ATTR_SETNAME and IPSET_ATTR_INDEX, which is added here, after
 * all lists, where the kernel speaks protocol 6 only. The index is 16 bits in network order.
 * What may not be read is noted as incomplete. 0, or a negative errno with a sentence.
 */
int ipset_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
