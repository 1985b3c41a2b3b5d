/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reading of collections, but for the rules, which other programs read. */
#include "collect/collect_parts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An error has a sentence, and it has the place. */
static void check_error(int status, const struct error *error)
{
	if (status == -EBADMSG && strncmp(error_message(error), "f:", 2) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const parts[])(const struct collection *collection, struct snapshot *snapshot,
	                            struct error **ret_error) = {collect_network, collect_sockets,
	                                                         collect_engine, collect_listens};
	_cleanup_collection_ struct collection collection = {0};
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	_cleanup_error_ struct error *error = NULL;
	struct bytes bytes = {0};
	int status;

	if (!snapshot || bytes_append(&bytes, data, size, SIZE_MAX) < 0)
		abort();
	status = collection_read("f", &bytes, &collection, &error);
	check_error(status, error);
	if (status == 0 && collect_handles(&collection, &snapshot->net) < 0)
		abort();
	for (size_t i = 0; status == 0 && i < sizeof(parts) / sizeof(*parts); i++)
		status = parts[i](&collection, snapshot, &error);
	check_error(status, error);
	return 0;
}
