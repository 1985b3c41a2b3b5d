/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A view of a host as input of a fuzz target: a row of records, each a byte for the kind, two for
 * the length (little-endian), bytes. Kinds are enum raw_kind; LEGACY_IPV4 and LEGACY_IPV6 begin a
 * table with its entries, and LEGACY_INFO gives the last one its IPT_SO_GET_INFO.
 */
#pragma once

#include "observe/netview.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { LEGACY_IPV4 = 100, LEGACY_IPV6, LEGACY_INFO, TABLES_MAX = 4, HEAD = 3, CAP = 1 << 20 };

/* Adds one record to the view. */
static inline void record_add(struct netview *view, uint8_t kind, const uint8_t *data, size_t len)
{
	struct xtables_table *table;

	if (kind < RAW_KINDS) {
		if (bytes_append(&view->raw[kind], data, len, CAP) < 0)
			abort();
	} else if ((kind == LEGACY_IPV4 || kind == LEGACY_IPV6) && view->xtables.n < TABLES_MAX) {
		table = vec_push(&view->xtables);
		if (!table)
			abort();
		table->family = kind == LEGACY_IPV4 ? AF_INET : AF_INET6;
		table->name = "nat";
		if (bytes_append(&table->entries, data, len, CAP) < 0)
			abort();
	} else if (kind == LEGACY_INFO && view->xtables.n > 0) {
		table = &view->xtables.items[view->xtables.n - 1];
		if (bytes_append(&table->info, data, len, CAP) < 0)
			abort();
	}
}

/* Fills an empty view. */
static inline void view_input_read(struct netview *view, const uint8_t *data, size_t size)
{
	while (size >= HEAD) {
		uint8_t kind = data[0];
		size_t len = (size_t)data[1] | (size_t)data[2] << 8;

		data += HEAD;
		size -= HEAD;
		if (len > size)
			len = size;
		record_add(view, kind, data, len);
		data += len;
		size -= len;
	}
}
