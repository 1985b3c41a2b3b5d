/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that findings are called by in JSON and in messages. */
#include "audit/audit.h"

#include <netinet/in.h>

static const char *const kind_names[] = {
    [FINDING_EXPOSURE] = "exposure",
    [FINDING_BYPASS] = "bypass",
    [FINDING_OUTAGE] = "outage",
    [FINDING_RELAY] = "relay",
    [FINDING_INEFFECTIVE] = "ineffective",
    [FINDING_UNKNOWN] = "unknown",
    [FINDING_DISAGREEMENT] = "disagreement",
};
_Static_assert(sizeof(kind_names) / sizeof(*kind_names) == FINDING_KINDS, "a name for each kind");

static const char *const severity_names[] = {
    [SEVERITY_CRITICAL] = "critical",
    [SEVERITY_HIGH] = "high",
    [SEVERITY_MEDIUM] = "medium",
    [SEVERITY_LOW] = "low",
};
_Static_assert(sizeof(severity_names) / sizeof(*severity_names) == SEVERITIES,
               "a name for each severity");

const char *finding_kind_name(enum finding_kind kind)
{
	return kind < FINDING_KINDS ? kind_names[kind] : "?";
}

const char *severity_name(enum severity severity)
{
	return severity < SEVERITIES ? severity_names[severity] : "?";
}

const char *protocol_suffix(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_UDP:
		return "/udp";
	case IPPROTO_SCTP:
		return "/sctp";
	default:
		return "";
	}
}
