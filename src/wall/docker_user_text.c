/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wall's rules as iptables-restore reads them; they follow those of rules.c. */
#include "wall/docker_user.h"

#include <ctype.h>
#include <errno.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* What a family's rules are written with. */
struct scribe {
	const struct wall *wall;
	uint8_t family;
	FILE *out;
};

/* Whether a name can stand in such a file as it is. */
static bool is_plain(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-@", name[i]) &&
		    !(name[i] == '*' && i == len - 1))
			return false;
	return len && len < IFNAMSIZ;
}

/* Whether all names can. */
static bool is_writable(const struct wall *wall)
{
	vec_foreach(bridge, &wall->bridges)
		if (!is_plain(*bridge))
			return false;
	vec_foreach(other, &wall->others)
		if (!is_plain(*other))
			return false;
	vec_foreach(group, &wall->groups) {
		if (group->only_in && !is_plain(group->only_in))
			return false;
		vec_foreach(class, &group->classes)
			if (class->pattern && !is_plain(class->pattern))
				return false;
	}
	return true;
}

/* Writes "-i eth0 ", with iptables' sign for a wildcard. */
static void write_in(FILE *out, const char *pattern, bool others)
{
	size_t len = strlen(pattern);
	bool wildcard = pattern[len - 1] == '*';

	fprintf(out, "%s-i %.*s%s ", others ? "! " : "", (int)(wildcard ? len - 1 : len), pattern,
	        wildcard ? "+" : "");
}

/* Writes how a group's rules are reached. */
static void write_group(const struct scribe *scribe, size_t index)
{
	const struct wall_group *group = &scribe->wall->groups.items[index];

	if (group->everybody)
		fputs("-j RETURN\n", scribe->out);
	else if (group->nobody)
		fputs("-g SEAWALL-DROP\n", scribe->out);
	else
		fprintf(scribe->out, "-g SEAWALL-%zu\n", index);
}

/* Writes the rule of a door at forward. */
static void write_door(const struct scribe *scribe, const struct wall_door *door)
{
	const char *protocol = door->protocol == IPPROTO_TCP   ? "tcp"
	                       : door->protocol == IPPROTO_UDP ? "udp"
	                                                       : "sctp";
	char text[ADDRESS_TEXT];

	fprintf(scribe->out, "-A SEAWALL-DOORS -d %s -p %s -m %s --dport %u -m conntrack ",
	        address_format(&door->address, text), protocol, protocol, door->port);
	if (door->kind == DOOR_DIRECT)
		fputs("! --ctstate DNAT ", scribe->out);
	else
		fprintf(scribe->out, "--ctstate DNAT --ctorigdstport %u ", door->host_port);
	if (door->kind == DOOR_EXACT)
		fprintf(scribe->out, "--ctorigdst %s ", address_format(&door->host_address, text));
	write_group(scribe, door->group);
}

/* Writes the doors of a kind. */
static void write_doors(const struct scribe *scribe, enum door_kind kind)
{
	vec_foreach(door, &scribe->wall->doors)
		if (door->kind == kind && door->address.family == scribe->family)
			write_door(scribe, door);
}

/* Writes what goes on at a door without being asked. */
static void write_passes(const struct scribe *scribe, const char *chain)
{
	fprintf(scribe->out, "-A %s -m conntrack --ctdir REPLY -j RETURN\n", chain);
	fprintf(scribe->out, "-A %s -m conntrack --ctstate RELATED,UNTRACKED -j RETURN\n", chain);
}

/* Writes the rules for bridges that look like an engine's and were not there yet. */
static void write_new_bridges(const struct scribe *scribe)
{
	static const char *const patterns[] = {"br-+", "docker+"};

	vec_foreach(bridge, &scribe->wall->others)
		fprintf(scribe->out, "-A SEAWALL -o %s -j RETURN\n", *bridge);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		fprintf(scribe->out, "-A SEAWALL ! -i %s -o %s -g SEAWALL-NEW\n", patterns[i],
		        patterns[i]);
	write_passes(scribe, "SEAWALL-NEW");
	fputs("-A SEAWALL-NEW -g SEAWALL-DROP\n", scribe->out);
}

/* Writes the rules for what is for a container, from outside. */
static void write_outside(const struct scribe *scribe)
{
	char text[ADDRESS_TEXT];

	write_passes(scribe, "SEAWALL-DOORS");
	write_doors(scribe, DOOR_EXACT);
	write_doors(scribe, DOOR_NAMED);
	vec_foreach(gateway, &scribe->wall->gateways)
		if (gateway->family == scribe->family)
			fprintf(scribe->out,
			        "-A SEAWALL-DOORS -m conntrack --ctorigdst %s -g SEAWALL-DROP\n",
			        address_format(gateway, text));
	write_doors(scribe, DOOR_BIND);
	write_doors(scribe, DOOR_DIRECT);
	fputs("-A SEAWALL-DOORS -g SEAWALL-DROP\n", scribe->out);
}

/* Writes the rule of a class for each prefix, and its end. */
static void write_class(const struct scribe *scribe, size_t number, const struct wall_class *class)
{
	char text[ADDRESS_TEXT];

	vec_foreach(prefix, &class->allowed) {
		if (prefix->address.family != scribe->family)
			continue;
		fprintf(scribe->out, "-A SEAWALL-%zu ", number);
		if (class->pattern)
			write_in(scribe->out, class->pattern, false);
		fprintf(scribe->out, "-s %s/%u -j RETURN\n", address_format(&prefix->address, text),
		        prefix->len);
	}
	fprintf(scribe->out, "-A SEAWALL-%zu ", number);
	if (class->pattern)
		write_in(scribe->out, class->pattern, false);
	fputs("-g SEAWALL-DROP\n", scribe->out);
}

/* Whether a group has a chain of its own. */
static bool has_chain(const struct wall_group *group)
{
	return !group->everybody && !group->nobody;
}

/* Writes the chains of groups. */
static void write_groups(const struct scribe *scribe)
{
	for (size_t i = 0; i < scribe->wall->groups.n; i++) {
		const struct wall_group *group = &scribe->wall->groups.items[i];

		if (!has_chain(group))
			continue;
		if (group->only_in) {
			fprintf(scribe->out, "-A SEAWALL-%zu ", i);
			write_in(scribe->out, group->only_in, true);
			fputs("-g SEAWALL-DROP\n", scribe->out);
		}
		vec_foreach(class, &group->classes)
			write_class(scribe, i, class);
	}
}

int docker_user_text(const struct wall *wall, uint8_t family, FILE *out)
{
	const struct scribe scribe = {wall, family, out};

	if (!is_writable(wall))
		return -EINVAL;
	fputs(":SEAWALL - [0:0]\n:SEAWALL-DOORS - [0:0]\n:SEAWALL-INSIDE - [0:0]\n"
	      ":SEAWALL-NEW - [0:0]\n:SEAWALL-DROP - [0:0]\n",
	      out);
	for (size_t i = 0; i < wall->groups.n; i++)
		if (has_chain(&wall->groups.items[i]))
			fprintf(out, ":SEAWALL-%zu - [0:0]\n", i);
	vec_foreach(bridge, &wall->bridges)
		fprintf(out, "-A SEAWALL -i %s -g SEAWALL-INSIDE\n", *bridge);
	vec_foreach(bridge, &wall->bridges)
		fprintf(out, "-A SEAWALL -o %s -g SEAWALL-DOORS\n", *bridge);
	write_new_bridges(&scribe);
	fputs("-A SEAWALL-INSIDE -p tcp -m conntrack --ctstate NEW -m tcp ! --syn "
	      "-g SEAWALL-DROP\n",
	      out);
	write_outside(&scribe);
	write_groups(&scribe);
	fprintf(out,
	        "-A SEAWALL-DROP -m limit --limit 100/sec --limit-burst 500 -j NFLOG --nflog-group "
	        "%d --nflog-prefix %s\n",
	        WALL_LOG_GROUP, WALL_TABLE);
	fprintf(out, "-A SEAWALL-DROP -j %s\n", wall->log_only ? "RETURN" : "DROP");
	return ferror(out) ? -ENOMEM : 0;
}
