/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notices traffic control filters that stand before all that we read. */
#pragma once

#include "observe/netview.h"

/*
 * Notes as incomplete each link of view->raw[RAW_LINK], which must have been read before, that has
 * filters or programs on its ingress or egress: they can drop and redirect, and are neither read
 * nor copied. 0, or a negative errno with a sentence.
 */
int tc_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
