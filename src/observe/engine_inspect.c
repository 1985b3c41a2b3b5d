/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the engine for the details of each of its containers, several at a time. */
#include "observe/engine_fetch.h"
#include "observe/engine_parse.h"
#include "observe/engine_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How many containers may fail before no more are asked for. */
enum { FAILURES_CAP = 3 };

/* The containers whose details are being asked for. */
struct inspection {
	json_t *list;         /* the pruned list of containers */
	const char **details; /* what came for each of them, NULL for nothing; owned */
	size_t next, busy;    /* the next one to ask for; how many are under way */
	size_t failed, gone;
	size_t list_document; /* where the list stands among the documents */
};

/* The id of a container of the list, or NULL where it is not one. */
static const char *listed_id(const json_t *list, size_t i)
{
	const char *id = json_string_value(json_object_get(json_array_get(list, i), "Id"));

	return id && engine_id_valid(id) ? id : NULL;
}

/* A container's name as people know it, else its id. */
static const char *listed_name(const json_t *list, size_t i)
{
	const json_t *names_of = json_object_get(json_array_get(list, i), "Names");
	const char *name = json_string_value(json_array_get(names_of, 0));

	return name ? name + (*name == '/') : listed_id(list, i);
}

/* Whether pruned details are those of the container that was asked for. */
static bool is_about(const char *json, const char *id)
{
	char member[80];

	snprintf(member, sizeof(member), "\"Id\":\"%s\"", id);
	return strstr(json, member) != NULL;
}

/* Keeps the details of a container, or notes why there are none. 0 or -ENOMEM. */
static int take_container(struct fetch *fetch, struct inspection *inspection,
                          const struct broker_answer *answer)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *json = NULL;
	enum engine_status status;
	char sentence[FETCH_SENTENCE];

	if (answer->tag >= json_array_size(inspection->list))
		return 0;
	if (answer->status == 0 && answer->http == 404) {
		/* Removed since the list was made: then it is not there. */
		inspection->gone++;
		json_array_set_new(inspection->list, answer->tag, json_null());
		return 0;
	}
	if (!fetch_judge(fetch, answer, BROKER_CONTAINER, &status, sentence)) {
		json = engine_prune("container", (const char *)answer->bytes.data,
		                    answer->bytes.len, &error);
		if (json && is_about(json, listed_id(inspection->list, answer->tag))) {
			const char *kept = arena_strdup(&fetch->snapshot->arena, json);

			inspection->details[answer->tag] = kept;
			return kept ? 0 : -ENOMEM;
		}
		snprintf(sentence, sizeof(sentence), "%s",
		         json ? "the answer is about another one" : error_message(error));
	}
	inspection->failed++;
	return snapshot_incomplete(fetch->snapshot,
	                           "container %s is known from the engine's list only: %s",
	                           listed_name(inspection->list, answer->tag), sentence);
}

/* Asks for as many containers as may be under way. */
static int ask_containers(struct fetch *fetch, struct inspection *inspection)
{
	while (inspection->busy < BROKER_WINDOW && inspection->failed < FAILURES_CAP &&
	       inspection->next < json_array_size(inspection->list)) {
		const size_t i = inspection->next++;
		const char *id = listed_id(inspection->list, i);
		int status;

		if (!id)
			continue;
		status = fetch_ask(fetch, BROKER_CONTAINER, (uint32_t)i, id);
		if (status != 0)
			return status;
		inspection->busy++;
	}
	return 0;
}

/* Adds the details in the list's order, and takes those that are gone out of the list. */
static int keep_details(struct fetch *fetch, const struct inspection *inspection)
{
	_cleanup_free_ char *json = NULL;
	const char *kept;

	for (size_t i = 0; i < json_array_size(inspection->list); i++)
		if (inspection->details[i] &&
		    fetch_keep(fetch, "container", inspection->details[i]) < 0)
			return -ENOMEM;
	if (inspection->gone == 0)
		return 0;
	for (size_t i = json_array_size(inspection->list); i-- > 0;)
		if (json_is_null(json_array_get(inspection->list, i)))
			json_array_remove(inspection->list, i);
	json = json_dumps(inspection->list, JSON_COMPACT);
	kept = json ? arena_strdup(&fetch->snapshot->arena, json) : NULL;
	if (!kept)
		return -ENOMEM;
	fetch->snapshot->engine.documents.items[inspection->list_document].json = kept;
	return 0;
}

/* Asks for the details of each container of the list. */
static int inspect_all(struct fetch *fetch, struct inspection *inspection)
{
	const size_t n = json_array_size(inspection->list);

	for (;;) {
		struct broker_answer answer = {0};
		int status = ask_containers(fetch, inspection);

		if (status == 0 && inspection->busy == 0)
			break;
		if (status == 0)
			status = fetch_await(fetch, &answer);
		if (status != 0)
			return status;
		inspection->busy--;
		status = take_container(fetch, inspection, &answer);
		bytes_done(&answer.bytes);
		if (status < 0)
			return status;
	}
	if (inspection->next < n &&
	    snapshot_incomplete(fetch->snapshot,
	                        "%zu more containers are known from the engine's list only: it "
	                        "was not asked again after %zu failures",
	                        n - inspection->next, inspection->failed) < 0)
		return -ENOMEM;
	return keep_details(fetch, inspection);
}

int engine_inspect(struct fetch *fetch)
{
	struct inspection inspection = {0};
	int status;

	for (size_t i = 0; i < fetch->snapshot->engine.documents.n; i++) {
		const struct engine_document *document =
		    &fetch->snapshot->engine.documents.items[i];

		if (strcmp(document->request, "containers") != 0)
			continue;
		inspection.list = json_loads(document->json, 0, NULL);
		inspection.list_document = i;
	}
	inspection.details = calloc(json_array_size(inspection.list) + 1, sizeof(char *));
	status = inspection.details ? inspect_all(fetch, &inspection) : -ENOMEM;
	free(inspection.details);
	json_decref(inspection.list);
	return status;
}
