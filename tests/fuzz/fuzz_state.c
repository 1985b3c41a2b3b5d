/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reader of what is kept of walls on disk. */
#include "change/state.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {0};
	struct state state = {0};

	if (!size || bytes_append(&bytes, data, size, SIZE_MAX) < 0)
		return 0;
	if (state_parse(&bytes, &state) && (!state.now.policy || !state.now.boot))
		abort();
	state_done(&state);
	bytes_done(&bytes);
	return 0;
}
