/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A saved ruleset as a file or on standard input. */
#include "cli/rules_file.h"

#include "base/file.h"

enum { FILE_MOST = 64 << 20 };

int rules_file_read(const char *path, struct ruleset *ruleset, struct error **ret_error)
{
	struct bytes bytes = {0};
	int status = file_read(path, FILE_MOST, &bytes, ret_error);

	if (status == 0)
		status = ruleset_read(file_name(path), bytes.data ? (const char *)bytes.data : "",
		                      bytes.len, ruleset, ret_error);
	bytes_done(&bytes);
	return status;
}
