/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of rules and sets whose copies are checked. Private to prove. */
#pragma once

#include "prove/twin_compare.h"

/*
 * Each adds what a view has of one kind to a side; `host` is the host's view, which may be the same
 * one. 0 or a negative errno.
 */
int check_nft_objects(struct side *side, const struct netview *view, const struct netview *host);
int check_nft_sets(struct side *side, const struct netview *view, const struct netview *host);
int check_nft_rules(struct side *side, const struct netview *view, const struct netview *host);
int check_ipsets(struct side *side, const struct netview *view, const struct netview *host);
int check_xtables(struct side *side, const struct netview *view, const struct netview *host);
