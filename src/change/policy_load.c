/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy from its file. */
#include "change/policy_load.h"

#include "base/file.h"

int policy_load(const char *path, struct policy **ret_policy, struct error **ret_error)
{
	struct bytes bytes = {0};
	int status = file_read(path, POLICY_FILE_CAP, &bytes, ret_error);

	if (status == 0)
		status = policy_read(bytes.data ? (const char *)bytes.data : "", bytes.len,
		                     file_name(path), ret_policy, ret_error);
	bytes_done(&bytes);
	return status;
}
