/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket addresses of both families, read from and written as text. */
#include "address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Reads `192.0.2.1`, `2001:db8::1` or `fe80::1%eth0`. Returns false for anything else. */
bool address_parse(const char *text, uint16_t port, struct address *ret_address)
{
	char host[ADDRESS_TEXT_MAX];
	char *zone;
	struct address a = {0};

	if (strlen(text) >= sizeof(host))
		return false;
	strcpy(host, text);
	zone = strchr(host, '%');
	if (zone)
		*zone++ = '\0';
	if (inet_pton(AF_INET, host, &a.in4.sin_addr) == 1 && !zone) {
		a.in4.sin_family = AF_INET;
		a.in4.sin_port = htons(port);
		a.len = sizeof(a.in4);
	} else if (inet_pton(AF_INET6, host, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
		a.in6.sin6_scope_id = zone ? if_nametoindex(zone) : 0;
		a.len = sizeof(a.in6);
		if (zone && !a.in6.sin6_scope_id)
			return false;
	} else {
		return false;
	}
	*ret_address = a;
	return true;
}

/** The wildcard address of `family`, which must be AF_INET or AF_INET6. */
void address_any(int family, uint16_t port, struct address *ret_address)
{
	struct address a = {0};

	if (family == AF_INET) {
		a.in4.sin_family = AF_INET;
		a.in4.sin_port = htons(port);
		a.len = sizeof(a.in4);
	} else {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
		a.len = sizeof(a.in6);
	}
	*ret_address = a;
}

/** The port, in host byte order. */
uint16_t address_port(const struct address *address)
{
	return ntohs(address->sa.sa_family == AF_INET ? address->in4.sin_port
	                                              : address->in6.sin6_port);
}

/** Writes `192.0.2.1:80` or `[2001:db8::1]:80` into `buffer` and returns it. */
const char *address_text(const struct address *address, char buffer[static ADDRESS_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN];
	unsigned int port = address_port(address);

	if (address->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &address->in4.sin_addr, host, sizeof(host));
		snprintf(buffer, ADDRESS_TEXT_MAX, "%s:%u", host, port);
	} else {
		inet_ntop(AF_INET6, &address->in6.sin6_addr, host, sizeof(host));
		snprintf(buffer, ADDRESS_TEXT_MAX, "[%s]:%u", host, port);
	}
	return buffer;
}

/** Reads a decimal port, 1 to 65535. Returns false for anything else. */
bool port_parse(const char *text, uint16_t *ret_port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value < 1 || value > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)value;
	return true;
}
