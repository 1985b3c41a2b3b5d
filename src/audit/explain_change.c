/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would have to change for a packet that was stopped. */
#include "audit/explain_parts.h"

#include "audit/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* What an owner's own command to let a port in looks like, by who forwards it. NULL: none. */
static const char *command_of(struct explanation *explanation, const struct host_end *end,
                              bool forwarded)
{
	const struct probe *probe = &explanation->probe;
	const char *owner = explanation->decider.owner, *name = transport_name(probe->protocol);
	char text[ADDRESS_TEXT];

	if (!owner)
		return NULL;
	if (strcmp(owner, "ufw") == 0 && forwarded)
		return arena_printf(&explanation->arena, "`ufw route allow proto %s to %s port %u`",
		                    name, address_format(&end->destination, text), end->port);
	if (strcmp(owner, "ufw") == 0)
		return arena_printf(&explanation->arena, "`ufw allow %u/%s`", end->port, name);
	if (strcmp(owner, "firewalld") == 0 && !forwarded)
		return arena_printf(&explanation->arena, "`firewall-cmd --add-port=%u/%s`",
		                    end->port, name);
	if (strcmp(owner, "Docker") == 0 && forwarded)
		return "publish the port, or put both containers on one network";
	return NULL;
}

/* What would have to change about a rule or policy that stops it. */
static const char *rule_change(struct explanation *explanation, const struct host_end *end)
{
	const struct rule_note *rule = &explanation->decider;
	bool forwarded = explanation->endpoint != NULL &&
	                 address_equal(&explanation->endpoint->address, &end->destination);
	const char *command = command_of(explanation, end, forwarded);
	const char *own = strcmp(rule->owner, "yours") == 0 ? "" : ", or what wrote it be told";
	const char *text;

	if (!rule->handle && !rule->line)
		text =
		    arena_printf(&explanation->arena,
		                 "a rule of chain %s (table %s %s) would have to accept it: none "
		                 "does, and what none accepts its policy drops",
		                 rule->chain, rule->family, rule->table);
	else
		text = arena_printf(&explanation->arena,
		                    "this rule would have to go%s, or a rule before it in chain %s "
		                    "(table %s %s) accept the packet",
		                    own, rule->chain, rule->family, rule->table);
	if (text && command)
		text = arena_printf(&explanation->arena, "%s: %s", text, command);
	return text;
}

const char *explain_change(struct explanation *explanation, const struct host_end *end)
{
	const struct probe *probe = &explanation->probe;
	char source[ADDRESS_TEXT], to[ADDRESS_TEXT];

	address_format(&probe->source, source);
	address_format(&end->destination, to);
	if (explanation->decider.family)
		return rule_change(explanation, end);
	switch (end->drop) {
	case FIB_REVERSE_PATH:
		return arena_printf(
		    &explanation->arena,
		    "the way back to %s would have to lead by %s: a route there, or a "
		    "looser rp_filter (2) of that interface",
		    source, explanation->in);
	case FIB_MARTIAN_SOURCE:
		return "such a source address would have to come by another interface";
	case FIB_MARTIAN_DESTINATION:
		return arena_printf(
		    &explanation->arena,
		    "net.ipv4.conf.%s.route_localnet would have to be 1, which opens "
		    "every service that listens on loopback",
		    explanation->in);
	case FIB_NO_ROUTE:
		return arena_printf(&explanation->arena, "this host would need a route to %s", to);
	case FIB_REFUSED:
		return arena_printf(&explanation->arena,
		                    "the route or policy rule that refuses %s would have to go",
		                    to);
	case FIB_NO_FORWARDING:
		return end->destination.family == AF_INET6
		           ? "net.ipv6.conf.all.forwarding would have to be 1"
		           : "net.ipv4.ip_forward would have to be 1";
	case FIB_TAKEN:
	case FIB_DROPS:
		break;
	}
	return end->stop ? "" : "a process would have to listen there";
}
