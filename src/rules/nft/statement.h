/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading nft's text: statements by file. Each is called with its first word at hand. */
#pragma once

#include "rules/nft/text.h"

/* ruleset_nft_match_text.c */
int nft_read_match(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int nft_read_update(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
/* "set add KEY @set", as nft took it at first. */
int nft_read_update_old(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int nft_read_meter(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));

/* ruleset_nft_nat_text.c */
int nft_read_nat(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int nft_read_reject(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int nft_read_synproxy(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int nft_read_dup(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int nft_read_flow(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
int nft_read_reset(struct nft_reader *reader, struct nft_statement *statement)
    __attribute__((nonnull, warn_unused_result));
