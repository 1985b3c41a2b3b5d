/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon.json, as far as it decides where ports go. */
#include "lint/lint.h"

#include "base/file.h"

#include <jansson.h>
#include <string.h>

enum { DAEMON_FILE_CAP = 1 << 20 };

DEFINE_CLEANUP(json_t, json_decref);

/* Reads an address out of a text; what is none is every address. */
static struct address address_of(const json_t *value)
{
	const char *text = json_string_value(value);
	struct address address = {0};

	if (text)
		(void)address_parse(text, &address);
	return address;
}

/* The first TCP address among `hosts`, where nothing checks who asks; NULL for none. */
static const char *open_tcp(const json_t *root, struct arena *arena)
{
	const json_t *host;
	size_t i;

	if (json_is_true(json_object_get(root, "tlsverify")))
		return NULL;
	json_array_foreach(json_object_get(root, "hosts"), i, host)
	{
		const char *text = json_string_value(host);

		if (text && strncmp(text, "tcp://", 6) == 0)
			return arena_strdup(arena, text);
	}
	return NULL;
}

int lint_daemon_read(const char *path, struct arena *arena, struct lint_daemon *ret_daemon,
                     struct error **ret_error)
{
	_cleanup_(bytes_done) struct bytes text = {0};
	_cleanup_(cleanup_json_decref) json_t *root = NULL;
	const json_t *networks;
	json_error_t error;
	int status = file_read(path, DAEMON_FILE_CAP, &text, ret_error);

	if (status < 0)
		return status;
	root = json_loadb(text.data ? (const char *)text.data : "", text.len, 0, &error);
	if (!root || !json_is_object(root))
		return error_set(ret_error, EINVAL, "%s:%d:%d: %s", path, root ? 1 : error.line,
		                 root ? 1 : error.column, root ? "expected an object" : error.text);
	networks = json_object_get(json_object_get(root, "default-network-opts"), "bridge");
	*ret_daemon = (struct lint_daemon){
	    .file = path,
	    .ip = address_of(json_object_get(root, "ip")),
	    .network = address_of(
	        json_object_get(networks, "com.docker.network.bridge.host_binding_ipv4")),
	    .no_iptables = json_is_false(json_object_get(root, "iptables")),
	    .tcp = open_tcp(root, arena),
	};
	return 0;
}
