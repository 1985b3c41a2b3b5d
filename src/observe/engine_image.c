/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images of containers: which labels are an image's own word.
 *
 * Theory of operation. The engine gives a container its image's labels and those that it was made
 * with in one list (moby daemon/create.go merges them), and who made the image is a stranger. So
 * each image whose containers have labels that count here is asked for its own, and a label with
 * the same value there is taken for the image's. That can wrong somebody who gave a container the
 * very label that its image has; it cannot be told, and is the safe side. Where the image does not
 * come, all labels may be its.
 *
 * Compose itself puts its project and service on images that it builds (compose
 * pkg/compose/build.go), so for those two that would be the rule, not the exception. But on each
 * container that it makes it also puts a number and a hash of its configuration, and always sets
 * project and service along with them: where one of these marks is not the image's, Compose has
 * spoken, and both are its.
 */
#include "observe/engine_fetch.h"
#include "observe/engine_parse.h"
#include "observe/engine_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char project_key[] = "com.docker.compose.project";
static const char service_key[] = "com.docker.compose.service";

/* What Compose puts on containers and not on images. */
static const char *const compose_marks[] = {
    "com.docker.compose.config-hash",
    "com.docker.compose.container-number",
};

const char *engine_image_digits(const char *id)
{
	static const char digest[] = "sha256:";

	if (strncmp(id, digest, sizeof(digest) - 1) == 0)
		id += sizeof(digest) - 1;
	return engine_id_valid(id) ? id : NULL;
}

/* Whether a label of this key decides something, so that it matters whose it is. */
static bool label_counts(const char *key)
{
	return strncmp(key, "seawall.", 8) == 0 || strcmp(key, project_key) == 0 ||
	       strcmp(key, service_key) == 0;
}

VEC_TYPE(image_ids, const char *);

/* Orders ids, for sorting. */
static int id_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds the id of an image if a container of it has labels that count. 0 or -ENOMEM. */
static int wanted_add(struct fetch *fetch, struct image_ids *ids, const char *json)
{
	json_t *container = json_loads(json, 0, NULL), *value;
	json_t *labels = json_object_get(json_object_get(container, "Config"), "Labels");
	const char *id = json_string_value(json_object_get(container, "Image")), *key, **slot;
	const char *digits = id ? engine_image_digits(id) : NULL;
	bool counts = false;
	int status = 0;

	json_object_foreach(labels, key, value)
		counts = counts || label_counts(key);
	if (digits && counts) {
		slot = vec_push(ids);
		if (slot)
			*slot = arena_strdup(&fetch->snapshot->arena, digits);
		status = slot && *slot ? 0 : -ENOMEM;
	}
	json_decref(container);
	return status;
}

/* Which images are to be asked for, each once. 0 or -ENOMEM. */
static int wanted_find(struct fetch *fetch, struct image_ids *ids)
{
	size_t kept = 0;
	int status = 0;

	for (size_t i = 0; i < fetch->snapshot->engine.documents.n && status == 0; i++) {
		const struct engine_document *document =
		    &fetch->snapshot->engine.documents.items[i];

		if (strcmp(document->request, "container") == 0)
			status = wanted_add(fetch, ids, document->json);
	}
	if (status < 0 || ids->n < 2)
		return status;
	qsort(ids->items, ids->n, sizeof(*ids->items), id_compare);
	for (size_t i = 1; i < ids->n; i++)
		if (strcmp(ids->items[kept], ids->items[i]) != 0)
			ids->items[++kept] = ids->items[i];
	ids->n = kept + 1;
	return 0;
}

/* Keeps what an image says of itself, under the id that was asked for. 0 or -ENOMEM. */
static int take_image(struct fetch *fetch, const struct image_ids *ids,
                      const struct broker_answer *answer)
{
	_cleanup_free_ char *json = NULL;
	enum engine_status status;
	char sentence[FETCH_SENTENCE], member[80];

	if (answer->tag >= ids->n || fetch_judge(fetch, answer, BROKER_IMAGE, &status, sentence) ||
	    !answer->bytes.data)
		return 0;
	json = engine_prune("image", (const char *)answer->bytes.data, answer->bytes.len, NULL);
	snprintf(member, sizeof(member), "%s\"", ids->items[answer->tag]);
	if (!json || !strstr(json, member))
		return 0; /* not understood, or about another one: as good as none */
	return fetch_keep(fetch, "image", arena_strdup(&fetch->snapshot->arena, json));
}

/* Asks for each image, several at a time. 0, FETCH_STOP or -ENOMEM. */
static int ask_images(struct fetch *fetch, const struct image_ids *ids)
{
	size_t next = 0, busy = 0;
	int status = 0;

	while (status == 0 && (next < ids->n || busy > 0)) {
		struct broker_answer answer = {0};

		while (status == 0 && next < ids->n && busy < BROKER_WINDOW) {
			status = fetch_ask(fetch, BROKER_IMAGE, (uint32_t)next, ids->items[next]);
			next++;
			busy++;
		}
		if (status == 0)
			status = fetch_await(fetch, &answer);
		if (status == 0) {
			busy--;
			status = take_image(fetch, ids, &answer);
			bytes_done(&answer.bytes);
		}
	}
	return status;
}

int engine_images(struct fetch *fetch)
{
	struct image_ids ids = {0};
	int status = wanted_find(fetch, &ids);

	if (status == 0)
		status = ask_images(fetch, &ids);
	vec_done(&ids);
	return status;
}

void engine_read_image(struct json_reader *reader, struct engine *engine,
                       const struct json_node *root)
{
	const struct json_node config = json_read_object(reader, root, "Config");
	const struct json_node labels = json_read_object(reader, &config, "Labels");
	const struct json_node id_node = json_node_member(root, "Id");
	const char *id = json_read_string(reader, root, "Id", "");
	const char *digits = engine_image_digits(id), *key;
	struct engine_image *image;
	json_t *value;

	if (reader->status == 0 && !digits)
		(void)json_reader_expected(reader, &id_node, "64 hex digits");
	if (reader->status < 0)
		return;
	image = vec_push(&engine->images);
	if (!image) {
		(void)json_reader_no_memory(reader);
		return;
	}
	image->id = digits;
	if (!labels.value)
		return;
	json_object_foreach((json_t *)labels.value, key, value) {
		struct label *label = vec_push(&image->labels);

		if (!label) {
			(void)json_reader_no_memory(reader);
			return;
		}
		label->key = arena_strdup(reader->arena, key);
		label->value = json_read_string(reader, &labels, key, "");
		if (!label->key)
			(void)json_reader_no_memory(reader);
		if (reader->status < 0)
			return;
	}
}

/* Orders images by id, for sorting and finding. */
static int image_compare(const void *a, const void *b)
{
	return strcmp(((const struct engine_image *)a)->id, ((const struct engine_image *)b)->id);
}

/* Whether an image has just this label. */
static bool image_has(const struct engine_image *image, const struct label *label)
{
	vec_foreach(own, &image->labels)
		if (strcmp(own->key, label->key) == 0)
			return strcmp(own->value, label->value) == 0;
	return false;
}

/* Whether Compose made a container: one of its marks is there that the image has not. */
static bool compose_made(const struct container *container)
{
	vec_foreach(label, &container->labels)
		for (size_t i = 0; i < sizeof(compose_marks) / sizeof(*compose_marks); i++)
			if (!label->inherited && strcmp(label->key, compose_marks[i]) == 0)
				return true;
	return false;
}

/* Says whose project and service a container is of, or is said to be of. */
static void settle_identity(struct container *container)
{
	bool made = compose_made(container);

	container->project = container->service = NULL;
	container->claimed_project = container->claimed_service = NULL;
	vec_foreach(label, &container->labels) {
		bool sure = made || !label->inherited;

		if (strcmp(label->key, project_key) == 0)
			*(sure ? &container->project : &container->claimed_project) = label->value;
		else if (strcmp(label->key, service_key) == 0)
			*(sure ? &container->service : &container->claimed_service) = label->value;
	}
}

void engine_settle_labels(struct engine *engine)
{
	if (engine->images.n)
		qsort(engine->images.items, engine->images.n, sizeof(struct engine_image),
		      image_compare);
	vec_foreach(container, &engine->containers) {
		struct engine_image wanted = {.id = container->image_id};
		const struct engine_image *image =
		    engine->images.n ? bsearch(&wanted, engine->images.items, engine->images.n,
		                               sizeof(struct engine_image), image_compare)
		                     : NULL;

		container->image_known = image != NULL;
		vec_foreach(label, &container->labels)
			label->inherited = !image || image_has(image, label);
		settle_identity(container);
	}
}
