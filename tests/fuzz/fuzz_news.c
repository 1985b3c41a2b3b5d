/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the lines of an engine's events: whatever they are, what waits afterwards are ids, each
 * once, and not more than there may be. */
#include "observe/engine_fetch.h"
#include "observe/engine_parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_news news = {0};

	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) + 1 : size;
		struct broker_answer answer = {.http = 200};

		if (bytes_append(&answer.bytes, data, len, len) == 0)
			(void)engine_news_take(&news, &answer);
		bytes_done(&answer.bytes);
		data += len;
		size -= len;
	}
	if (news.ids.n > 64)
		abort();
	for (size_t i = 0; i < news.ids.n; i++) {
		if (!engine_id_valid(news.ids.items[i]))
			abort();
		for (size_t k = 0; k < i; k++)
			if (strcmp(news.ids.items[i], news.ids.items[k]) == 0)
				abort();
	}
	vec_foreach(id, &news.ids)
		free(*id);
	vec_done(&news.ids);
	return 0;
}
