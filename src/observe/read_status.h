/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a failed reading means for a view. */
#pragma once

#include "observe/netview.h"

/*
 * Turns the status of reading `what` ("the nftables rules") into one for the view: lack of
 * permission, and whatever else the kernel objected to, is noted as incomplete and gives 0; no
 * memory, and more than a cap, stays an error. A sentence in *ret_error goes into the note.
 */
int read_status(struct netview *view, const char *what, int status, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
