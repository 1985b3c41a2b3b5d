/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one process that touches the engine's socket: the process itself.
 *
 * Theory of operation. One loop over libcurl's multi interface: as long as a slot is free it takes
 * a request off the wire, gives it to the slot's easy handle, and writes the answer back when the
 * transfer is done. A slot is a connection, kept from one request to the next; a request waits on
 * the wire, not inside libcurl, so that its time only starts when it is really sent.
 */
#include "observe/broker_child.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { URL_TEXT = 256, TURN_MSEC = 5000 };

/* {"event":["start","connect"]}: a container that starts, one that is connected to a network. */
#define EVENTS_FILTER "%7B%22event%22%3A%5B%22start%22%2C%22connect%22%5D%7D"

/* What each question asks for and how large its answer may be. */
static const struct {
	const char *path;
	const char *behind_id; /* an id stands between path and this; NULL: none */
	size_t cap;
} questions[BROKER_QUESTIONS] = {
    [BROKER_VERSION] = {"/version", NULL, 1 << 20},
    [BROKER_INFO] = {"/info", NULL, 4 << 20},
    [BROKER_CONTAINERS] = {"/containers/json?all=1", NULL, BROKER_ANSWER_CAP},
    [BROKER_CONTAINER] = {"/containers/", "/json", 4 << 20},
    [BROKER_IMAGE] = {"/images/", "/json", 4 << 20},
    [BROKER_NETWORKS] = {"/networks", NULL, BROKER_ANSWER_CAP},
    [BROKER_SERVICES] = {"/services", NULL, BROKER_ANSWER_CAP},
    [BROKER_EVENTS] = {"/events?filters=" EVENTS_FILTER, NULL, 64 << 10},
};

/* One transfer under way, or a place for one. */
struct slot {
	CURL *easy;
	bool busy, too_large;
	bool stream; /* each line is an answer */
	const struct child *child;
	uint32_t tag;
	size_t cap;
	struct bytes bytes;
};

struct child {
	int wire;
	const char *path;
	unsigned timeout_msec;
	CURLM *multi;
	struct slot slots[BROKER_WINDOW];
	size_t busy;
};

/* Writes all of it to the parent; a parent that is gone ends the child. */
static void write_wire(const struct child *child, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		const ssize_t sent = send(child->wire, at, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			_exit(0);
		at += sent;
		len -= (size_t)sent;
	}
}

/* Sends an answer. */
static void answer(const struct child *child, const struct broker_header *header, const void *data)
{
	write_wire(child, header, sizeof(*header));
	write_wire(child, data, (size_t)header->len);
}

/* Hands on the whole lines that have come on a stream. What is no stream after all, but an error in
 * words, stays to be handed back as one. */
static void hand_on_lines(struct slot *slot)
{
	struct bytes *bytes = &slot->bytes;
	const uint8_t *end;
	long http = 0;

	(void)curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &http);
	while (http == 200 && bytes->len && (end = memchr(bytes->data, '\n', bytes->len))) {
		const size_t len = (size_t)(end - bytes->data) + 1;
		const struct broker_header header = {
		    .tag = slot->tag, .http = (uint32_t)http, .len = len};

		answer(slot->child, &header, bytes->data);
		bytes->len -= len;
		memmove(bytes->data, end + 1, bytes->len);
	}
}

/* libcurl has bytes of a body. Returns how many were taken; fewer ends the transfer. */
static size_t take_body(char *data, size_t size, size_t n, void *user)
{
	struct slot *slot = user;
	const int status = bytes_append(&slot->bytes, data, size * n, slot->cap);

	slot->too_large |= status == -EFBIG;
	if (status == 0 && slot->stream)
		hand_on_lines(slot);
	return status < 0 ? 0 : size * n;
}

/* Sets what all requests of a slot have in common. False when libcurl cannot do it. */
static bool slot_init(struct slot *slot, const struct child *child)
{
	CURL *easy = slot->easy = curl_easy_init();

	slot->child = child;
	return easy && curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, child->path) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
	           CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "seawall/" SEAWALL_VERSION) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)child->timeout_msec) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PRIVATE, slot) == CURLE_OK;
}

/* True for 64 lower-case hex digits. */
static bool id_valid(const char id[static 64])
{
	for (size_t i = 0; i < 64; i++)
		if (!id[i] || !strchr("0123456789abcdef", id[i]))
			return false;
	return true;
}

/* Spells the URL of a request. False when there is none: an unknown question, a strange id. */
static bool request_url(const struct broker_request *request, char url[static URL_TEXT])
{
	const char *behind;
	char version[24] = "";

	if (request->question >= BROKER_QUESTIONS || !questions[request->question].path)
		return false;
	behind = questions[request->question].behind_id;
	if (behind && !id_valid(request->id))
		return false;
	if (request->api_major)
		snprintf(version, sizeof(version), "/v%u.%u", request->api_major,
		         request->api_minor);
	snprintf(url, URL_TEXT, "http://engine%s%s%.*s%s", version,
	         questions[request->question].path, behind ? 64 : 0, request->id,
	         behind ? behind : "");
	return true;
}

/* Asks who listens on the socket, and so finds out why nobody does. Never waits. */
static int ask_peer(const char *path, pid_t *ret_pid)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		/* A full queue: whoever listens does not accept. */
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	*ret_pid = peer.pid;
	return 0;
}

/* Answers BROKER_PEER. */
static void answer_peer(const struct child *child, uint32_t tag)
{
	struct broker_header header = {.tag = tag};
	pid_t pid = 0;

	header.status = ask_peer(child->path, &pid);
	header.peer = pid;
	answer(child, &header, "");
}

/* Starts a transfer in a free slot; there is one. */
static void start(struct child *child, const struct broker_request *request)
{
	struct slot *slot = child->slots;
	char url[URL_TEXT];

	if (request->question == BROKER_PEER) {
		answer_peer(child, request->tag);
		return;
	}
	while (slot->busy)
		slot++;
	if (!slot->easy && !slot_init(slot, child))
		_exit(1);
	slot->stream = request->question == BROKER_EVENTS;
	if (!request_url(request, url) ||
	    curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS,
	                     slot->stream ? 0L : (long)child->timeout_msec) != CURLE_OK ||
	    curl_easy_setopt(slot->easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_multi_add_handle(child->multi, slot->easy) != CURLM_OK) {
		/* Only our own mistake can get here; a surprise ends this process. */
		_exit(1);
	}
	slot->busy = true;
	slot->too_large = false;
	slot->tag = slot->stream ? BROKER_EVENT_TAG : request->tag;
	slot->cap = questions[request->question].cap;
	child->busy++;
}

/* The errno that says best what libcurl says. */
static int transfer_status(const struct slot *slot, CURLcode code)
{
	long number = 0;

	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_COULDNT_CONNECT:
		if (curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &number) != CURLE_OK ||
		    number <= 0)
			return -ECONNREFUSED;
		return number == EAGAIN ? -ETIMEDOUT : -(int)number;
	case CURLE_WRITE_ERROR:
		return slot->too_large ? -EFBIG : -ENOMEM;
	default:
		return -EPROTO;
	}
}

/* Sends the answer of a transfer that is done and frees its slot. */
static void finish(struct child *child, CURL *easy, CURLcode code)
{
	struct broker_header header = {0};
	struct slot *slot = NULL;
	long http = 0;

	if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&slot) != CURLE_OK || !slot)
		_exit(1);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http);
	header.tag = slot->tag;
	header.status = transfer_status(slot, code);
	header.http = (uint32_t)http;
	/* What stands behind the last line of a stream is a line cut short. */
	header.len = header.status == 0 && !(slot->stream && http == 200) ? slot->bytes.len : 0;
	curl_multi_remove_handle(child->multi, easy);
	answer(child, &header, header.len ? slot->bytes.data : (const void *)"");
	bytes_done(&slot->bytes);
	slot->busy = false;
	child->busy--;
}

/* Takes requests off the wire while there is a slot for them. */
static void take_requests(struct child *child)
{
	struct broker_request request;

	while (child->busy < BROKER_WINDOW) {
		const ssize_t got = recv(child->wire, &request, sizeof(request), MSG_DONTWAIT);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got != (ssize_t)sizeof(request))
			_exit(0);
		start(child, &request);
	}
}

/* One turn of the loop: move transfers on, answer, take requests, wait. */
static void turn(struct child *child)
{
	struct curl_waitfd wire = {.fd = child->wire, .events = CURL_WAIT_POLLIN};
	const CURLMsg *message;
	int running, left;

	take_requests(child);
	if (curl_multi_perform(child->multi, &running) != CURLM_OK)
		_exit(1);
	while ((message = curl_multi_info_read(child->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			finish(child, message->easy_handle, message->data.result);
	if (curl_multi_poll(child->multi, &wire, child->busy < BROKER_WINDOW, TURN_MSEC, NULL) !=
	    CURLM_OK)
		_exit(1);
}

void broker_child_run(int wire, const char *path, unsigned timeout_msec)
{
	struct child child = {.wire = wire, .path = path, .timeout_msec = timeout_msec};

	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
		_exit(1);
	child.multi = curl_multi_init();
	if (!child.multi)
		_exit(1);
	/* The first one loads what libcurl reads from files. */
	if (!slot_init(&child.slots[0], &child))
		_exit(1);
	if (broker_confine() < 0)
		_exit(1);
	for (;;)
		turn(&child);
}
