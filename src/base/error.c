/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One sentence for a person, carried up from where something failed. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Makes an error of a number and a printf format; NULL when memory is out. */
static struct error *error_vnew(int number, const char *format, va_list args)
{
	struct error *error = calloc(1, sizeof(*error));

	if (!error)
		return NULL;
	error->number = number;
	if (vasprintf(&error->message, format, args) < 0)
		error->message = NULL;
	return error;
}

int error_set(struct error **ret_error, int number, const char *format, ...)
{
	if (ret_error && !*ret_error) {
		va_list args;

		va_start(args, format);
		*ret_error = error_vnew(number, format, args);
		va_end(args);
	}
	return -number;
}

int error_wrap(struct error **ret_error, int status, const char *format, ...)
{
	_cleanup_free_ char *context = NULL;
	char *whole = NULL;
	va_list args;

	if (!ret_error)
		return status;
	va_start(args, format);
	if (vasprintf(&context, format, args) < 0)
		context = NULL;
	va_end(args);
	if (!context)
		return status;
	if (!*ret_error) {
		(void)error_set(ret_error, -status, "%s: %s", context, strerror(-status));
		return status;
	}
	if (asprintf(&whole, "%s: %s", context, error_message(*ret_error)) >= 0) {
		free((*ret_error)->message);
		(*ret_error)->message = whole;
	}
	return status;
}

const char *error_message(const struct error *error)
{
	return error && error->message ? error->message : "unknown error";
}

void error_free(struct error *error)
{
	if (!error)
		return;
	free(error->message);
	free(error);
}
