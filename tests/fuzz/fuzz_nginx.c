/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reader of nginx's configuration; a file may include itself. */
#include "site/nginx.h"
#include "site_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return site_input_try(data, size, nginx_read);
}
