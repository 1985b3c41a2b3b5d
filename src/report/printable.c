/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from outside, made safe to show. */
#include "report/printable.h"

#include "base/bytes.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* No text that we show is longer: what is beyond is cut, and its end marked. */
enum { PRINTABLE_CAP = 64 * 1024 };

size_t utf8_decode(const char *text, uint32_t *ret_char)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *byte = (const unsigned char *)text;
	uint32_t found;
	size_t len;

	if (byte[0] < 0x80) {
		*ret_char = byte[0];
		return 1;
	}
	if (byte[0] >= 0xf5 || byte[0] < 0xc2)
		return 0;
	len = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
	found = byte[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		found = found << 6 | (byte[i] & 0x3f);
	}
	if (found < smallest[len] || found > 0x10ffff || (found >= 0xd800 && found <= 0xdfff))
		return 0;
	*ret_char = found;
	return len;
}

/* The columns a character takes, or 0 when it must be spelled out. */
static unsigned char_columns(uint32_t c)
{
	int columns;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	/* A soft hyphen has a column in some libraries and none on most terminals. */
	if (MB_CUR_MAX == 1 || c == 0xad)
		return 0;
	columns = wcwidth((wchar_t)c);
	return columns > 0 ? (unsigned)columns : 0;
}

/* Copies text; `show` also spells out the valid characters that have no column. */
static char *copy_text(const char *text, bool show)
{
	struct bytes out = {0};
	int status = bytes_append(&out, "", 0, PRINTABLE_CAP);

	while (*text && status == 0) {
		uint32_t c = (unsigned char)*text;
		size_t len = utf8_decode(text, &c);
		char escape[16];

		if (len && (!show || char_columns(c))) {
			status = bytes_append(&out, text, len, PRINTABLE_CAP);
		} else {
			int n = snprintf(escape, sizeof(escape),
			                 c < 0x80 || !len ? "\\x%02x" : "\\u{%x}", c);

			status = bytes_append(&out, escape, (size_t)n, PRINTABLE_CAP);
		}
		text += len ? len : 1;
	}
	if (status == -EFBIG)
		status = bytes_append(&out, "...", 3, PRINTABLE_CAP + 3);
	if (status < 0) {
		bytes_done(&out);
		return NULL;
	}
	return (char *)out.data;
}

char *printable(const char *text)
{
	return copy_text(text ? text : "", true);
}

char *printable_utf8(const char *text)
{
	return copy_text(text, false);
}

size_t printable_next(const char *text, unsigned *ret_columns)
{
	uint32_t c = 0;
	size_t len = utf8_decode(text, &c);
	unsigned columns = len ? char_columns(c) : 1;

	*ret_columns = columns ? columns : 1;
	return len ? len : 1;
}

unsigned printable_columns(const char *text, size_t len)
{
	unsigned sum = 0, columns;

	for (size_t i = 0; i < len; sum += columns)
		i += printable_next(text + i, &columns);
	return sum;
}
