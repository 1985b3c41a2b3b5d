/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy of a command: the file that was named, or the one in its usual place. */
#include "cli/policy_file.h"

#include "change/policy_load.h"
#include "cli/commands.h"

#include <errno.h>

int policy_file_read(const struct settings *settings, struct policy **ret_policy,
                     const char **ret_path)
{
	const char *path = settings->policy ? settings->policy : POLICY_FILE;
	_cleanup_error_ struct error *error = NULL;
	int status = -ENOENT;

	if (settings->policy || !settings->capture)
		status = policy_load(path, ret_policy, &error);
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
