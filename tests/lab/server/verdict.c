/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client saw: the words that it prints and the codes that it exits with. */
#include "verdict.h"

#include <errno.h>
#include <stdio.h>

/** The verdict that a failed connect, send or receive stands for. */
enum verdict verdict_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
	case ENOPROTOOPT:
		return VERDICT_REFUSED;
	case ETIMEDOUT:
	case EAGAIN:
		return VERDICT_TIMEOUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
	case EPERM:
		return VERDICT_UNREACHABLE;
	default:
		return VERDICT_ERROR;
	}
}

/** Prints the one line of `verdict`, with `detail` when it is not empty, and returns it. */
enum verdict verdict_print(enum verdict verdict, const char *detail)
{
	static const char *const words[] = {
	    [VERDICT_OPEN] = "open",       [VERDICT_REFUSED] = "refused",
	    [VERDICT_TIMEOUT] = "timeout", [VERDICT_UNREACHABLE] = "unreachable",
	    [VERDICT_ERROR] = "error",
	};

	printf("%s%s%s\n", words[verdict], detail && *detail ? " " : "", detail ? detail : "");
	fflush(stdout);
	return verdict;
}
