/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reader of HAProxy's configuration. */
#include "site/haproxy.h"
#include "site_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return site_input_try(data, size, haproxy_read);
}
