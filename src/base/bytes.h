/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run of bytes that grows, with a cap, and its base64 (RFC 4648) spelling. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data; /* owned; one byte beyond len is always 0, so text can be read as a string */
	size_t len;
	size_t room;
};

/* Adds len bytes at the end. Returns 0, -ENOMEM, or -EFBIG when len would pass cap. */
int bytes_append(struct bytes *bytes, const void *data, size_t len, size_t cap)
    __attribute__((nonnull(1), warn_unused_result));

/* Releases the bytes and leaves none. */
void bytes_done(struct bytes *bytes);

/* The base64 of len bytes as a string that the caller frees, or NULL when memory is out. */
char *base64_encode(const void *data, size_t len);

/* Reads base64 of text_len characters. Returns 0 and owned bytes, -EINVAL or -ENOMEM. */
int base64_decode(const char *text, size_t text_len, struct bytes *ret_bytes)
    __attribute__((nonnull, warn_unused_result));
