/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the engine what there is to know, through the broker, and keeps the pruned answers.
 *
 * Theory of operation. First who listens on the socket, since nothing else tells a stopped engine
 * from a denied one; then the version, without one in the URL, which every engine answers; then
 * the rest in the newest version that both sides speak, as many questions at a time as the broker
 * takes. What goes wrong with the engine as a whole becomes its status and a sentence. What goes
 * wrong with one container is noted, and the list's words about that container stand: engines have
 * been seen to hang on the details of a single container for good.
 */
#include "observe/broker_child.h"
#include "observe/engine_daemon.h"
#include "observe/engine_fetch.h"
#include "observe/engine_parse.h"
#include "observe/engine_read.h"
#include "observe/engine_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	API_MAJOR = 1,
	API_MINOR = 51,           /* the newest version whose answers are known here */
	API_PART_MAX = 999,       /* of a version number that is believed */
	DEFAULT_MSEC = 10 * 1000, /* for an answer */
	LONGEST_MSEC = 600 * 1000,
	ANSWER_QUOTED = 160, /* how much of the engine's own words goes into a sentence */
};

/* What each question is called, in documents and in sentences. */
static const struct {
	const char *document, *words;
} names[BROKER_QUESTIONS] = {
    [BROKER_PEER] = {NULL, "its socket"},
    [BROKER_VERSION] = {"version", "GET /version"},
    [BROKER_INFO] = {"info", "GET /info"},
    [BROKER_CONTAINERS] = {"containers", "GET /containers/json"},
    [BROKER_CONTAINER] = {"container", "GET /containers/ID/json"},
    [BROKER_IMAGE] = {"image", "GET /images/ID/json"},
    [BROKER_NETWORKS] = {"networks", "GET /networks"},
    [BROKER_SERVICES] = {"services", "GET /services"},
    [BROKER_EVENTS] = {NULL, "GET /events"},
};

/* Sets the engine's status for a failed answer. FETCH_STOP or -ENOMEM. */
static int stop(struct fetch *fetch, enum engine_status status, const char *sentence)
{
	int result = engine_unavailable(fetch->snapshot, status, "%s: %s",
	                                fetch->snapshot->engine.socket, sentence);

	return result < 0 ? result : FETCH_STOP;
}

/* Copies what the engine says of its own error, {"message":"..."}, as plain text. */
static void quote_message(const struct bytes *bytes, char quoted[static ANSWER_QUOTED])
{
	json_t *json = json_loadb((const char *)bytes->data, bytes->len, 0, NULL);
	const char *message = json_string_value(json_object_get(json, "message"));
	size_t n = 0;

	for (; message && message[n] && n < ANSWER_QUOTED - 1; n++)
		quoted[n] = message[n] < ' ' || message[n] > '~' ? '?' : message[n];
	quoted[n] = 0;
	json_decref(json);
}

bool fetch_judge(const struct fetch *fetch, const struct broker_answer *answer,
                 enum broker_question question, enum engine_status *ret_status,
                 char sentence[static FETCH_SENTENCE])
{
	const char *words = names[question].words;
	char message[ANSWER_QUOTED];

	*ret_status = ENGINE_BROKEN;
	if (answer->status == -ETIMEDOUT) {
		*ret_status = ENGINE_HANGS;
		snprintf(sentence, FETCH_SENTENCE, "no answer to %s within %g s: the engine hangs",
		         words, fetch->timeout_msec / 1000.0);
	} else if (answer->status == -EACCES || answer->status == -EPERM) {
		*ret_status = ENGINE_DENIED;
		snprintf(sentence, FETCH_SENTENCE,
		         "may not be opened by this user: sudo is needed");
	} else if (answer->status == -ECONNREFUSED || answer->status == -ENOENT) {
		*ret_status = ENGINE_STOPPED;
		snprintf(sentence, FETCH_SENTENCE, "%s: the engine is stopped",
		         answer->status == -ENOENT ? "there is no such socket"
		                                   : "nobody listens there");
	} else if (answer->status == -EFBIG) {
		snprintf(sentence, FETCH_SENTENCE,
		         "the answer to %s is larger than its cap of at most %d bytes", words,
		         BROKER_ANSWER_CAP);
	} else if (answer->status == -EPROTO) {
		snprintf(sentence, FETCH_SENTENCE, "the answer to %s is not HTTP, or was cut short",
		         words);
	} else if (answer->status < 0) {
		snprintf(sentence, FETCH_SENTENCE, "%s cannot be had: %s", words,
		         strerror(-answer->status));
	} else if (answer->http != 200 && question != BROKER_PEER) {
		if (answer->http == 401 || answer->http == 403)
			*ret_status = ENGINE_DENIED;
		quote_message(&answer->bytes, message);
		snprintf(sentence, FETCH_SENTENCE, "%s was answered with HTTP %u%s%s", words,
		         answer->http, *message ? ": " : "", message);
	} else {
		return false;
	}
	return true;
}

int fetch_ask(struct fetch *fetch, enum broker_question question, uint32_t tag, const char *id)
{
	struct broker_request request = {
	    .question = question,
	    .tag = tag,
	    .api_major = fetch->api_major,
	    .api_minor = fetch->api_minor,
	};

	if (id)
		memcpy(request.id, id, sizeof(request.id));
	if (broker_ask(fetch->broker, &request) < 0)
		return stop(fetch, ENGINE_BROKEN, "the process that asks the engine has died");
	return 0;
}

int fetch_await(struct fetch *fetch, struct broker_answer *ret_answer)
{
	int status = broker_answer(fetch->broker, ret_answer);

	while (status == 0 && fetch->news && ret_answer->tag == BROKER_EVENT_TAG) {
		status = engine_news_take(fetch->news, ret_answer);
		bytes_done(&ret_answer->bytes);
		if (status == 0)
			status = broker_answer(fetch->broker, ret_answer);
	}
	if (status == -ENOMEM)
		return status;
	if (status == -ETIMEDOUT)
		return stop(fetch, ENGINE_HANGS, "no answer in time: the engine hangs");
	if (status < 0)
		return stop(fetch, ENGINE_BROKEN, "the process that asks the engine has died");
	return 0;
}

int fetch_keep(struct fetch *fetch, const char *request, const char *json)
{
	struct engine_document *document =
	    json ? vec_push(&fetch->snapshot->engine.documents) : NULL;

	if (!document)
		return -ENOMEM;
	*document = (struct engine_document){.request = request, .json = json};
	return 0;
}

/* Adds a document, whose text is copied. 0 or -ENOMEM. */
static int keep(struct fetch *fetch, const char *request, const char *json)
{
	return fetch_keep(fetch, request, arena_strdup(&fetch->snapshot->arena, json));
}

/* Prunes and keeps an answer that the engine as a whole depends on. 0, FETCH_STOP or -ENOMEM. */
static int accept_answer(struct fetch *fetch, enum broker_question question,
                         const struct broker_answer *answer)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *json = NULL;
	enum engine_status status;
	char sentence[FETCH_SENTENCE];

	if (fetch_judge(fetch, answer, question, &status, sentence))
		return stop(fetch, status, sentence);
	if (answer->bytes.data)
		json = engine_prune(names[question].document, (const char *)answer->bytes.data,
		                    answer->bytes.len, &error);
	if (json)
		return keep(fetch, names[question].document, json);
	snprintf(sentence, sizeof(sentence), "the answer to %s cannot be understood: %s",
	         names[question].words, error_message(error));
	return stop(fetch, ENGINE_BROKEN, sentence);
}

/* Asks several questions at once and keeps the answers in the order of the questions. */
static int ask_all(struct fetch *fetch, const enum broker_question *questions, uint32_t n)
{
	struct broker_answer answers[BROKER_QUESTIONS] = {0};
	int status = 0;

	for (uint32_t i = 0; i < n && status == 0; i++)
		status = fetch_ask(fetch, questions[i], i, NULL);
	for (uint32_t i = 0; i < n && status == 0; i++) {
		struct broker_answer answer = {0};

		status = fetch_await(fetch, &answer);
		if (status == 0 && answer.tag < n && !answers[answer.tag].bytes.data)
			answers[answer.tag] = answer;
		else if (status == 0)
			bytes_done(&answer.bytes);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (status == 0)
			status = accept_answer(fetch, questions[i], &answers[i]);
		bytes_done(&answers[i].bytes);
	}
	return status;
}

/* Finds out who listens on the socket. */
static int ask_peer(struct fetch *fetch)
{
	struct broker_answer answer = {0};
	enum engine_status status;
	char sentence[FETCH_SENTENCE];
	int result = fetch_ask(fetch, BROKER_PEER, 0, NULL);

	if (result == 0)
		result = fetch_await(fetch, &answer);
	if (result != 0)
		return result;
	bytes_done(&answer.bytes);
	fetch->peer = answer.peer;
	if (fetch_judge(fetch, &answer, BROKER_PEER, &status, sentence))
		return stop(fetch, status, sentence);
	return 0;
}

/* Reads "1.41"; false when it is not like that. */
static bool parse_api(const json_t *value, uint16_t *ret_major, uint16_t *ret_minor)
{
	const char *text = json_string_value(value);
	unsigned major, minor;
	int end = 0;

	if (!text || strlen(text) > 8 || sscanf(text, "%3u.%3u%n", &major, &minor, &end) != 2 ||
	    text[end] || major == 0 || major > API_PART_MAX || minor > API_PART_MAX)
		return false;
	*ret_major = (uint16_t)major;
	*ret_minor = (uint16_t)minor;
	return true;
}

/* Settles the version to speak: ours or the engine's, whichever is older, unless it is too old. */
static int ask_version(struct fetch *fetch)
{
	static const enum broker_question question = BROKER_VERSION;
	uint16_t major = 0, minor = 0, min_major = 0, min_minor = 0;
	json_t *version;
	bool found;
	int status = ask_all(fetch, &question, 1);

	if (status != 0)
		return status;
	version = json_loads(fetch->snapshot->engine.documents.items[0].json, 0, NULL);
	found = parse_api(json_object_get(version, "ApiVersion"), &major, &minor);
	(void)parse_api(json_object_get(version, "MinAPIVersion"), &min_major, &min_minor);
	json_decref(version);
	if (!found)
		return stop(fetch, ENGINE_BROKEN, "its answer to GET /version has no ApiVersion");
	if (major > API_MAJOR || (major == API_MAJOR && minor > API_MINOR)) {
		major = API_MAJOR;
		minor = API_MINOR;
	}
	if (min_major > major || (min_major == major && min_minor > minor)) {
		major = min_major;
		minor = min_minor;
	}
	fetch->api_major = major;
	fetch->api_minor = minor;
	return 0;
}

/* Keeps what the daemon's own process tells. */
static int keep_daemon(struct fetch *fetch)
{
	json_t *facts = engine_daemon_document(fetch->peer);
	_cleanup_free_ char *json = facts ? json_dumps(facts, JSON_COMPACT) : NULL;

	json_decref(facts);
	return json ? keep(fetch, "daemon", json) : -ENOMEM;
}

/* Asks for what needs the answers that are there: containers and their images, Swarm's services. */
static int ask_details(struct fetch *fetch)
{
	static const enum broker_question services = BROKER_SERVICES;
	bool manager = false;
	int status = engine_inspect(fetch);

	if (status == 0)
		status = engine_images(fetch);
	vec_foreach(document, &fetch->snapshot->engine.documents)
		if (strcmp(document->request, "info") == 0) {
			json_t *info = json_loads(document->json, 0, NULL);
			const json_t *swarm = json_object_get(info, "Swarm");

			manager = json_is_true(json_object_get(swarm, "ControlAvailable"));
			json_decref(info);
		}
	/* Only a manager knows the services; another node answers with an error. */
	return status == 0 && manager ? ask_all(fetch, &services, 1) : status;
}

int fetch_begin(struct fetch *fetch, const char *socket, unsigned timeout_msec)
{
	static const enum broker_question first[] = {BROKER_INFO};
	_cleanup_error_ struct error *error = NULL;
	struct snapshot *snapshot = fetch->snapshot;
	int status;

	fetch->timeout_msec = timeout_msec == 0             ? DEFAULT_MSEC
	                      : timeout_msec > LONGEST_MSEC ? LONGEST_MSEC
	                                                    : timeout_msec;
	engine_init(&snapshot->engine);
	snapshot->engine.status = ENGINE_OK;
	status = engine_choose_socket(snapshot, socket);
	if (status == 0 && !snapshot->engine.socket)
		return FETCH_STOP;
	if (status == 0 &&
	    broker_new(snapshot->engine.socket, fetch->timeout_msec, &fetch->broker, &error) < 0) {
		status = engine_unavailable(snapshot, ENGINE_BROKEN, "it cannot be asked: %s",
		                            error_message(error));
		return status < 0 ? status : FETCH_STOP;
	}
	if (status == 0)
		status = ask_peer(fetch);
	if (status == 0)
		status = ask_version(fetch);
	if (status == 0)
		status = ask_all(fetch, first, 1);
	return status == 0 ? keep_daemon(fetch) : status;
}

int fetch_networks(struct fetch *fetch)
{
	static const enum broker_question networks = BROKER_NETWORKS;

	return ask_all(fetch, &networks, 1);
}

int engine_fetch(struct snapshot *snapshot, const char *socket, unsigned timeout_msec,
                 struct error **ret_error)
{
	static const enum broker_question lists[] = {BROKER_CONTAINERS, BROKER_NETWORKS};
	struct fetch fetch = {.snapshot = snapshot};
	int status = fetch_begin(&fetch, socket, timeout_msec);

	if (status == 0)
		status = ask_all(&fetch, lists, 2);
	if (status == 0)
		status = ask_details(&fetch);
	broker_free(fetch.broker);
	return status < 0 ? error_set(ret_error, ENOMEM, "out of memory") : 0;
}
