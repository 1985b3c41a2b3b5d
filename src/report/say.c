/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paragraphs by printf formats, whose text may come from outside. */
#include "report/layout.h"

#include "base/cleanup.h"
#include "report/printable.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

int layout_say(const struct layout *layout, unsigned first, unsigned rest, const char *format, ...)
{
	_cleanup_free_ char *text = NULL, *safe = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0) {
		text = NULL;
		return -ENOMEM;
	}
	safe = printable(text);
	if (!safe)
		return -ENOMEM;
	layout_paragraph(layout, safe, first, rest);
	return 0;
}
