/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An audit as a page of its own: the page of src/page with the audit's JSON in it. */
#include "report/json_build.h"
#include "report/report.h"

#include "base/cleanup.h"
#include "page/page.h"

#include <errno.h>
#include <stdlib.h>

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
	page_write(json, false, out);
	/* Why it could not be written is what the first write that failed said. */
	return fflush(out) != 0 || ferror(out) ? -(errno ? errno : EIO) : 0;
}
