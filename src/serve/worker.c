/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers requests with the last document.
 *
 * Theory of operation. One loop over libmicrohttpd's epoll descriptor and the way that documents
 * come by. /events is a stream of server-sent events (HTML, 9.2): its connection sleeps until there
 * is another document. Requests must be GET; over TCP without a token they must name loopback as
 * their host, and no other site's page may have sent them. A token comes once in the address, after
 * that in a cookie that scripts cannot read and other sites cannot send.
 */
#include "serve/worker.h"

#include "base/cleanup.h"
#include "base/say.h"
#include "base/vec.h"
#include "confine/confine.h"
#include "late/late.h"
#include "page/page.h"
#include "serve/calls.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONNECTIONS_MOST = 64,
	PATIENCE_SECONDS = 20,
	PING_MSEC = 5000, /* after which a stream whose reader has gone is noticed */
	BLOCK = 1024,
	COOKIE_ROOM = 512,
	NOBODY = 65534,
};

struct worker;

/* A connection that waits for documents. */
struct stream {
	struct worker *worker;
	struct MHD_Connection *connection;
	unsigned seen; /* the document that it was told of */
	bool asleep, ping;
	struct stream *next;
};

struct worker {
	struct MHD_Daemon *server;
	const struct http_socket *socket;
	const char *token;
	char *document; /* owned; NULL: none has come yet */
	unsigned number;
	struct stream *streams;
};

/* Adds what every answer says: nothing is kept, framed or guessed at. */
static void add_headers(struct MHD_Response *response, const char *type)
{
	static const char *const headers[][2] = {
	    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
	    {"X-Content-Type-Options", "nosniff"},
	    {"Content-Security-Policy", "frame-ancestors 'none'"},
	    {"Cross-Origin-Resource-Policy", "same-origin"},
	    {"Referrer-Policy", "no-referrer"},
	};

	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		(void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
}

/* Answers with a text, which is taken or copied as the mode says. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type,
                              char *text, size_t len, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, text, mode);
	enum MHD_Result result;

	if (!response) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	add_headers(response, type);
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

/* Answers with a sentence. */
static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned code, char *sentence)
{
	return answer(connection, code, "text/plain; charset=utf-8", sentence, strlen(sentence),
	              MHD_RESPMEM_PERSISTENT);
}

/* Answers with the page. */
static enum MHD_Result answer_page(const struct worker *worker, struct MHD_Connection *connection)
{
	static char no_memory[] = "Out of memory.\n";
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out)
		page_write(worker->document ? worker->document : "{\"live\": true}", true, out);
	if (!out || fclose(out) == EOF) {
		free(text);
		return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, no_memory);
	}
	return answer(connection, MHD_HTTP_OK, "text/html; charset=utf-8", text, len,
	              MHD_RESPMEM_MUST_FREE);
}

/* What a stream has to say now; with nothing it falls asleep. */
static ssize_t read_stream(void *data, uint64_t position, char *buffer, size_t most)
{
	struct stream *stream = data;
	int len = 0;

	(void)position;
	if (stream->seen != stream->worker->number) {
		stream->seen = stream->worker->number;
		len = snprintf(buffer, most, "event: audit\ndata: %u\n\n", stream->seen);
	} else if (stream->ping) {
		len = snprintf(buffer, most, ": still here\n\n");
	} else {
		stream->asleep = true;
		MHD_suspend_connection(stream->connection);
	}
	stream->ping = false;
	return (size_t)len < most ? len : MHD_CONTENT_READER_END_WITH_ERROR;
}

/* Forgets a stream whose connection has ended. */
static void end_stream(void *data)
{
	struct stream *stream = data, **link = &stream->worker->streams;

	while (*link && *link != stream)
		link = &(*link)->next;
	if (*link)
		*link = stream->next;
	free(stream);
}

/* Wakes all streams: there is another document, or it is time to say that we are here. */
static void wake_streams(struct worker *worker)
{
	for (struct stream *stream = worker->streams; stream; stream = stream->next) {
		stream->ping = true;
		if (!stream->asleep)
			continue;
		stream->asleep = false;
		MHD_resume_connection(stream->connection);
	}
}

/* Answers with a stream. */
static enum MHD_Result answer_stream(struct worker *worker, struct MHD_Connection *connection)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct MHD_Response *response = NULL;
	enum MHD_Result result;

	if (stream) {
		*stream = (struct stream){.worker = worker,
		                          .connection = connection,
		                          .seen = worker->number,
		                          .ping = true,
		                          .next = worker->streams};
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream,
		                                             stream, end_stream);
	}
	if (!response) {
		free(stream);
		return MHD_NO;
	}
	worker->streams = stream;
	(void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0);
	add_headers(response, "text/event-stream");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

/* Compares in a time that does not tell where two texts differ. */
static bool same_token(const char *token, const char *shown)
{
	size_t len = strlen(token);
	unsigned different = 0;

	if (!shown || strlen(shown) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		different |= (unsigned)(token[i] ^ shown[i]);
	return different == 0;
}

/* Whether a request shows the token: by cookie, or as a bearer's. */
static bool shows_token(const struct worker *worker, struct MHD_Connection *connection)
{
	static const char bearer[] = "Bearer ";
	const char *header =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

	if (same_token(worker->token,
	               MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, "seawall")))
		return true;
	return header && strncmp(header, bearer, sizeof(bearer) - 1) == 0 &&
	       same_token(worker->token, header + sizeof(bearer) - 1);
}

/* Takes the token out of the address: a cookie, and the same page without it. */
static enum MHD_Result answer_token(const struct worker *worker, struct MHD_Connection *connection)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	char cookie[COOKIE_ROOM];
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	snprintf(cookie, sizeof(cookie), "seawall=%s; HttpOnly; SameSite=Strict; Path=/",
	         worker->token);
	add_headers(response, "text/plain");
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, cookie);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, "/");
	result = MHD_queue_response(connection, MHD_HTTP_SEE_OTHER, response);
	MHD_destroy_response(response);
	return result;
}

/* Whether a request comes from another site's page. */
static bool is_foreign(struct MHD_Connection *connection)
{
	const char *site =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Sec-Fetch-Site");
	const char *origin =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN);
	const char *host =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);

	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return true;
	return origin &&
	       (strncmp(origin, "http://", 7) != 0 || !host || strcmp(origin + 7, host) != 0);
}

/* One request. */
static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
	static char no_such[] = "There is no such page.\n", no_method[] = "Only GET.\n",
	            no_host[] = "That is not this host's name.\n",
	            no_foreign[] = "Not from another site.\n", no_token[] = "This wants a token.\n",
	            nothing[] = "{\"live\": true}";
	struct worker *worker = data;
	char *document = worker->document ? worker->document : nothing;

	(void)version;
	(void)upload;
	(void)state;
	*upload_size = 0;
	if (strcmp(method, "GET") != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, no_method);
	if (!worker->token && !worker->socket->unix_path &&
	    !http_host_is_loopback(
	        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
		return refuse(connection, MHD_HTTP_FORBIDDEN, no_host);
	if (is_foreign(connection))
		return refuse(connection, MHD_HTTP_FORBIDDEN, no_foreign);
	if (worker->token && strcmp(url, "/") == 0 &&
	    same_token(worker->token,
	               MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token")))
		return answer_token(worker, connection);
	if (worker->token && !shows_token(worker, connection))
		return refuse(connection, MHD_HTTP_UNAUTHORIZED, no_token);
	if (strcmp(url, "/") == 0)
		return answer_page(worker, connection);
	if (strcmp(url, "/state.json") == 0)
		return answer(connection, MHD_HTTP_OK, "application/json", document,
		              strlen(document), MHD_RESPMEM_MUST_COPY);
	if (strcmp(url, "/events") == 0)
		return answer_stream(worker, connection);
	return refuse(connection, MHD_HTTP_NOT_FOUND, no_such);
}

/* Reads so many bytes. False at the end, or where they do not come. */
static bool read_all(int fd, void *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t got = read(fd, (char *)data + done, len - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/* Takes the next document. False where the other half has ended. */
static bool take_document(struct worker *worker, int documents)
{
	struct document_head head;
	char *text;

	if (!read_all(documents, &head, sizeof(head)) || head.len > DOCUMENT_MOST)
		return false;
	text = malloc((size_t)head.len + 1);
	if (!text || !read_all(documents, text, head.len)) {
		free(text);
		return false;
	}
	text[head.len] = 0;
	free(worker->document);
	worker->document = text;
	worker->number++;
	return true;
}

void worker_run(const struct http_socket *socket, const char *token, int documents)
{
	struct worker worker = {.socket = socket, .token = token};
	struct pollfd sources[2];
	int64_t ping = clock_milliseconds() + PING_MSEC;
	bool going = true;

	(void)prctl(PR_SET_NAME, "seawall-page");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	late_load_microhttpd();
	if (confine_rights(NOBODY, NOBODY) < 0)
		_exit(1);
	worker.server = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
	                                 handle, &worker, MHD_OPTION_LISTEN_SOCKET, socket->fd,
	                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
	                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE_SECONDS,
	                                 MHD_OPTION_END);
	if (!worker.server || worker_confine_calls() < 0)
		_exit(1);
	sources[0] = (struct pollfd){.fd = documents, .events = POLLIN};
	sources[1] = (struct pollfd){
	    .fd = MHD_get_daemon_info(worker.server, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
	    .events = POLLIN};
	while (going) {
		int64_t wait = ping - clock_milliseconds();
		int n = poll(sources, 2, wait < 0 ? 0 : (int)wait);

		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && sources[0].revents)
			going = take_document(&worker, documents);
		/* Whatever others ask meanwhile. */
		if (clock_milliseconds() >= ping || sources[0].revents) {
			ping = clock_milliseconds() + PING_MSEC;
			wake_streams(&worker);
		}
		(void)MHD_run(worker.server);
	}
	_exit(0);
}
