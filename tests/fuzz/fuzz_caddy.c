/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reader of Caddyfiles, which may import themselves. */
#include "site/caddy.h"
#include "site_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return site_input_try(data, size, caddy_read);
}
