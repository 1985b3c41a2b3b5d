/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reading of what a proof's or a look's process leaves. */
#include "clerk/left.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text that is an item's lies in the file, with its end. */
static size_t check_text(const char *from, const char *end, const char *text)
{
	if (text < from || text >= end || strlen(text) > (size_t)(end - text))
		abort();
	return strlen(text) + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("f", MFD_CLOEXEC);
	const char *end = NULL, *at;
	struct left_item item;
	char *text;

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	text = left_read(fd, &end);
	if ((text != NULL) != (size > 0))
		abort();
	for (at = text; at && left_next(&at, end, &item);) {
		size_t len = check_text(text, end, item.kind) +
		             check_text(text, end, item.container) +
		             check_text(text, end, item.text);

		if (strcmp(item.kind, "way") == 0)
			len += check_text(text, end, item.way.rule);
		/* The last text may lack its end, which is then behind the file. */
		if (at > end + 1 || len > size + 1)
			abort();
	}
	free(text);
	close(fd);
	return 0;
}
