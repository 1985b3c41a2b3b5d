/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An audit as a page of its own: the page of src/page with the audit's JSON in it.
 *
 * The data is inside a script element, which ends at the first "</script" whatever it stands in:
 * so no "<" is written, nor what else HTML has a meaning for; in JSON all of them are only ever
 * part of a string, where \u003c is the same.
 */
#include "report/json_build.h"
#include "report/report.h"

#include "base/cleanup.h"
#include "page/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Writes JSON so that it may stand in a page. */
static void write_data(const char *json, FILE *out)
{
	for (;;) {
		size_t len = strcspn(json, "<>&");

		fwrite(json, 1, len, out);
		json += len;
		if (!*json)
			return;
		fprintf(out, "\\u%04x", (unsigned char)*json++);
	}
}

int report_html(const struct audit *audit, FILE *out)
{
	_cleanup_free_ char *json = NULL;
	size_t len;
	FILE *memory = open_memstream(&json, &len);
	int status;

	if (!memory)
		return -ENOMEM;
	status = report_json(audit, memory);
	if (fclose(memory) == EOF || status < 0)
		return -ENOMEM;
	errno = 0;
	fputs(seawall_page.before, out);
	fputs(seawall_page.between, out);
	write_data(json, out);
	fputs(seawall_page.after, out);
	/* Why it could not be written is what the first write that failed said. */
	return fflush(out) != 0 || ferror(out) ? -(errno ? errno : EIO) : 0;
}
