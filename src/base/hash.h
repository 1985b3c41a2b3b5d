/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FNV-1a, 64 bits (draft-eastlake-fnv): for tables and against damage, not against malice. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What a hash begins with. */
#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* A hash that goes on over bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* The same over a string, without its end. */
static inline uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return hash;
}
