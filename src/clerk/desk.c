/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clerk's loop. */
#include "clerk/desk.h"

#include "base/cleanup.h"
#include "clerk/calls.h"
#include "clerk/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
	FLUSH_AFTER = 1000, /* ms from the first knock to the disk */
	SOURCES = 5,
};

/* Writes an event down. */
static void take_event(struct desk *desk, const struct message *message)
{
	_cleanup_error_ struct error *error = NULL;
	const char *const *texts = message->texts;

	if (desk_history(desk))
		desk_note_history(desk,
		                  history_event(desk->history, message->when, texts[0],
		                                *texts[1] ? texts[1] : NULL, texts[2], &error),
		                  error);
}

/* Does what a message asks for. False where it lacks what its kind has. */
static bool take_message(struct desk *desk, const struct message *message)
{
	static const struct {
		size_t texts;
		bool fd;
	} shapes[] = {
	    [MESSAGE_EVENT] = {3, false}, [MESSAGE_HEALED] = {1, false},
	    [MESSAGE_WALL] = {0, false},  [MESSAGE_PROVED] = {0, true},
	    [MESSAGE_SEEN] = {0, true},   [MESSAGE_POLICY] = {1, true},
	};

	if (message->kind >= sizeof(shapes) / sizeof(*shapes) ||
	    message->n < shapes[message->kind].texts ||
	    (message->fd >= 0) != shapes[message->kind].fd)
		return false;
	switch (message->kind) {
	case MESSAGE_EVENT:
		take_event(desk, message);
		break;
	case MESSAGE_HEALED:
		metrics_healed(desk->numbers, message->texts[0]);
		break;
	case MESSAGE_WALL:
		metrics_wall(desk->numbers, message->number);
		break;
	case MESSAGE_PROVED:
		desk_take_proof(desk, message->fd, message->when);
		break;
	case MESSAGE_SEEN:
		desk_take_seen(desk, message->fd);
		break;
	case MESSAGE_POLICY:
		desk_take_policy(desk, message->fd, message->texts[0], message->number,
		                 message->texts + 1, message->n - 1);
		break;
	}
	return true;
}

/* Takes all messages that lie there. False at their end. */
static bool take_messages(struct desk *desk, int wire)
{
	char buffer[MESSAGE_ROOM];
	struct message message;
	int status;

	while ((status = message_receive(wire, buffer, &message)) > 0) {
		bool good = take_message(desk, &message);

		if (message.fd >= 0)
			close(message.fd);
		if (!good)
			return false;
	}
	return status == -EAGAIN || status == -EINTR;
}

/* How long to wait: until what was counted is to be written, or for ever. */
static int patience(int64_t flush)
{
	int64_t left = flush - clock_milliseconds();

	return flush == INT64_MAX ? -1 : left < 0 ? 0 : (int)left;
}

/* Works until the guard has let go. */
static void work(struct desk *desk, int wire)
{
	struct pollfd sources[SOURCES] = {
	    {.fd = wire, .events = POLLIN},
	    {.fd = desk->knocks ? knocks_fd(desk->knocks) : -1, .events = POLLIN},
	    {.fd = desk->visits ? visits_fd(desk->visits) : -1, .events = POLLIN},
	    {.fd = counter_fd(&desk->metrics), .events = POLLIN},
	    {.fd = counter_fd(&desk->control), .events = POLLIN},
	};
	int64_t flush = INT64_MAX;
	bool going = true;

	while (going) {
		if (poll(sources, SOURCES, patience(flush)) < 0 && errno != EINTR)
			break;
		/* What the guard tells comes before what is asked. */
		if (sources[0].revents)
			going = take_messages(desk, wire);
		if (desk_count(desk) && flush == INT64_MAX)
			flush = clock_milliseconds() + FLUSH_AFTER;
		counter_serve(&desk->metrics);
		counter_serve(&desk->control);
		if (flush <= clock_milliseconds()) {
			desk_flush(desk);
			flush = INT64_MAX;
		}
	}
	/* The next one, if there is one already, waits for the log group. */
	knocks_free(desk->knocks);
	desk->knocks = NULL;
	desk_flush(desk);
	history_close(desk->history);
}

void desk_run(struct desk *desk, int wire)
{
	int status;

	/* Not at once: a service that starts again and again forgets no faster. */
	desk->trimmed = clock_milliseconds();
	desk->knocked = tally_new();
	desk->visited = tally_new();
	desk->numbers = metrics_new();
	if ((desk->metrics.socket.fd >= 0 && !counter_open(&desk->metrics)) ||
	    (desk->control.socket.fd >= 0 && !counter_open(&desk->control)))
		listener_say(&desk->listener,
		             "requests are not answered: the server does not start");
	status = clerk_confine_calls();
	if (status < 0) {
		listener_say(&desk->listener, "the clerk keeps no system calls from itself: %s",
		             strerror(-status));
		_exit(1);
	}
	(void)desk_history(desk);
	work(desk, wire);
	_exit(0);
}
