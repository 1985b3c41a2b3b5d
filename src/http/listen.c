/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets that this host's own programs are served on. */
#include "http/listen.h"

#include "base/address.h"
#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, HOST_ROOM = 64 };

/* Reads "ADDRESS:PORT". False where it is none. */
static bool read_tcp(const char *listen, struct sockaddr_storage *ret_address, socklen_t *ret_len,
                     bool *ret_loopback)
{
	const char *colon = strrchr(listen, ':');
	size_t len = colon ? (size_t)(colon - listen) : 0;
	struct address address;
	char host[HOST_ROOM];
	unsigned long port;
	char *end;

	if (!colon || len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, listen, len);
	host[len] = 0;
	if (host[0] == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = 0;
	}
	port = strtoul(colon + 1, &end, 10);
	if (*end || end == colon + 1 || port == 0 || port > UINT16_MAX ||
	    !address_parse(host, &address))
		return false;
	*ret_loopback = address_is_loopback(&address);
	*ret_address = (struct sockaddr_storage){0};
	if (address.family == AF_INET) {
		struct sockaddr_in *to = (struct sockaddr_in *)ret_address;

		to->sin_family = AF_INET;
		to->sin_port = htons((uint16_t)port);
		memcpy(&to->sin_addr, address.bytes, 4);
		*ret_len = sizeof(*to);
	} else {
		struct sockaddr_in6 *to = (struct sockaddr_in6 *)ret_address;

		to->sin6_family = AF_INET6;
		to->sin6_port = htons((uint16_t)port);
		memcpy(&to->sin6_addr, address.bytes, 16);
		*ret_len = sizeof(*to);
	}
	return true;
}

int http_listen(const char *option, const char *where, bool anywhere,
                struct http_socket *ret_socket, struct error **ret_error)
{
	static const char scheme[] = "unix:";
	const size_t skip = sizeof(scheme) - 1;
	struct sockaddr_storage address;
	struct sockaddr_un *path = (struct sockaddr_un *)&address;
	struct http_socket socket_made = {.fd = -1, .loopback = true};
	_cleanup_close_ int fd = -1;
	socklen_t len = sizeof(*path);
	int on = 1, bound;
	mode_t mask;

	if (strncmp(where, scheme, skip) == 0 && where[skip] == '/' &&
	    strlen(where + skip) < sizeof(path->sun_path)) {
		address = (struct sockaddr_storage){.ss_family = AF_UNIX};
		memcpy(path->sun_path, where + skip, strlen(where + skip) + 1);
		(void)unlink(path->sun_path);
	} else if (!read_tcp(where, &address, &len, &socket_made.loopback) ||
	           (!socket_made.loopback && !anywhere)) {
		return error_set(ret_error, EINVAL,
		                 "%s wants a loopback address and a port, or unix:/PATH, "
		                 "not \"%s\"",
		                 option, where);
	}
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set(ret_error, errno, "%s: %s", where, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	mask = umask(0177);
	bound = bind(fd, (const struct sockaddr *)&address, len);
	(void)umask(mask);
	if (bound < 0 || listen(fd, BACKLOG) < 0)
		return error_set(ret_error, errno, "%s: %s", where, strerror(errno));
	if (address.ss_family == AF_UNIX) {
		socket_made.unix_path = strdup(where + skip);
		if (!socket_made.unix_path)
			return error_set(ret_error, ENOMEM, "out of memory");
	}
	socket_made.fd = steal_fd(&fd);
	*ret_socket = socket_made;
	return 0;
}

void http_socket_done(struct http_socket *socket)
{
	if (socket->unix_path)
		(void)unlink(socket->unix_path);
	free(socket->unix_path);
	socket->unix_path = NULL;
}

bool http_host_is_loopback(const char *named)
{
	static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; named && i < sizeof(hosts) / sizeof(*hosts); i++) {
		size_t len = strlen(hosts[i]);

		if (strncmp(named, hosts[i], len) == 0 && (!named[len] || named[len] == ':'))
			return true;
	}
	return false;
}
