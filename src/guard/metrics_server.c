/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serving the measurements. */
#include "guard/metrics_parts.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { CONNECTIONS_MOST = 32, PATIENCE_SECONDS = 10, BACKLOG = 16, HOST_ROOM = 64 };

/* Reads "ADDRESS:PORT" of loopback. False where it is none. */
static bool read_tcp(const char *listen, struct sockaddr_storage *ret_address, socklen_t *ret_len)
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
	    !address_parse(host, &address) || !address_is_loopback(&address))
		return false;
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

/* Opens the socket. A descriptor, or a negative errno with a sentence. */
static int open_socket(const char *listen_on, struct metrics *metrics, struct error **ret_error)
{
	static const char scheme[] = "unix:";
	const size_t skip = sizeof(scheme) - 1;
	struct sockaddr_storage address;
	struct sockaddr_un *path = (struct sockaddr_un *)&address;
	_cleanup_close_ int fd = -1;
	socklen_t len = sizeof(*path);
	int on = 1;
	mode_t mask;

	if (strncmp(listen_on, scheme, skip) == 0 && listen_on[skip] == '/' &&
	    strlen(listen_on + skip) < sizeof(path->sun_path)) {
		address = (struct sockaddr_storage){.ss_family = AF_UNIX};
		memcpy(path->sun_path, listen_on + skip, strlen(listen_on + skip) + 1);
		metrics->unix_path = strdup(listen_on + skip);
		(void)unlink(path->sun_path);
	} else if (!read_tcp(listen_on, &address, &len)) {
		return error_set(ret_error, EINVAL,
		                 "--metrics wants a loopback address and a port, or unix:/PATH, "
		                 "not \"%s\"",
		                 listen_on);
	}
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set(ret_error, errno, "%s: %s", listen_on, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	mask = umask(0177);
	if (bind(fd, (const struct sockaddr *)&address, len) < 0 || listen(fd, BACKLOG) < 0) {
		(void)umask(mask);
		return error_set(ret_error, errno, "%s: %s", listen_on, strerror(errno));
	}
	(void)umask(mask);
	return steal_fd(&fd);
}

/* Whether the host that a request names is loopback: a name would be somebody else's page. */
static bool host_is_ours(const char *named)
{
	static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; named && i < sizeof(hosts) / sizeof(*hosts); i++) {
		size_t len = strlen(hosts[i]);

		if (strncmp(named, hosts[i], len) == 0 && (!named[len] || named[len] == ':'))
			return true;
	}
	return false;
}

/* Answers with a status and a text, which it takes. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, char *text,
                              enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text, mode);
	enum MHD_Result result;

	if (!response) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
	                              "text/plain; version=0.0.4; charset=utf-8");
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

/* One request. */
static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
	static char no_such[] = "There is /metrics.\n", no_method[] = "Only GET.\n",
	            no_host[] = "That is not this host's name.\n", no_memory[] = "Out of memory.\n";
	const struct metrics *metrics = data;
	char *text;

	(void)version;
	(void)upload;
	(void)state;
	*upload_size = 0;
	if (!metrics->unix_path && !host_is_ours(MHD_lookup_connection_value(
	                               connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
		return answer(connection, MHD_HTTP_FORBIDDEN, no_host, MHD_RESPMEM_PERSISTENT);
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, no_method,
		              MHD_RESPMEM_PERSISTENT);
	if (strcmp(url, "/metrics") != 0)
		return answer(connection, MHD_HTTP_NOT_FOUND, no_such, MHD_RESPMEM_PERSISTENT);
	text = metrics_text(metrics);
	if (!text)
		return answer(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, no_memory,
		              MHD_RESPMEM_PERSISTENT);
	return answer(connection, MHD_HTTP_OK, text, MHD_RESPMEM_MUST_FREE);
}

int metrics_new(const char *listen_on, struct metrics **ret_metrics, struct error **ret_error)
{
	_cleanup_(cleanup_metrics_free) struct metrics *metrics = metrics_alone();
	int fd;

	if (!metrics)
		return error_set(ret_error, ENOMEM, "out of memory");
	fd = open_socket(listen_on, metrics, ret_error);
	if (fd < 0)
		return fd;
	metrics->server = MHD_start_daemon(
	    MHD_USE_EPOLL, 0, NULL, NULL, handle, metrics, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)PATIENCE_SECONDS, MHD_OPTION_END);
	if (!metrics->server) {
		close(fd);
		return error_set(ret_error, EIO, "%s: the server does not start", listen_on);
	}
	*ret_metrics = steal_pointer(&metrics);
	return 0;
}

int metrics_fd(const struct metrics *metrics)
{
	return MHD_get_daemon_info(metrics->server, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

void metrics_serve(struct metrics *metrics)
{
	(void)MHD_run(metrics->server);
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	if (metrics->server)
		MHD_stop_daemon(metrics->server);
	if (metrics->unix_path)
		(void)unlink(metrics->unix_path);
	free(metrics->unix_path);
	free(metrics->proof);
	vec_done(&metrics->heals);
	vec_done(&metrics->knocks);
	free(metrics);
}
