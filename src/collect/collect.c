/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host that Seawall is not on: what its own tools say of it, made into a snapshot here. */
#include "collect/collect.h"

#include "base/file.h"
#include "collect/collect_parts.h"
#include "collect/script.h"

#include <string.h>

enum { COLLECTION_MOST = 512 << 20 };

const char *collect_text(void)
{
	return collect_script;
}

/* Fills what a snapshot says of itself. 0 or -ENOMEM. */
static int take_names(const struct collection *collection, struct snapshot *snapshot)
{
	_cleanup_free_ char *host = collection_word(collection, "host");
	_cleanup_free_ char *kernel = collection_word(collection, "kernel");
	_cleanup_free_ char *taken = collection_word(collection, "time");
	_cleanup_free_ char *user = collection_word(collection, "user");
	int status = 0;

	if (!host || !kernel || !taken || !user)
		return -ENOMEM;
	snapshot->host = arena_strdup(&snapshot->arena, host);
	snapshot->kernel = arena_strdup(&snapshot->arena, kernel);
	snapshot->taken = (time_t)strtoll(taken, NULL, 10);
	if (strcmp(user, "0") != 0)
		status = snapshot_incomplete(
		    snapshot, "it was collected without root: rules and processes are missing");
	if (status == 0)
		status = snapshot_incomplete(
		    snapshot,
		    "flows that are under way, and where web proxies lead, are not collected");
	return snapshot->host && snapshot->kernel ? status : -ENOMEM;
}

int collect_snapshot(const char *path, struct bytes *bytes, struct snapshot **ret_snapshot,
                     struct error **ret_error)
{
	/* Links before everything that names them, the engine before its containers' sockets. */
	static int (*const parts[])(const struct collection *collection, struct snapshot *snapshot,
	                            struct error **ret_error) = {
	    collect_network, collect_rules, collect_sockets, collect_engine, collect_listens,
	};
	_cleanup_collection_ struct collection collection = {0};
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	int status = collection_read(path, bytes, &collection, ret_error);

	if (!snapshot)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (status == 0)
		status = take_names(&collection, snapshot);
	for (size_t i = 0; status == 0 && i < sizeof(parts) / sizeof(*parts); i++)
		status = parts[i](&collection, snapshot, ret_error);
	if (status == -ENOMEM)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (status < 0)
		return status;
	*ret_snapshot = steal_pointer(&snapshot);
	return 0;
}

bool collect_is(const char *path)
{
	char begin[sizeof(COLLECTION_MAGIC)] = "";
	FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : NULL;
	size_t n = file ? fread(begin, 1, sizeof(begin) - 1, file) : 0;

	if (file)
		fclose(file);
	return n == sizeof(begin) - 1 && memcmp(begin, COLLECTION_MAGIC, n) == 0;
}

int collect_read(const char *path, struct snapshot **ret_snapshot, struct error **ret_error)
{
	_cleanup_(bytes_done) struct bytes bytes = {0};
	int status = file_read(path, COLLECTION_MOST, &bytes, ret_error);

	return status < 0 ? status
	                  : collect_snapshot(file_name(path), &bytes, ret_snapshot, ret_error);
}
