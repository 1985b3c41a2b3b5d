/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `seawall lint --fix`: puts what lint would have there into the files.
 *
 * Theory of operation. Findings come by file and line. A file is copied up to each place, the
 * replacement is written instead of what stands there, and the rest follows: nothing is parsed and
 * written out again. Before that each place is held against the text: a scalar that begins with a
 * quote ends with it, any other has no space in it; what is otherwise (text over several lines,
 * escapes) is left alone. The file keeps its mode and owner.
 */
#include "cli/lint_fix.h"

#include "base/file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The text from a column on, counted in characters from 1; NULL beyond the line's end. */
static const char *at_column(const char *line, unsigned column)
{
	for (; column > 1; column--) {
		if (!*line || *line == '\n')
			return NULL;
		do
			line++;
		while (((unsigned char)*line & 0xc0) == 0x80);
	}
	return line;
}

/* Whether what stands between two points is one scalar on one line. */
static bool is_scalar(const char *start, const char *end)
{
	size_t len = (size_t)(end - start);

	if (len == 0)
		return true;
	if (*start == '"' || *start == '\'')
		return len >= 2 && end[-1] == *start && !memchr(start + 1, *start, len - 2) &&
		       !memchr(start, '\\', len);
	for (; start < end; start++)
		if (strchr(" \t\r\n,[]{}#\"'", *start))
			return false;
	return true;
}

/* Copies a text with the replacements of findings, which are all of this file. 0 or -ENOMEM. */
static int rewrite(const char *text, const struct lint_finding *findings, size_t n,
                   struct bytes *ret_text, size_t *ret_changed)
{
	const char *copied = text, *line = text;
	unsigned number = 1;

	for (size_t i = 0; i < n; i++) {
		const struct compose_place *place = &findings[i].place;
		const char *start, *end, *next;

		while (number < place->line && (next = strchr(line, '\n'))) {
			line = next + 1;
			number++;
		}
		start = at_column(line, place->column);
		end = at_column(line, place->end_column);
		/* Two services may share a place: it is rewritten once. */
		if (!findings[i].replacement || number != place->line || !start || !end ||
		    start < copied || !is_scalar(start, end) || (i && start == copied))
			continue;
		if (bytes_append(ret_text, copied, (size_t)(start - copied), SIZE_MAX) < 0 ||
		    bytes_append(ret_text, findings[i].replacement, strlen(findings[i].replacement),
		                 SIZE_MAX) < 0)
			return -ENOMEM;
		copied = end;
		(*ret_changed)++;
	}
	return bytes_append(ret_text, copied, strlen(copied), SIZE_MAX);
}

/* file_write()'s view of bytes. */
static int write_bytes(FILE *out, const void *data)
{
	const struct bytes *text = data;

	errno = 0;
	if (fwrite(text->data, 1, text->len, out) != text->len || fflush(out) != 0)
		return -(errno ? errno : EIO);
	return 0;
}

/* Rewrites a file. 0 or a negative errno with a sentence. */
static int fix_file(const char *file, const struct lint_finding *findings, size_t n,
                    size_t *ret_changed, struct error **ret_error)
{
	_cleanup_(bytes_done) struct bytes text = {0}, fixed = {0};
	struct stat there;
	size_t changed = 0;
	int status = file_read(file, COMPOSE_FILE_CAP, &text, ret_error);

	if (status < 0)
		return status;
	status = rewrite(text.data ? (const char *)text.data : "", findings, n, &fixed, &changed);
	if (status == 0 && changed == 0)
		return 0;
	if (status == 0 && stat(file, &there) < 0)
		status = -errno;
	if (status == 0)
		status = file_write(file, write_bytes, &fixed);
	if (status == 0 &&
	    (chown(file, there.st_uid, there.st_gid) < 0 || chmod(file, there.st_mode & 07777) < 0))
		status = -errno;
	if (status < 0)
		return error_set(ret_error, -status, "%s: %s", file, strerror(-status));
	*ret_changed += changed;
	return 0;
}

int lint_fix(const struct lint *lint, size_t *ret_changed, struct error **ret_error)
{
	size_t n = 0;

	*ret_changed = 0;
	for (size_t i = 0; i < lint->findings.n; i += n) {
		const struct lint_finding *first = &lint->findings.items[i];
		const char *file = first->place.file;
		int status;

		for (n = 1; i + n < lint->findings.n; n++) {
			const char *other = first[n].place.file;

			if (!file || !other || strcmp(file, other) != 0)
				break;
		}
		if (!file || first->place.line == 0 || strcmp(file, "standard input") == 0)
			continue;
		status = fix_file(file, first, n, ret_changed, ret_error);
		if (status < 0)
			return status;
	}
	return 0;
}
