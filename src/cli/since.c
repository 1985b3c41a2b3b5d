/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as people type them. */
#include "cli/since.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "12h" and the like. */
static bool parse_span(const char *text, time_t now, time_t *ret_since)
{
	static const struct {
		char unit;
		long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 24 * 3600L}, {'w', 7L * 24 * 3600}};
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 6 || !text[digits] || text[digits + 1])
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (units[i].unit == text[digits]) {
			*ret_since = now - strtol(text, NULL, 10) * units[i].seconds;
			return true;
		}
	return false;
}

/* The rest of RFC 3339 behind the seconds: an offset in seconds. False where it is none. */
static bool parse_offset(const char *text, long *ret_offset)
{
	unsigned hours, minutes;
	int end = 0;

	*ret_offset = 0;
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return true;
	if ((*text != '+' && *text != '-') ||
	    sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &end) != 2 || end != 5 ||
	    text[1 + end] || hours > 23 || minutes > 59)
		return false;
	*ret_offset = (*text == '-' ? -1 : 1) * (long)(hours * 3600 + minutes * 60);
	return true;
}

bool since_parse(const char *text, time_t now, time_t *ret_since)
{
	struct tm parts = {.tm_isdst = -1};
	const char *rest;
	long offset;

	if (parse_span(text, now, ret_since))
		return true;
	rest = strptime(text, "%Y-%m-%d", &parts);
	if (!rest)
		return false;
	if (!*rest) {
		*ret_since = mktime(&parts);
		return true;
	}
	if (*rest != 'T' && *rest != 't' && *rest != ' ')
		return false;
	rest = strptime(rest + 1, "%H:%M:%S", &parts);
	if (!rest || !parse_offset(rest, &offset))
		return false;
	*ret_since = timegm(&parts) - offset;
	return true;
}
