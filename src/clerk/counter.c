/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where requests are answered: measurements, and at the control socket what is remembered, too.
 *
 * Theory of operation. The servers (libmicrohttpd) have no thread: their epoll descriptors are two
 * more of the clerk's loop. A request is GET; over TCP it must name one of loopback's addresses as
 * its host, so that a page in somebody's browser cannot read it under another name. The control
 * socket's permissions say who may ask there, and nothing can be changed through it.
 */
#include "clerk/desk.h"

#include "base/cleanup.h"
#include "report/history_report.h"

#include <malloc.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MOST = 32, PATIENCE_SECONDS = 10 };

/* Answers with a status and a text, which it takes. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type,
                              char *text, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text, mode);
	enum MHD_Result result;

	if (!response) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

/* Answers with a sentence. */
static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned code, char *sentence)
{
	return answer(connection, code, "text/plain; charset=utf-8", sentence,
	              MHD_RESPMEM_PERSISTENT);
}

/* Answers with a text of our own, which may be NULL: without memory. */
static enum MHD_Result answer_text(struct MHD_Connection *connection, const char *type, char *text)
{
	static char no_memory[] = "Out of memory.\n";

	return text ? answer(connection, MHD_HTTP_OK, type, text, MHD_RESPMEM_MUST_FREE)
	            : refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, no_memory);
}

/* Which part of the history is asked for. */
enum asked { ASKED_LOG, ASKED_KNOCKS, ASKED_VISITS, ASKED_NOTHING };

/* Writes that part as JSON. 0 or a negative errno. */
static int write_asked(struct history *history, enum asked asked, const struct log_query *query,
                       FILE *out)
{
	return asked == ASKED_LOG      ? report_log_json(history, query, out, NULL)
	       : asked == ASKED_KNOCKS ? report_knocks_json(history, query->since, out, NULL)
	                               : report_visits_json(history, query, out, NULL);
}

/* Answers with a part of the history: ?since=SECONDS&container=NAME. */
static enum MHD_Result answer_history(struct desk *desk, struct MHD_Connection *connection,
                                      enum asked asked)
{
	static char nothing[] = "The history cannot be read.\n";
	const char *since = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "since");
	const struct log_query query = {
	    .since = since ? (time_t)strtoll(since, NULL, 10) : 0,
	    .container =
	        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "container"),
	};
	struct history *history = desk_history(desk);
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int status;

	desk_flush(desk);
	out = history ? open_memstream(&text, &len) : NULL;
	if (!out)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, nothing);
	status = write_asked(history, asked, &query, out);
	if (fclose(out) == EOF || status < 0) {
		free(text);
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, nothing);
	}
	(void)malloc_trim(0);
	return answer_text(connection, "application/json", text);
}

/* The part of the history that an address names. */
static enum asked asked_by(const char *url)
{
	static const char *const urls[] = {"/log", "/knocks", "/visits"};
	size_t i = 0;

	while (i < ASKED_NOTHING && strcmp(url, urls[i]) != 0)
		i++;
	return (enum asked)i;
}

/* One request. */
static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
	static char no_such[] = "There is /metrics.\n", no_method[] = "Only GET.\n",
	            no_host[] = "That is not this host's name.\n",
	            no_such_control[] = "There are /log, /knocks, /visits and /metrics.\n";
	const struct counter *counter = data;
	enum asked asked = counter->control ? asked_by(url) : ASKED_NOTHING;

	(void)version;
	(void)upload;
	(void)state;
	*upload_size = 0;
	if (!counter->socket.unix_path && !http_host_is_loopback(MHD_lookup_connection_value(
	                                      connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
		return refuse(connection, MHD_HTTP_FORBIDDEN, no_host);
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, no_method);
	if (asked != ASKED_NOTHING)
		return answer_history(counter->desk, connection, asked);
	if (strcmp(url, "/metrics") != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND,
		              counter->control ? no_such_control : no_such);
	return answer_text(connection, "text/plain; version=0.0.4; charset=utf-8",
	                   metrics_text(counter->desk->numbers));
}

bool counter_open(struct counter *counter)
{
	counter->server = MHD_start_daemon(
	    MHD_USE_EPOLL, 0, NULL, NULL, handle, counter, MHD_OPTION_LISTEN_SOCKET,
	    counter->socket.fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE_SECONDS, MHD_OPTION_END);
	return counter->server;
}

int counter_fd(const struct counter *counter)
{
	return counter->server
	           ? MHD_get_daemon_info(counter->server, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd
	           : -1;
}

void counter_serve(struct counter *counter)
{
	if (counter->server)
		(void)MHD_run(counter->server);
}
