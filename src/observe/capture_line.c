/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream as lines, with caps, and places in a line as people count them. */
#include "observe/capture_line.h"

#include <errno.h>
#include <string.h>

enum { LINE_CHUNK = 64 * 1024 };

/* Reads some more into the buffer. 1, 0 at the end, or a negative errno. */
static int fill(struct line_source *source)
{
	char chunk[LINE_CHUNK];
	size_t got;
	int status;

	if (source->ended)
		return 0;
	if (source->buffer.data && source->start > 0) {
		source->buffer.len -= source->start;
		memmove(source->buffer.data, source->buffer.data + source->start,
		        source->buffer.len);
		source->start = 0;
	}
	errno = 0;
	got = fread(chunk, 1, sizeof(chunk), source->stream);
	if (got < sizeof(chunk)) {
		if (ferror(source->stream))
			return errno ? -errno : -EIO;
		source->ended = true;
	}
	source->total += got;
	if (source->total > source->total_cap)
		return -EFBIG;
	status = bytes_append(&source->buffer, chunk, got, SIZE_MAX - 1);
	if (status < 0)
		return status;
	return got > 0;
}

int line_next(struct line_source *source, char **ret_line, size_t *ret_len)
{
	size_t searched = 0;

	for (;;) {
		char *line =
		    source->buffer.data ? (char *)source->buffer.data + source->start : NULL;
		const size_t len = source->buffer.len - source->start;
		char *newline =
		    line && len > searched ? memchr(line + searched, '\n', len - searched) : NULL;
		const size_t line_len = newline ? (size_t)(newline - line) : len;
		int status;

		*ret_len = line_len;
		if (line_len > source->line_cap)
			return -EFBIG;
		if (newline) {
			*newline = 0;
			*ret_line = line;
			source->start += line_len + 1;
			source->number++;
			return 1;
		}
		searched = len;
		status = fill(source);
		if (status < 0)
			return status;
		if (status > 0)
			continue;
		if (len == 0)
			return 0;
		*ret_line = (char *)source->buffer.data + source->start;
		source->start = source->buffer.len;
		source->number++;
		return -ENODATA;
	}
}

void line_source_done(struct line_source *source)
{
	bytes_done(&source->buffer);
}

size_t line_column(const char *line, size_t len, size_t offset)
{
	size_t column = 1;

	for (size_t i = 0; i < len && i < offset; i++)
		column += ((unsigned char)line[i] & 0xc0) != 0x80;
	return column;
}

size_t line_key_column(const char *line, size_t len, const char *key)
{
	const size_t key_len = key ? strlen(key) : 0;

	for (size_t i = 0; key && i < len; i++) {
		size_t end;

		if (line[i] != '"')
			continue;
		for (end = i + 1; end < len && line[end] != '"'; end++)
			end += line[end] == '\\';
		if (end + 1 < len && line[end + 1] == ':' && end - i - 1 == key_len &&
		    memcmp(line + i + 1, key, key_len) == 0)
			return line_column(line, len, i);
		i = end;
	}
	return 1;
}
