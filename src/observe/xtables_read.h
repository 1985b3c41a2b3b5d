/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads legacy iptables and ip6tables tables as the blobs that the kernel has them in. */
#pragma once

#include "observe/netview.h"

/* Fills view->xtables. What may not be read is noted as incomplete. 0 or a negative errno. */
int xtables_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
