/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket addresses of both families, read from and written as text. */
#ifndef LABSERVER_ADDRESS_H
#define LABSERVER_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/** Room for `[address%interface]:port` and the final NUL. */
#define ADDRESS_TEXT_MAX 96

/** One socket address of either family. */
struct address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
};

bool address_parse(const char *text, uint16_t port, struct address *ret_address);
void address_any(int family, uint16_t port, struct address *ret_address);
uint16_t address_port(const struct address *address);
const char *address_text(const struct address *address, char buffer[static ADDRESS_TEXT_MAX]);
bool port_parse(const char *text, uint16_t *ret_port);

#endif
