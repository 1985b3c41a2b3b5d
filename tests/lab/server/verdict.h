/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client saw: the words that it prints and the codes that it exits with. */
#ifndef LABSERVER_VERDICT_H
#define LABSERVER_VERDICT_H

/** The exit code of a client; the first four are verdicts. */
enum verdict {
	VERDICT_OPEN,        /**< an answer came */
	VERDICT_REFUSED,     /**< a stack was reached and said no */
	VERDICT_TIMEOUT,     /**< nothing came within the time */
	VERDICT_UNREACHABLE, /**< no route, no neighbour, or prohibited on the way */
	VERDICT_ERROR,       /**< the question could not be asked */
};

enum verdict verdict_of_errno(int error);
enum verdict verdict_print(enum verdict verdict, const char *detail);

#endif
