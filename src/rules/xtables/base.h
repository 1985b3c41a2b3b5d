/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that every rule of iptables has, and the extensions that some of them name. */
#pragma once

#include "rules/xtables/xt.h"

/* The table line of "-s" or "--source"; NULL for none. */
const struct xt_option *xt_base_option(const char *name, size_t len, bool is_long)
    __attribute__((nonnull));
/* Uses an extension in the rule; NULL: one that is unknown. 0 or -ENOMEM. */
int xt_use_add(struct xt_draft *draft, const struct xt_extension *extension,
               const struct xt_word *name, bool target)
    __attribute__((nonnull(1, 3), warn_unused_result));
/* "tcp" */
const char *xt_protocol_name(uint8_t protocol);
