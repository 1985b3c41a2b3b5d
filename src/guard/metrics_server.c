/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serving the measurements. */
#include "guard/metrics_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS_MOST = 32, PATIENCE_SECONDS = 10 };

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
	if (!metrics->socket.unix_path && !http_host_is_loopback(MHD_lookup_connection_value(
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
	int status;

	if (!metrics)
		return error_set(ret_error, ENOMEM, "out of memory");
	status = http_listen("--metrics", listen_on, false, &metrics->socket, ret_error);
	if (status < 0)
		return status;
	metrics->server = MHD_start_daemon(
	    MHD_USE_EPOLL, 0, NULL, NULL, handle, metrics, MHD_OPTION_LISTEN_SOCKET,
	    metrics->socket.fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE_SECONDS, MHD_OPTION_END);
	if (!metrics->server) {
		close(metrics->socket.fd);
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
	http_socket_done(&metrics->socket);
	free(metrics->proof);
	vec_done(&metrics->heals);
	vec_done(&metrics->knocks);
	free(metrics);
}
