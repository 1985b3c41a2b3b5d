/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decodes what sock_diag tells of sockets.
 *
 * Theory of operation. A UDP socket that is bound takes packets of anybody; one that is connected
 * takes those of its peer only, and the kernel gives it another state. An IPv6 socket bound to
 * ::ffff:a.b.c.d is, to an outsider, an IPv4 one. SCTP sockets have as many local addresses as
 * they like. An MPTCP listener stands among those of TCP, with the inode that its process knows.
 */
#include "observe/socket_decode.h"
#include "observe/decode.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* An address of a socket, of its family's size; a mapped IPv4 one as what it is. */
static struct address local_address(uint8_t family, const void *bytes)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return address_make(AF_INET, (const uint8_t *)bytes + sizeof(mapped));
	return address_make(family, bytes);
}

/* Adds a socket. 0 or -ENOMEM. */
static int socket_add(struct netview *view, const struct socket *socket)
{
	struct socket *slot = vec_push(&view->sockets);

	if (!slot)
		return -ENOMEM;
	*slot = *socket;
	return 0;
}

/* Adds a socket once for each address of INET_DIAG_LOCALS. 0, -EBADMSG or -ENOMEM. */
static int socket_add_locals(const struct decoder *decoder, const struct nlattr *locals,
                             const struct socket *socket)
{
	size_t n = attribute_len(locals) / sizeof(struct sockaddr_storage);

	for (size_t i = 0; i < n; i++) {
		struct socket one = *socket;
		struct sockaddr_storage local;
		int status;

		memcpy(&local, (const char *)attribute_data(locals) + i * sizeof(local),
		       sizeof(local));
		if (local.ss_family == AF_INET)
			one.address =
			    local_address(AF_INET, &((const struct sockaddr_in *)&local)->sin_addr);
		else if (local.ss_family == AF_INET6)
			one.address = local_address(
			    AF_INET6, &((const struct sockaddr_in6 *)&local)->sin6_addr);
		else
			return decode_bad(decoder, "a socket's address is of no known family");
		status = socket_add(decoder->view, &one);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Whether a state is one in which the protocol takes new peers. */
static bool state_takes_peers(uint8_t protocol, uint8_t state)
{
	return state == (protocol == IPPROTO_UDP ? TCP_CLOSE : TCP_LISTEN);
}

/* Decodes one message. */
static int decode_socket(const struct decoder *decoder, uint8_t protocol)
{
	const struct nlattr *table[INET_DIAG_LOCALS + 1];
	struct socket socket = {.protocol = protocol};
	struct inet_diag_msg header;
	uint8_t v6only = 0;
	int status = decode_message_attributes(decoder, sizeof(header), table, TABLE_LEN(table));

	if (status == 0)
		status = decode_value(decoder, table[INET_DIAG_SKV6ONLY], &v6only, sizeof(v6only));
	if (status < 0)
		return status;
	memcpy(&header, NLMSG_DATA(decoder->message), sizeof(header));
	if ((header.idiag_family != AF_INET && header.idiag_family != AF_INET6) ||
	    !state_takes_peers(protocol, header.idiag_state) || !header.id.idiag_sport)
		return 0;
	socket.v6only = v6only != 0;
	socket.port = ntohs(header.id.idiag_sport);
	socket.ifindex = header.id.idiag_if;
	socket.inode = header.idiag_inode;
	socket.address = local_address(header.idiag_family, header.id.idiag_src);
	if (table[INET_DIAG_LOCALS])
		return socket_add_locals(decoder, table[INET_DIAG_LOCALS], &socket);
	return socket_add(decoder->view, &socket);
}

int socket_decode(struct netview *view, const struct bytes *raw, uint8_t protocol,
                  struct error **ret_error)
{
	struct decoder decoder = {.view = view, .what = "socket", .ret_error = ret_error};
	size_t offset = 0;
	int status = 0;

	while (status == 0 &&
	       (decoder.offset = offset, (decoder.message = raw_next(raw, &offset)) != NULL))
		status = decode_socket(&decoder, protocol);
	if (status == 0 && offset < raw->len)
		return decode_bad(&decoder, "it is cut short");
	return status;
}
