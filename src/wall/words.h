/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the wall's rules are made of: expressions of nftables, added to a rule one by one. */
#pragma once

#include <libnftnl/rule.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first of the 4-byte registers; a key of several parts lies in them side by side. */
enum { WORD_REGISTER = 8 }; /* NFT_REG32_00 */

/* Adding fails for lack of memory only: then *failed is set. */
struct words {
	struct nftnl_rule *rule;
	bool failed;
};

void word_meta(struct words *words, uint32_t key, uint32_t reg);
/* NFT_CT_*; direction 0 is the original one, -1 for keys without. */
void word_ct(struct words *words, uint32_t key, int direction, uint32_t reg);
void word_payload(struct words *words, uint32_t base, uint32_t offset, uint32_t len, uint32_t reg);
/* reg = reg & mask, of so many bytes. */
void word_mask(struct words *words, uint32_t reg, const void *mask, uint32_t len);
/* What the routing table calls the destination: RTN_*, 4 bytes in the host's order. */
void word_destination_type(struct words *words, uint32_t reg);
/* Goes on where the register is (op NFT_CMP_*) so. */
void word_compare(struct words *words, uint32_t reg, uint32_t op, const void *bytes, size_t len);
/* Goes on where the key is in a set, or not. */
void word_lookup(struct words *words, const char *set, uint32_t reg, bool not_in);
/* Does what a map says of the key; goes on where it says nothing. */
void word_verdict_map(struct words *words, const char *map, uint32_t reg);
/* NF_ACCEPT, NF_DROP, NFT_JUMP, NFT_GOTO. */
void word_verdict(struct words *words, int code, const char *chain);
void word_counter(struct words *words);
void word_limit(struct words *words, uint64_t a_second, uint32_t burst);
void word_log(struct words *words, uint16_t group, const char *prefix);
