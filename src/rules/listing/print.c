/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text put together piece by piece, for rules in words. */
#include "rules/listing/print.h"
#include "base/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_add(struct text *text, const char *format, ...)
{
	char buffer[512];
	char *piece = buffer;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buffer, sizeof(buffer), format, args);
	va_end(args);
	if (len >= (int)sizeof(buffer)) {
		va_start(args, format);
		len = vasprintf(&piece, format, args);
		va_end(args);
	}
	if (len < 0 || bytes_append(&text->bytes, piece, (size_t)len, TEXT_CAP) < 0)
		text->failed = true;
	if (len >= 0 && piece != buffer)
		free(piece);
}

void text_add_quoted(struct text *text, const char *string)
{
	static const char bare[] =
	    "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (*string && string[strspn(string, bare)] == 0) {
		text_add(text, "%s", string);
		return;
	}
	text_add(text, "\"");
	for (; *string; string++)
		text_add(text, "%s%c", strchr("\"\\'", *string) ? "\\" : "", *string);
	text_add(text, "\"");
}

/* How many bytes of one well-formed, printable UTF-8 character stand at byte, or 0. */
static size_t utf8_len(const uint8_t *byte)
{
	size_t len = *byte < 0x80                     ? 1
	             : *byte >= 0xc2 && *byte <= 0xdf ? 2
	             : *byte >= 0xe0 && *byte <= 0xef ? 3
	             : *byte >= 0xf0 && *byte <= 0xf4 ? 4
	                                              : 0;

	if (len == 1)
		return *byte >= 0x20 && *byte != 0x7f;
	for (size_t i = 1; i < len; i++)
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
	if ((*byte == 0xe0 && byte[1] < 0xa0) || (*byte == 0xed && byte[1] >= 0xa0) ||
	    (*byte == 0xf0 && byte[1] < 0x90) || (*byte == 0xf4 && byte[1] >= 0x90))
		return 0; /* overlong, a surrogate, or beyond U+10FFFF */
	if (*byte == 0xc2 && byte[1] < 0xa0)
		return 0; /* C1 control characters */
	if (*byte == 0xe2 && ((byte[1] == 0x80 && (byte[2] & 0xf8) == 0xa8) ||
	                      (byte[1] == 0x81 && (byte[2] & 0xf0) == 0xa0)))
		return 0; /* U+2028-202F and U+2060-206F: line breaks and changes of direction */
	return len;
}

char *text_take(struct text *text)
{
	char *taken;

	if (!text->failed && !text->bytes.data && bytes_append(&text->bytes, "", 0, TEXT_CAP) < 0)
		text->failed = true;
	if (text->failed) {
		text_done(text);
		return NULL;
	}
	for (uint8_t *byte = text->bytes.data; *byte;) {
		size_t len = utf8_len(byte);

		if (len == 0) {
			*byte = '?';
			len = 1;
		}
		byte += len;
	}
	taken = (char *)steal_pointer(&text->bytes.data);
	text_done(text);
	return taken;
}

void text_done(struct text *text)
{
	bytes_done(&text->bytes);
	text->failed = false;
}
