/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the elements of an nftables set. */
#pragma once

#include <netinet/in.h> /* before the kernel's own */
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

/* A set by its name. */
struct nft_set {
	uint8_t family; /* NFPROTO_* */
	const char *table, *name;
};

/* Called for each element: its key, borrowed, and the packets of its counter where it has one. */
typedef void nft_element_fn(const uint8_t *key, size_t len, uint64_t packets, void *data);

enum { NFT_DUMP_ROOM = 64 * 1024 };

/*
 * Dumps a set through a socket, with a sequence number of the caller's, into a buffer of
 * NFT_DUMP_ROOM bytes. 0, -EAGAIN when the set changed meanwhile, so that elements may be missing
 * or twice there, or another negative errno.
 */
int nft_dump_set(struct mnl_socket *socket, uint32_t sequence, const struct nft_set *set,
                 uint8_t *room, nft_element_fn *each, void *data)
    __attribute__((nonnull(1, 3, 4, 5), warn_unused_result));
