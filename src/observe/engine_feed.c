/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers as they start: the engine's events, and one container's snapshot. */
#include "observe/engine_feed.h"

#include "observe/engine_fetch.h"
#include "observe/engine_parse.h"
#include "observe/engine_read.h"
#include "observe/rtnl_read.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* How many containers may wait to be asked for: more are left to a look at all of them. */
enum { NEWS_MOST = 64 };

struct engine_feed {
	struct snapshot *base; /* what the engine says of itself */
	/* What it says of its networks, which stay what they are as long as they are there; and
	 * this host's links. Made anew, not added to: networks come for years. */
	struct snapshot *networks;
	struct snapshot *looked; /* the last container's; its links are those of the networks */
	struct fetch fetch;
	struct engine_news news;
};

/* The id of the container that an event is about, or NULL. */
static const char *id_of(const json_t *event)
{
	const json_t *actor = json_object_get(event, "Actor");
	const char *type = json_string_value(json_object_get(event, "Type"));
	const char *id = NULL;

	if (type && strcmp(type, "container") == 0)
		id = json_string_value(json_object_get(actor, "ID"));
	else if (type && strcmp(type, "network") == 0)
		id = json_string_value(
		    json_object_get(json_object_get(actor, "Attributes"), "container"));
	return id && engine_id_valid(id) ? id : NULL;
}

/* Whether a container waits already. */
static bool is_waiting(const struct engine_news *news, const char *id)
{
	vec_foreach(waiting, &news->ids)
		if (strcmp(*waiting, id) == 0)
			return true;
	return false;
}

int engine_news_take(struct engine_news *news, const struct broker_answer *answer)
{
	json_t *event = NULL;
	const char *id;
	char **slot;
	int status = 0;

	if (answer->status < 0 || answer->http != 200 || answer->bytes.len == 0) {
		news->ended = true;
		return 0;
	}
	/* Only text and structure are read, and what is no event is none: engines add kinds. */
	event = json_loadb((const char *)answer->bytes.data, answer->bytes.len, 0, NULL);
	id = id_of(event);
	if (id && news->ids.n < NEWS_MOST && !is_waiting(news, id)) {
		slot = vec_push(&news->ids);
		if (!slot || !(*slot = strdup(id)))
			status = -ENOMEM;
		if (slot && status < 0)
			news->ids.n--;
	}
	json_decref(event);
	return status;
}

/* Releases the last look. */
static void forget_look(struct engine_feed *feed)
{
	if (feed->looked)
		feed->looked->net = (struct netview){0};
	snapshot_free(feed->looked);
	feed->looked = NULL;
}

/* Makes a snapshot whose engine is being asked. NULL without memory. */
static struct snapshot *begin_snapshot(const struct engine_feed *feed)
{
	struct snapshot *snapshot = snapshot_new();

	if (!snapshot)
		return NULL;
	engine_init(&snapshot->engine);
	snapshot->engine.status = ENGINE_OK;
	snapshot->engine.socket = feed->base->engine.socket;
	return snapshot;
}

/* Asks for the networks and links anew, in the place of what is known of them. 0 or a negative
 * errno with a sentence, and then what was known stays. */
static int ask_networks(struct engine_feed *feed, struct error **ret_error)
{
	_cleanup_snapshot_ struct snapshot *snapshot = begin_snapshot(feed);
	struct fetch fetch = feed->fetch;
	int status;

	if (!snapshot)
		return error_set(ret_error, ENOMEM, "out of memory");
	fetch.snapshot = snapshot;
	status = fetch_networks(&fetch);
	if (status == FETCH_STOP)
		return error_set(ret_error, ENOTCONN, "%s", snapshot->engine.status_text);
	if (status == 0)
		status = rtnl_read_some(&snapshot->net);
	if (status == 0)
		status = netview_decode(&snapshot->net, NULL);
	if (status < 0)
		return error_set(ret_error, -status, "this host's links: %s", strerror(-status));
	forget_look(feed);
	snapshot_free(feed->networks);
	feed->networks = steal_pointer(&snapshot);
	return 0;
}

int engine_feed_open(const char *socket, unsigned timeout_msec, struct engine_feed **ret_feed,
                     struct error **ret_error)
{
	_cleanup_(cleanup_engine_feed_close) struct engine_feed *feed = calloc(1, sizeof(*feed));
	int status;

	if (!feed || !(feed->base = snapshot_new()))
		return error_set(ret_error, ENOMEM, "out of memory");
	feed->fetch.snapshot = feed->base;
	status = fetch_begin(&feed->fetch, socket, timeout_msec);
	if (status == 0) {
		feed->fetch.news = &feed->news;
		status = fetch_ask(&feed->fetch, BROKER_EVENTS, 0, NULL);
	}
	if (status < 0)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (status == FETCH_STOP)
		return error_set(ret_error, ENOTCONN, "%s",
		                 feed->base->engine.status_text ? feed->base->engine.status_text
		                                                : "no engine was found");
	/* Of what comes from here on the events tell. */
	status = ask_networks(feed, ret_error);
	if (status < 0)
		return status;
	*ret_feed = steal_pointer(&feed);
	return 0;
}

/* Takes the oldest container that waits. */
static char *take_news(struct engine_news *news)
{
	char *id = news->ids.items[0];

	news->ids.n--;
	memmove(news->ids.items, news->ids.items + 1, news->ids.n * sizeof(*news->ids.items));
	return id;
}

int engine_feed_wait(struct engine_feed *feed, int milliseconds)
{
	struct pollfd wire = {.fd = broker_fd(feed->fetch.broker), .events = POLLIN};
	struct broker_answer answer = {0};
	int status;

	if (feed->news.ids.n)
		return 0;
	if (feed->news.ended)
		return -ENOTCONN;
	status = poll(&wire, 1, milliseconds);
	if (status <= 0)
		return status == 0 || errno == EINTR ? 0 : -ENOTCONN;
	status = broker_answer(feed->fetch.broker, &answer);
	/* Answers to other questions are those that came too late for who asked. */
	if (status == 0 && answer.tag == BROKER_EVENT_TAG)
		status = engine_news_take(&feed->news, &answer);
	bytes_done(&answer.bytes);
	if (status < 0)
		return status == -ENOMEM ? status : -ENOTCONN;
	return feed->news.ended ? -ENOTCONN : 0;
}

int engine_feed_next(struct engine_feed *feed, char **ret_id)
{
	int status = 0;

	while (status == 0 && feed->news.ids.n == 0)
		status = engine_feed_wait(feed, -1);
	if (status == 0)
		*ret_id = take_news(&feed->news);
	return status;
}

/* Takes over what another snapshot has of the engine, which is borrowed from it. 0 or -ENOMEM. */
static int borrow_documents(struct fetch *fetch, const struct snapshot *from)
{
	int status = 0;

	vec_foreach(document, &from->engine.documents)
		if (status == 0)
			status = fetch_keep(fetch, document->request, document->json);
	return status;
}

/* Asks the engine for one container and its image. 0 or a negative errno. */
static int ask_container(struct engine_feed *feed, const char *id, struct snapshot *snapshot)
{
	struct fetch fetch = feed->fetch;
	const char *list = arena_printf(&snapshot->arena, "[{\"Id\":\"%s\"}]", id);
	int status;

	fetch.snapshot = snapshot;
	status = borrow_documents(&fetch, feed->base);
	if (status == 0)
		status = borrow_documents(&fetch, feed->networks);
	if (status == 0)
		status = fetch_keep(&fetch, "containers", list);
	if (status == 0)
		status = engine_inspect(&fetch);
	if (status == 0)
		status = engine_images(&fetch);
	if (status == 0 && snapshot->incomplete.n)
		status = -EIO;
	return status == FETCH_STOP ? -ENOTCONN : status;
}

/* Whether a network is among those that are known. */
static bool knows_network(const struct snapshot *snapshot, const char *id)
{
	vec_foreach(network, &snapshot->engine.networks)
		if (strcmp(network->id, id) == 0)
			return true;
	return false;
}

/* Whether the container stands on a network that is not known. */
static bool has_new_network(const struct snapshot *snapshot)
{
	vec_foreach(attachment, &snapshot->engine.containers.items[0].attachments)
		if (!knows_network(snapshot, attachment->network_id))
			return true;
	return false;
}

/* Makes the snapshot by the networks that are known. 0 or a negative errno. */
static int look(struct engine_feed *feed, const char *id)
{
	struct snapshot *snapshot;
	int status;

	forget_look(feed);
	snapshot = feed->looked = begin_snapshot(feed);
	status = snapshot ? ask_container(feed, id, snapshot) : -ENOMEM;
	if (status < 0)
		return status;
	snapshot->net = feed->networks->net;
	snapshot->taken = time(NULL);
	snapshot->live = true;
	status = engine_parse(snapshot, NULL);
	return status == 0 && snapshot->engine.containers.n != 1 ? -ENOENT : status;
}

int engine_feed_look(struct engine_feed *feed, const char *id, const struct snapshot **ret_snapshot)
{
	int status = look(feed, id);

	if (status == 0 && has_new_network(feed->looked)) {
		status = ask_networks(feed, NULL);
		if (status == 0)
			status = look(feed, id);
	}
	*ret_snapshot = status == 0 ? feed->looked : NULL;
	return status;
}

void engine_feed_close(struct engine_feed *feed)
{
	if (!feed)
		return;
	broker_free(feed->fetch.broker);
	vec_foreach(id, &feed->news.ids)
		free(*id);
	vec_done(&feed->news.ids);
	forget_look(feed);
	snapshot_free(feed->networks);
	snapshot_free(feed->base);
	free(feed);
}
