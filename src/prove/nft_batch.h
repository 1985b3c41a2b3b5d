/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One nftables transaction, written message by message, and the words that rules are made of.
 *
 * Messages are written straight into the batch's buffer: what we send is fixed in size, so nothing
 * can fail before nft_batch_commit(), which reports it.
 */
#pragma once

#include <netinet/in.h> /* before the kernel's own */
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nft_batch {
	uint8_t *buffer;   /* owned */
	uint32_t sequence; /* of the next message */
	bool overflow;
	struct nlmsghdr *last; /* the message that is being written, or NULL */
	/* The rule that is being written. */
	struct nlattr *expressions;
};

/* Starts a transaction. `sequence` must differ from those of earlier ones on the socket. */
int nft_batch_begin(struct nft_batch *batch, uint32_t sequence)
    __attribute__((nonnull, warn_unused_result));

/* A new message (NFT_MSG_*) of a family (NFPROTO_*), to be filled until the next one. */
struct nlmsghdr *nft_batch_message(struct nft_batch *batch, uint16_t type, uint8_t family,
                                   uint16_t flags) __attribute__((nonnull));

/*
 * Sends the transaction and reads the kernel's answer; the batch is gone after that. Returns 0 or
 * the first error that the kernel gave, after which nothing of it was done.
 */
int nft_batch_commit(struct nft_batch *batch, struct mnl_socket *socket)
    __attribute__((nonnull, warn_unused_result));

/* Starts a rule at the end of a chain; the words below append to it, nft_rule_end() closes it. */
void nft_rule_begin(struct nft_batch *batch, uint8_t family, const char *table, const char *chain)
    __attribute__((nonnull));
void nft_rule_end(struct nft_batch *batch) __attribute__((nonnull));

/* Loads len bytes at an offset of NFT_PAYLOAD_* into registers. */
void nft_payload(struct nft_batch *batch, uint32_t base, uint32_t offset, uint32_t len,
                 uint32_t reg) __attribute__((nonnull));
/* Loads NFT_META_*. */
void nft_meta(struct nft_batch *batch, uint32_t key, uint32_t reg) __attribute__((nonnull));
/* Sets NFT_META_* from a register. */
void nft_meta_set(struct nft_batch *batch, uint32_t key, uint32_t reg) __attribute__((nonnull));
/* Clears the bits that the mask does not have. */
void nft_mask(struct nft_batch *batch, uint32_t reg, const void *mask, uint32_t len)
    __attribute__((nonnull));
/* Goes on only when the registers are equal to the bytes. */
void nft_equal(struct nft_batch *batch, uint32_t reg, const void *bytes, uint32_t len)
    __attribute__((nonnull));
/* Loads four bytes. */
void nft_immediate(struct nft_batch *batch, uint32_t reg, uint32_t value) __attribute__((nonnull));
/* NF_DROP, NFT_GOTO, ...; `chain` for those that need one, else NULL. */
void nft_verdict(struct nft_batch *batch, int code, const char *chain) __attribute__((nonnull(1)));
/* Goes on only when the key in the registers is not in a set. */
void nft_not_in_set(struct nft_batch *batch, const char *set, uint32_t reg)
    __attribute__((nonnull));
/* Adds the key in the registers to a set; with a counter of its own for each element, or without.
 */
void nft_add_to_set(struct nft_batch *batch, const char *set, uint32_t reg, bool counter)
    __attribute__((nonnull));
