/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy of a command: the file that was named, or the one in its usual place. */
#include "cli/policy_file.h"

#include "base/file.h"
#include "cli/commands.h"

#include <errno.h>

/* Reads a file. 0 or a negative errno with a sentence. */
static int read_policy(const char *path, struct policy **ret_policy, struct error **ret_error)
{
	struct bytes bytes = {0};
	int status = file_read(path, POLICY_FILE_CAP, &bytes, ret_error);

	if (status == 0)
		status = policy_read(bytes.data ? (const char *)bytes.data : "", bytes.len,
		                     file_name(path), ret_policy, ret_error);
	bytes_done(&bytes);
	return status;
}

int policy_file_read(const struct settings *settings, struct policy **ret_policy,
                     const char **ret_path)
{
	const char *path = settings->policy ? settings->policy : POLICY_FILE;
	_cleanup_error_ struct error *error = NULL;
	int status = -ENOENT;

	if (settings->policy || !settings->capture)
		status = read_policy(path, ret_policy, &error);
	*ret_path = status == 0 ? path : NULL;
	if (status == -ENOENT && !settings->policy)
		status = policy_default(ret_policy);
	if (status == 0)
		return 0;
	if (status == -ENOMEM)
		complain(settings, "out of memory");
	else
		complain(settings, "%s", error_message(error));
	return status == -EACCES ? CODE_INCOMPLETE : CODE_USAGE;
}
