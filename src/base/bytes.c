/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run of bytes that grows, with a cap, and its base64 (RFC 4648) spelling. */
#include "base/bytes.h"
#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int bytes_append(struct bytes *bytes, const void *data, size_t len, size_t cap)
{
	size_t need;

	if (__builtin_add_overflow(bytes->len, len, &need) || need > cap)
		return -EFBIG;
	if (need + 1 > bytes->room) {
		size_t room = bytes->room ? bytes->room : 256;
		uint8_t *grown;

		while (room < need + 1)
			room *= 2;
		grown = realloc(bytes->data, room);
		if (!grown)
			return -ENOMEM;
		bytes->data = grown;
		bytes->room = room;
	}
	if (len)
		memcpy(bytes->data + bytes->len, data, len);
	bytes->len = need;
	bytes->data[need] = 0;
	return 0;
}

void bytes_done(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){0};
}

char *base64_encode(const void *data, size_t len)
{
	const uint8_t *in = data;
	char *text = malloc((len + 2) / 3 * 4 + 1), *out = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t word = (uint32_t)in[i] << 16;

		if (i + 1 < len)
			word |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < len)
			word |= in[i + 2];
		*out++ = base64_digits[word >> 18];
		*out++ = base64_digits[word >> 12 & 63];
		*out++ = i + 1 < len ? base64_digits[word >> 6 & 63] : '=';
		*out++ = i + 2 < len ? base64_digits[word & 63] : '=';
	}
	*out = 0;
	return text;
}

/* The value of one base64 digit, or -1. By ranges: a capture file has tens of millions of them. */
static inline int base64_value(char digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

int base64_decode(const char *text, size_t text_len, struct bytes *ret_bytes)
{
	struct bytes bytes = {0};
	size_t pad = 0;

	if (text_len % 4)
		return -EINVAL;
	while (pad < 2 && pad < text_len && text[text_len - 1 - pad] == '=')
		pad++;
	bytes.room = text_len / 4 * 3 + 1;
	bytes.data = malloc(bytes.room);
	if (!bytes.data)
		return -ENOMEM;
	for (size_t i = 0; i < text_len; i += 4) {
		uint32_t word = 0;

		for (size_t j = 0; j < 4; j++) {
			int value = i + j < text_len - pad ? base64_value(text[i + j]) : 0;

			if (value < 0) {
				free(bytes.data);
				return -EINVAL;
			}
			word = word << 6 | (uint32_t)value;
		}
		bytes.data[bytes.len++] = (uint8_t)(word >> 16);
		bytes.data[bytes.len++] = (uint8_t)(word >> 8);
		bytes.data[bytes.len++] = (uint8_t)word;
	}
	bytes.len -= pad;
	bytes.data[bytes.len] = 0;
	*ret_bytes = bytes;
	return 0;
}
