/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a failed reading means for a view. */
#include "observe/read_status.h"

#include <string.h>

int read_status(struct netview *view, const char *what, int status, struct error **ret_error)
{
	struct error *error = ret_error ? *ret_error : NULL;

	if (status >= 0)
		return 0;
	if (status == -ENOMEM || status == -EFBIG)
		return error_wrap(ret_error, status, "reading %s", what);
	if (status == -EPERM || status == -EACCES)
		status = netview_incomplete(view, "reading %s needs root", what);
	else
		status = netview_incomplete(view, "%s cannot be read: %s", what,
		                            error ? error_message(error) : strerror(-status));
	if (ret_error)
		*ret_error = NULL;
	error_free(error);
	return status;
}
