/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the history of a guard that runs, from its control socket: HTTP, and the JSON that
 * `seawall log --json` and its kin print.
 */
#include "history/history_parts.h"

#include "base/bytes.h"
#include "base/cleanup.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MOST = 64 << 20, PATIENCE_SECONDS = 30, HTTP_FINE = 200 };

int history_connect(const char *path, struct history **ret_history, struct error **ret_error)
{
	_cleanup_(cleanup_history_close) struct history *history = calloc(1, sizeof(*history));
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!history || !(history->path = strdup(path)))
		return error_set(ret_error, ENOMEM, "out of memory");
	history->remote = true;
	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(ret_error, ENAMETOOLONG, "%s: %s", path, strerror(ENAMETOOLONG));
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_set(ret_error, errno, "%s: %s", path, strerror(errno));
	*ret_history = steal_pointer(&history);
	return 0;
}

/* Takes a part of the answer. */
static size_t take(char *part, size_t size, size_t n, void *data)
{
	return bytes_append(data, part, size * n, ANSWER_MOST) < 0 ? 0 : size * n;
}

/* The address of a question. The caller frees; NULL without memory. */
static char *question(CURL *curl, const char *what, time_t since, const char *container)
{
	char *name = container ? curl_easy_escape(curl, container, 0) : NULL, *url = NULL;

	if (asprintf(&url, "http://seawall/%s?since=%lld%s%s", what, (long long)since,
	             name ? "&container=" : "", name ? name : "") < 0)
		url = NULL;
	curl_free(name);
	return url;
}

/* Asks, and parses what is answered. NULL with a sentence. */
static json_t *ask(const struct history *history, const char *what, time_t since,
                   const char *container, struct error **ret_error)
{
	CURL *curl = curl_easy_init();
	_cleanup_free_ char *url = curl ? question(curl, what, since, container) : NULL;
	struct bytes answer = {0};
	CURLcode code = CURLE_OUT_OF_MEMORY;
	json_t *root = NULL;
	long http = 0;

	if (url) {
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, history->path);
		curl_easy_setopt(curl, CURLOPT_URL, url);
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
		curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)PATIENCE_SECONDS);
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
		code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
	}
	if (code != CURLE_OK)
		(void)error_set(ret_error, EIO, "%s: the guard does not answer: %s", history->path,
		                curl_easy_strerror(code));
	else if (http != HTTP_FINE)
		(void)error_set(ret_error, EIO, "%s: the guard cannot tell: %.*s", history->path,
		                (int)strcspn((const char *)answer.data, "\n"),
		                (const char *)answer.data);
	else if (!(root = json_loadb((const char *)answer.data, answer.len, 0, NULL)))
		(void)error_set(ret_error, EIO, "%s: the guard answers what is no JSON",
		                history->path);
	bytes_done(&answer);
	curl_easy_cleanup(curl);
	return root;
}

/* A member as text; "" where it is none. Borrowed. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A member as a number that is not below 0. */
static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value < 0 ? 0 : (uint64_t)value;
}

/* A member as a time, from RFC 3339 in UTC; 0 where it is none. */
static time_t time_of(const json_t *object, const char *key)
{
	struct tm parts = {0};

	return strptime(text_of(object, key), "%Y-%m-%dT%H:%M:%SZ", &parts) ? timegm(&parts) : 0;
}

/* Where something was sent to. */
static const char *address_of(const json_t *object)
{
	return text_of(json_object_get(object, "to"), "address");
}

static uint16_t port_of(const json_t *object)
{
	return (uint16_t)number_of(json_object_get(object, "to"), "port");
}

/* Asks, and calls row() for each row below a key, at most so many. */
static int ask_rows(const struct history *history, const char *what, time_t since,
                    const char *container, size_t most,
                    int (*row)(const json_t *object, const void *reader), const void *reader,
                    struct error **ret_error)
{
	json_t *root = ask(history, what, since, container, ret_error), *object;
	int status = root ? 0 : -EIO;
	size_t i;

	json_array_foreach(json_object_get(root, what), i, object)
	{
		if (status || i >= most)
			break;
		status = row(object, reader);
	}
	json_decref(root);
	return status;
}

static int log_row(const json_t *object, const void *data)
{
	const struct log_reader *reader = data;
	struct history_line line = {
	    .when = time_of(object, "time"),
	    .kind = text_of(object, "kind"),
	    .container = text_of(object, "container"),
	    .text = text_of(object, "text"),
	};

	if (json_object_get(object, "endpoint")) {
		line.endpoint = text_of(object, "endpoint");
		line.path = text_of(object, "path");
		line.in = text_of(object, "in");
		line.zone = text_of(object, "zone");
		line.to = address_of(object);
		line.port = port_of(object);
		line.sources = text_of(object, "sources");
		line.rule = text_of(object, "rule");
		line.meant = json_is_true(json_object_get(object, "meant"));
	}
	return reader->see(&line, reader->data);
}

int history_ask_log(struct history *history, time_t since, const char *container,
                    const struct log_reader *reader, struct error **ret_error)
{
	return ask_rows(history, "log", since, container, HISTORY_LINES_MOST, log_row, reader,
	                ret_error);
}

static int knock_row(const json_t *object, const void *data)
{
	const struct knock_reader *reader = data;
	const struct history_knock knock = {
	    .source = text_of(object, "source"),
	    .zone = text_of(object, "zone"),
	    .in = text_of(object, "in"),
	    .to = address_of(object),
	    .port = port_of(object),
	    .protocol = text_of(object, "proto"),
	    .count = number_of(object, "packets"),
	    .first = time_of(object, "first"),
	    .last = time_of(object, "last"),
	};

	return reader->see(&knock, reader->data);
}

int history_ask_knocks(struct history *history, time_t since, size_t most,
                       const struct knock_reader *reader, struct error **ret_error)
{
	return ask_rows(history, "knocks", since, NULL, most, knock_row, reader, ret_error);
}

static int visit_row(const json_t *object, const void *data)
{
	const struct visit_reader *reader = data;
	const struct history_visit visit = {
	    .source = text_of(object, "source"),
	    .zone = text_of(object, "zone"),
	    .in = text_of(object, "in"),
	    .to = address_of(object),
	    .port = port_of(object),
	    .protocol = text_of(object, "proto"),
	    .container = text_of(object, "container"),
	    .endpoint = text_of(object, "endpoint"),
	    .path = text_of(object, "path"),
	    .flows = number_of(object, "flows"),
	    .first = time_of(object, "first"),
	    .last = time_of(object, "last"),
	};

	return reader->see(&visit, reader->data);
}

int history_ask_visits(struct history *history, time_t since, const char *container, size_t most,
                       const struct visit_reader *reader, struct error **ret_error)
{
	return ask_rows(history, "visits", since, container, most, visit_row, reader, ret_error);
}
