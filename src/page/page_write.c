/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page with its data.
 *
 * The data is inside a script element, which ends at the first "</script" whatever it stands in: so
 * no "<" is written, nor what else HTML has a meaning for; in JSON all of them are only ever part
 * of a string, where \u003c is the same.
 */
#include "page/page.h"

#include <string.h>

void page_write(const char *json, bool live, FILE *out)
{
	fputs(seawall_page.before, out);
	fputs(live ? "; connect-src 'self'" : "", out);
	fputs(seawall_page.between, out);
	for (;;) {
		size_t len = strcspn(json, "<>&");

		fwrite(json, 1, len, out);
		json += len;
		if (!*json)
			break;
		fprintf(out, "\\u%04x", (unsigned char)*json++);
	}
	fputs(seawall_page.after, out);
}
