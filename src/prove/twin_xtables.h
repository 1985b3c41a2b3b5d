/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Setting legacy xtables tables in the twin. Private to prove. */
#pragma once

#include "prove/twin_parts.h"
#include "prove/xt_blob.h"

/* A legacy table of the twin, and where its entries were on the host. */
struct twin_legacy {
	uint8_t family;
	const char *table; /* borrowed from the twin's arena */
	struct xt_shifts shifts;
};

/* Releases what is kept of legacy tables. */
void twin_legacy_done(struct twin *twin) __attribute__((nonnull));

/* "iptables" or "ip6tables". */
const char *xt_family_name(uint8_t family);

/* Opens the socket that a family's tables are set through. A descriptor or a negative errno. */
int xt_socket(uint8_t family);

/* Replaces a table of the namespace in which the socket was opened. 0 or a negative errno. */
int xt_replace(int fd, uint8_t family, const char *name, const struct ipt_getinfo *info,
               const struct bytes *entries) __attribute__((nonnull, warn_unused_result));
