/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes what is done with an engine's answers: the first line names the request, the rest is the
 * answer. It is pruned, what is left is pruned again, which must change nothing, and both the
 * pruned answer and the whole, which a stranger's capture file may bring, are parsed.
 */
#include "observe/engine_parse.h"
#include "observe/engine_read.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Parses one document; whatever comes of it is fine. */
static void parse(const char *request, const char *json)
{
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	_cleanup_error_ struct error *error = NULL;
	struct engine_document *document = snapshot ? vec_push(&snapshot->engine.documents) : NULL;

	if (!document)
		return;
	engine_init(&snapshot->engine);
	*document = (struct engine_document){.request = request, .json = json};
	if (engine_parse(snapshot, &error) < 0 && !error)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *pruned = NULL;
	char *json;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	json = memchr(text, '\n', size);
	if (!json)
		return 0;
	*json++ = 0;
	pruned = engine_prune(text, json, (size_t)(text + size - json), &error);
	if (!pruned && !error)
		abort();
	if (pruned) {
		_cleanup_free_ char *again = engine_prune(text, pruned, strlen(pruned), NULL);

		if (!again || strcmp(again, pruned) != 0 || strlen(pruned) > size + 64)
			abort();
		parse(text, pruned);
	}
	parse(text, json);
	return 0;
}
