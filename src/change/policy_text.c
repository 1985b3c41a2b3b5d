/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies that are written for a host. */
#include "change/policy_text.h"

#include "audit/endpoint.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* Writes a text in double quotes, as YAML and JSON both read it. */
static void quote(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* A comment's text: nothing in it may end the line. */
static void comment(const char *text, FILE *out)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

/* Writes how an entry names an endpoint's container and one of its host ports. */
static void write_selector(const struct audit_endpoint *endpoint,
                           const struct published_port *published, FILE *out)
{
	const struct container *container = endpoint->container;

	if (container->project && container->service) {
		fputs("service: ", out);
		_cleanup_free_ char *name = NULL;

		if (asprintf(&name, "%s/%s", container->project, container->service) < 0)
			name = NULL;
		quote(name ? name : "?", out);
	} else {
		fputs("container: ", out);
		quote(container->name, out);
	}
	fprintf(out, ", host_port: %u/%s", published->host_port,
	        transport_name(endpoint->protocol));
}

/* Whether an endpoint has an earlier mapping of the same host port: [::] beside 0.0.0.0. */
static bool said_before(const struct audit_endpoint *endpoint, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (endpoint->published.items[i].host_port ==
		    endpoint->published.items[index].host_port)
			return true;
	return false;
}

/* Whether INPUT denies a host port of an endpoint to somebody outside. */
static bool is_denied(const struct audit_endpoint *endpoint, uint16_t host_port)
{
	vec_foreach(entry, &endpoint->reach)
		if (entry->to_port == host_port &&
		    entry->denied_classes & ~(1u << VANTAGE_CONTAINER))
			return true;
	return false;
}

/* Whether one endpoint speaks for a container's port at all its addresses. */
static bool is_first(const struct audit *audit, size_t index)
{
	const struct audit_endpoint *endpoint = &audit->endpoints.items[index];

	for (size_t i = 0; i < index; i++) {
		const struct audit_endpoint *other = &audit->endpoints.items[i];

		if (other->container == endpoint->container && other->port == endpoint->port &&
		    other->protocol == endpoint->protocol)
			return false;
	}
	return true;
}

/* Writes one line of the starter policy. Whether it is an entry. */
static bool write_starter_line(const struct audit *audit, const struct audit_endpoint *endpoint,
                               const struct published_port *published, FILE *out)
{
	char text[ADDRESS_TEXT];
	bool denied = is_denied(endpoint, published->host_port);
	bool loopback = address_is_loopback(&published->host_address);

	fputs("  # ", out);
	comment(endpoint->name, out);
	fprintf(out, ": published on %s",
	        address_is_any(&published->host_address)
	            ? "every address"
	            : address_format(&published->host_address, text));
	if (loopback) {
		fputs(": this host alone, which needs no line\n", out);
		return false;
	}
	if (denied)
		fprintf(
		    out,
		    ", but %s denies it and Docker goes around that.\n"
		    "  # Is it meant for the world? Then take the # away; else leave it closed:\n"
		    "  # - { ",
		    audit->firewall_name ? audit->firewall_name : "the host's firewall");
	else
		fputs("\n  - { ", out);
	write_selector(endpoint, published, out);
	fputs(", from: any }\n", out);
	return !denied;
}

/* Writes the lines of all ports. *ret_n: how many of them are entries. */
static void write_starter_lines(const struct audit *audit, unsigned *ret_n, FILE *out)
{
	*ret_n = 0;
	for (size_t i = 0; i < audit->endpoints.n; i++) {
		const struct audit_endpoint *endpoint = &audit->endpoints.items[i];

		if (!endpoint->container || !is_first(audit, i))
			continue;
		for (size_t k = 0; k < endpoint->published.n; k++) {
			const struct published_port *published = &endpoint->published.items[k];

			if (said_before(endpoint, k))
				continue;
			*ret_n += write_starter_line(audit, endpoint, published, out);
		}
	}
}

int policy_write_starter(const struct audit *audit, FILE *out)
{
	_cleanup_free_ char *lines = NULL;
	size_t len = 0;
	unsigned n;
	FILE *memory = open_memstream(&lines, &len);

	if (!memory)
		return -ENOMEM;
	write_starter_lines(audit, &n, memory);
	if (fclose(memory) != 0 || !lines)
		return -ENOMEM;
	fputs("# Who may reach which container port of this host. Written by `seawall init`.\n"
	      "# `seawall plan` shows what it would change, `seawall apply` does it.\n"
	      "version: 1\n"
	      "default: closed    # nothing from outside unless it is named below\n"
	      "# Narrower than `any` is `from: [lan]`, with a zone that says who that is:\n"
	      "# zones:\n"
	      "#   lan: { sources: [192.168.1.0/24] }\n",
	      out);
	fprintf(out, "allow:%s\n%s", n ? "" : " []", lines);
	return ferror(out) ? -EIO : 0;
}

/* Whether somebody who comes in by an interface is denied a host port, or gets in undenied. */
static bool entry_open(const struct audit_endpoint *endpoint, const char *in, uint16_t host_port)
{
	bool open = false;

	vec_foreach(entry, &endpoint->reach) {
		if (strcmp(entry->in, in) != 0 || entry->to_port != host_port)
			continue;
		if (entry->denied_classes & ~(1u << VANTAGE_CONTAINER))
			return false;
		open = open || (entry->meant && entry->path != PATH_DIRECT);
	}
	return open;
}

/* Writes the name of the zone of an interface: what zones may not be called by is a dash. */
static void write_zone_name(const char *in, FILE *out)
{
	fputs("by-", out);
	for (; *in; in++)
		fputc((*in >= 'a' && *in <= 'z') || (*in >= '0' && *in <= '9') ? *in : '-', out);
}

/* Whether the host's firewall lets a port in by an interface: then that stays open. */
static void write_open_zones(const struct audit *audit, const struct audit_endpoint *endpoint,
                             uint16_t host_port, FILE *out)
{
	bool any = false;

	vec_foreach(link, &audit->snapshot->net.links) {
		if (!entry_open(endpoint, link->name, host_port))
			continue;
		fputs(any ? ", " : "", out);
		write_zone_name(link->name, out);
		any = true;
	}
}

/* Whether a finding is about a port that goes around a web proxy, not around the host's rules. */
static bool is_past_proxy(const struct finding *finding)
{
	return finding->past_proxy && strcmp(finding->mechanism, "M55") == 0;
}

/* Whether a fix closes what a finding is about by name: what is declared open, and should not be.
 * A port beside a proxy that asks for nothing is left to its owner. */
static bool closed_by_name(const struct finding *finding)
{
	return finding->kind == FINDING_BYPASS && finding->endpoint != SIZE_MAX &&
	       !(is_past_proxy(finding) && finding->severity == SEVERITY_LOW);
}

/* Whether some bypass leaves an interface open, which then needs a zone. */
static bool needs_zone(const struct audit *audit, const char *in)
{
	vec_foreach(finding, &audit->findings)
		if (closed_by_name(finding) && !is_past_proxy(finding) &&
		    entry_open(&audit->endpoints.items[finding->endpoint], in, finding->to_port))
			return true;
	return false;
}

/* Whether an earlier finding is about the same port. */
static bool bypass_said(const struct audit *audit, size_t index)
{
	const struct finding *finding = &audit->findings.items[index];

	for (size_t i = 0; i < index; i++) {
		const struct finding *other = &audit->findings.items[i];

		if (closed_by_name(other) && other->endpoint == finding->endpoint &&
		    other->to_port == finding->to_port)
			return true;
	}
	return false;
}

/* The mapping of an endpoint by its host port, or NULL. */
static const struct published_port *mapping_of(const struct audit_endpoint *endpoint,
                                               uint16_t host_port)
{
	vec_foreach(published, &endpoint->published)
		if (published->host_port == host_port)
			return published;
	return NULL;
}

/* Writes the zones that stay open. */
static void write_zones(const struct audit *audit, FILE *out)
{
	bool any = false;

	vec_foreach(link, &audit->snapshot->net.links) {
		if (!needs_zone(audit, link->name))
			continue;
		fputs(any ? "  " : "zones:\n  ", out);
		write_zone_name(link->name, out);
		fputs(": { interfaces: [", out);
		quote(link->name, out);
		fputs("] }\n", out);
		any = true;
	}
}

int policy_write_fix(const struct audit *audit, FILE *out)
{
	bool any = false;

	fputs("version: 1\n"
	      "default: declared    # bind addresses mean what they say\n",
	      out);
	write_zones(audit, out);
	for (size_t i = 0; i < audit->findings.n; i++) {
		const struct finding *finding = &audit->findings.items[i];
		const struct audit_endpoint *endpoint;
		const struct published_port *published;

		if (!closed_by_name(finding) || bypass_said(audit, i))
			continue;
		endpoint = &audit->endpoints.items[finding->endpoint];
		published = mapping_of(endpoint, finding->to_port);
		if (!endpoint->container || !published)
			continue;
		fprintf(out, "%s  - { ", any ? "" : "allow:\n");
		any = true;
		write_selector(endpoint, published, out);
		fputs(", from: [", out);
		if (is_past_proxy(finding)) {
			fputs("] }    # a web proxy leads there, and asks first\n", out);
			continue;
		}
		write_open_zones(audit, endpoint, finding->to_port, out);
		fprintf(out, "] }    # %s denies it\n",
		        audit->firewall_name ? audit->firewall_name : "the host's firewall");
	}
	return ferror(out) ? -EIO : 0;
}
