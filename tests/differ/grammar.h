/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random rules: what each tool reads, over a grammar of what kernels hold.
 *
 * But for open_conditions nothing in them is beyond what a packet decides, so that a reader of
 * rules has no excuse for an unknown. Some rules a tool does not take; such a ruleset is no test,
 * and counted.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* One condition of a rule of nft. */
void nft_condition(FILE *file, unsigned *seed);

/* A table of filter chains; one of translation. */
void nft_filter(FILE *file, unsigned *seed);
void nft_nat(FILE *file, unsigned *seed);

/* One condition of a rule of iptables that stands for all protocols; `input`: there is no way out
 * yet. */
void xt_condition(FILE *file, bool ipv6, bool input, unsigned *seed);

/* Tables for iptables-restore; their rules look into ipsets, which ipset_sets()
 * makes for `ipset restore`. */
void xt_tables(FILE *file, bool ipv6, unsigned *seed);
void ipset_sets(FILE *file, bool ipv6, unsigned *seed);
