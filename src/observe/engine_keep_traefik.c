/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stays of the labels that Traefik reads. Their values hold passwords (basicauth.users), keys
 * and addresses of other services: of most the key alone stays, which tells that something is asked
 * for.
 */
#include "observe/engine_keep.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Text that need not end with a 0. */
struct part {
	const char *at;
	size_t len;
};

/* Takes the part up to the next dot, or the end. */
static struct part next_part(struct part *rest)
{
	const char *dot = memchr(rest->at, '.', rest->len);
	struct part part = {rest->at, dot ? (size_t)(dot - rest->at) : rest->len};
	size_t taken = part.len + (dot ? 1 : 0);

	rest->at += taken;
	rest->len -= taken;
	return part;
}

static bool part_is(struct part part, const char *text)
{
	return part.len == strlen(text) && strncasecmp(part.at, text, part.len) == 0;
}

/* Of what stands behind a router's name. */
static enum label_keep keep_of_router(struct part rest)
{
	if (part_is(rest, "rule"))
		return LABEL_RULE;
	if (part_is(rest, "entrypoints") || part_is(rest, "service") ||
	    part_is(rest, "middlewares"))
		return LABEL_STAYS;
	return LABEL_KEY;
}

/* Of what stands behind a middleware's name. */
static enum label_keep keep_of_middleware(struct part rest)
{
	return part_is(rest, "ipallowlist.sourcerange") ||
	               part_is(rest, "ipwhitelist.sourcerange") ||
	               part_is(rest, "chain.middlewares")
	           ? LABEL_STAYS
	           : LABEL_KEY;
}

enum label_keep engine_keep_traefik(const char *key, size_t len)
{
	struct part rest = {key, len}, plane, what, name;

	if (!part_is(next_part(&rest), "traefik"))
		return LABEL_GOES;
	if (part_is(rest, "enable") || part_is(rest, "docker.network"))
		return LABEL_STAYS;
	plane = next_part(&rest);
	what = next_part(&rest);
	name = next_part(&rest);
	if (!name.len || !rest.len ||
	    (!part_is(plane, "http") && !part_is(plane, "tcp") && !part_is(plane, "udp")))
		return LABEL_GOES;
	if (part_is(what, "routers"))
		return keep_of_router(rest);
	if (part_is(what, "middlewares"))
		return keep_of_middleware(rest);
	if (part_is(what, "services"))
		return part_is(rest, "loadbalancer.server.port") ? LABEL_STAYS : LABEL_KEY;
	return LABEL_GOES;
}

/* Whether a matcher's arguments are names, places or addresses, and no header or password. */
static bool is_public(struct part matcher)
{
	static const char *const matchers[] = {"Host",          "HostRegexp", "HostSNI",
	                                       "HostSNIRegexp", "Path",       "PathPrefix",
	                                       "PathRegexp",    "ClientIP",   "Method"};

	for (size_t i = 0; i < sizeof(matchers) / sizeof(*matchers); i++)
		if (part_is(matcher, matchers[i]))
			return true;
	return false;
}

bool engine_keep_rule(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t begin = i;

		/* What else is escaped, as JSON does it, may be a bracket. */
		if (text[i] == '\\' &&
		    (len - i < 6 || (strncmp(text + i, "\\u0026", 6) != 0 && text[i + 1] != '"')))
			return false;
		if (text[i] != '(')
			continue;
		while (begin > 0 && isalpha((unsigned char)text[begin - 1]))
			begin--;
		if (begin < i && !is_public((struct part){text + begin, i - begin}))
			return false;
	}
	return true;
}
