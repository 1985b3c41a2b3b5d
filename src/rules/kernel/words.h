/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of a kernel dump and their parts in words; the caller frees, NULL without memory. */
#pragma once

#include "rules/listing/wire.h"

struct xt_part;

/* What the expression of a number, from 0, adds to its rule's words. */
char *kernel_expression_words(const struct netview *view, const struct nft_rule *rule,
                              unsigned number) __attribute__((nonnull));
/* "-m NAME OPTIONS" or "-j NAME OPTIONS", of packets of a family (NFPROTO_*). */
char *kernel_part_words(const struct netview *view, uint8_t family, const struct xt_part *part,
                        bool is_target) __attribute__((nonnull));
/* A whole rule: as iptables-save says it, where its table is one of iptables', else as nft does. */
char *kernel_rule_words(const struct netview *view, const struct nft_rule *rule, bool iptables)
    __attribute__((nonnull));
