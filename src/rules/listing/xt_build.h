/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building iptables' shape of a rule out of nft expressions. */
#pragma once

#include "rules/listing/registers.h"
#include "rules/listing/xt.h"

/* Matches of one rule; the kernel takes no more expressions than this. */
enum { MATCHES_MAX = 128 };

struct xt_builder {
	struct xt_rule *rule;
	struct registers registers;
	struct xt_tcp *tcp; /* the tcp match that native expressions add to, or NULL */
	struct xt_udp *udp;
};

/* Adds a match of name with zeroed info of size bytes. Returns the info, or NULL. */
void *xt_match_build(struct xt_builder *builder, const char *name, uint32_t revision, size_t size)
    __attribute__((nonnull));

/* What a cmp or range of native expressions stands for. 0, -ENOTSUP or -ENOMEM. */
int xt_build_cmp(struct xt_builder *builder, const struct nft_expr *expr) __attribute__((nonnull));
int xt_build_range(struct xt_builder *builder, const struct nft_expr *expr)
    __attribute__((nonnull));
