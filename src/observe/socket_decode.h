/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes what sock_diag tells of sockets. Private to observe. */
#pragma once

#include "observe/netview.h"

/*
 * Adds the sockets of a run of SOCK_DIAG_BY_FAMILY messages to view->sockets, one for each local
 * address. 0, -EBADMSG with a sentence, or -ENOMEM.
 */
int socket_decode(struct netview *view, const struct bytes *raw, uint8_t protocol,
                  struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));
