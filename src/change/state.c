/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of walls on disk. */
#include "change/state.h"

#include "base/cleanup.h"
#include "base/directories.h"
#include "base/file.h"
#include "base/hash.h"
#include "wall/table.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_VERSION = 1, STATE_MOST = 4 * WALL_TRANSACTION_MOST, PATH_ROOM = 512 };

DEFINE_CLEANUP(json_t, json_decref);

void state_boot(char boot[static 40])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	boot[0] = 0;
	if (!file)
		return;
	if (!fgets(boot, 40, file))
		boot[0] = 0;
	boot[strcspn(boot, "\n")] = 0;
	fclose(file);
}

int state_name_add(struct state_names *names, const char *name)
{
	char **slot = vec_push(names);

	return slot && (*slot = strdup(name)) ? 0 : -ENOMEM;
}

void state_names_done(struct state_names *names)
{
	vec_foreach(name, names)
		free(*name);
	vec_done(names);
}

/* A list of names. NULL without memory. */
static json_t *names_json(const struct state_names *names)
{
	json_t *list = json_array();

	vec_foreach(name, names)
		if (json_array_append_new(list, json_string(*name)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Reads a list of names. False where it is none. */
static bool read_names(json_t *list, struct state_names *names)
{
	size_t index;
	json_t *name;

	if (!json_is_array(list))
		return false;
	json_array_foreach(list, index, name)
	{
		const char *text = json_string_value(name);

		if (!text || !*text || strlen(text) >= IFNAMSIZ || state_name_add(names, text) < 0)
			return false;
	}
	return true;
}

/* A wall as JSON; null for none. NULL without memory. */
static json_t *wall_json(const struct state_wall *wall, bool there)
{
	_cleanup_free_ char *transaction = NULL;

	if (!there)
		return json_null();
	transaction =
	    base64_encode(wall->transaction.data ? wall->transaction.data : (const uint8_t *)"",
	                  wall->transaction.len);
	if (!transaction)
		return NULL;
	return json_pack("{s:s, s:o, s:o*, s:s, s:s, s:I, s:I, s:I, s:b, s:b}", "transaction",
	                 transaction, "bridges", names_json(&wall->bridges), "uplinks",
	                 wall->has_uplinks ? names_json(&wall->uplinks) : NULL, "policy",
	                 wall->policy ? wall->policy : "", "boot", wall->boot ? wall->boot : "",
	                 "applied", (json_int_t)wall->applied, "proved", (json_int_t)wall->proved,
	                 "packets", (json_int_t)wall->packets, "log_only", wall->log_only,
	                 "hard_asked", wall->hard_asked);
}

/* Reads a wall. False where something is missing or of another type. */
static bool read_wall(json_t *json, struct state_wall *wall)
{
	const char *transaction, *policy, *boot;
	json_int_t applied, proved, packets;
	int log_only, hard_asked;
	json_t *bridges, *uplinks = NULL;

	if (json_unpack(json, "{s:s, s:o, s?o, s:s, s:s, s:I, s:I, s:I, s:b, s:b}", "transaction",
	                &transaction, "bridges", &bridges, "uplinks", &uplinks, "policy", &policy,
	                "boot", &boot, "applied", &applied, "proved", &proved, "packets", &packets,
	                "log_only", &log_only, "hard_asked", &hard_asked) < 0 ||
	    !read_names(bridges, &wall->bridges) ||
	    (uplinks && !read_names(uplinks, &wall->uplinks)) ||
	    base64_decode(transaction, strlen(transaction), &wall->transaction) < 0)
		return false;
	wall->policy = strdup(policy);
	wall->boot = strdup(boot);
	wall->applied = (time_t)applied;
	wall->proved = (time_t)proved;
	wall->packets = (uint64_t)packets;
	wall->log_only = log_only;
	wall->hard_asked = hard_asked;
	wall->has_uplinks = uplinks != NULL;
	return wall->policy && wall->boot;
}

/* Reads what is inside, once its checksum is right. False where it is not what it should be. */
static bool read_payload(json_t *payload, struct state *state)
{
	json_t *now = json_object_get(payload, "now"), *before = json_object_get(payload, "before");

	if (!json_is_object(now) || !read_wall(now, &state->now))
		return false;
	state->has_before = json_is_object(before);
	return !state->has_before || read_wall(before, &state->before);
}

bool state_parse(const struct bytes *bytes, struct state *state)
{
	_cleanup_(cleanup_json_decref) json_t *root =
	    json_loadb((const char *)bytes->data, bytes->len, JSON_REJECT_DUPLICATES, NULL);
	_cleanup_free_ char *text = NULL;
	json_t *payload = json_object_get(root, "walls");
	const char *sum = json_string_value(json_object_get(root, "checksum"));
	char wanted[20];

	if (!payload || !sum ||
	    json_integer_value(json_object_get(root, "version")) != STATE_VERSION)
		return false;
	text = json_dumps(payload, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		return false;
	snprintf(wanted, sizeof(wanted), "%016llx",
	         (unsigned long long)hash_text(HASH_BEGIN, text));
	return strcmp(sum, wanted) == 0 && read_payload(payload, state);
}

/* Writes a path in the state's directory. */
static const char *path_of(const char *name, char path[static PATH_ROOM])
{
	snprintf(path, PATH_ROOM, "%s/%s", state_directory(), name);
	return path;
}

int state_read(struct state *ret_state, struct error **ret_error)
{
	_cleanup_error_ struct error *error = NULL;
	struct bytes bytes = {0};
	char path[PATH_ROOM];
	int status = file_read(path_of("state", path), STATE_MOST, &bytes, &error);

	*ret_state = (struct state){0};
	if (status == 0 && (!bytes.len || !state_parse(&bytes, ret_state)))
		status = error_set(ret_error, EBADMSG,
		                   "%s is damaged, or of another version: it is not used", path);
	else if (status < 0 && status != -ENOENT)
		status = error_set(ret_error, -status, "%s", error_message(error));
	bytes_done(&bytes);
	return status == -ENOENT ? 1 : status;
}

/* Makes the directory and writes a file that is not yet the state. 0 or a negative errno. */
static int write_beside(const char *path, const char *text)
{
	size_t len = strlen(text), done = 0;
	_cleanup_close_ int fd = -1;

	if (mkdir(state_directory(), 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Makes a name in the directory last. 0 or a negative errno. */
static int sync_directory(void)
{
	_cleanup_close_ int fd = open(state_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* The document, as text that the caller frees. NULL without memory. */
static char *document(const struct state *state)
{
	_cleanup_(cleanup_json_decref) json_t *payload =
	    json_pack("{s:o, s:o}", "now", wall_json(&state->now, true), "before",
	              wall_json(&state->before, state->has_before));
	_cleanup_(cleanup_json_decref) json_t *root = NULL;
	_cleanup_free_ char *text =
	    payload ? json_dumps(payload, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	char sum[20];

	if (!text)
		return NULL;
	snprintf(sum, sizeof(sum), "%016llx", (unsigned long long)hash_text(HASH_BEGIN, text));
	root = json_pack("{s:i, s:s, s:O}", "version", STATE_VERSION, "checksum", sum, "walls",
	                 payload);
	return root ? json_dumps(root, JSON_COMPACT) : NULL;
}

/* Says that a file of ours could not be written. Returns the status. */
static int failed(int status, struct error **ret_error)
{
	char path[PATH_ROOM];

	state_discard();
	return error_set(ret_error, -status, "%s: %s", path_of("state", path), strerror(-status));
}

int state_prepare(const struct state *state, struct error **ret_error)
{
	_cleanup_free_ char *text = document(state);
	char beside[PATH_ROOM];
	int status = text ? write_beside(path_of("state.new", beside), text) : -ENOMEM;

	return status < 0 ? failed(status, ret_error) : 0;
}

int state_publish(struct error **ret_error)
{
	char path[PATH_ROOM], beside[PATH_ROOM];
	int status = 0;

	if (rename(path_of("state.new", beside), path_of("state", path)) < 0)
		status = -errno;
	if (status == 0)
		status = sync_directory();
	return status < 0 ? failed(status, ret_error) : 0;
}

void state_discard(void)
{
	char beside[PATH_ROOM];

	(void)unlink(path_of("state.new", beside));
}

int state_write(const struct state *state, struct error **ret_error)
{
	int status = state_prepare(state, ret_error);

	return status < 0 ? status : state_publish(ret_error);
}

const char *state_keep_policy(const char *text)
{
	static char path[PATH_ROOM];
	int status = write_beside(path_of("fix.yaml", path), text);

	errno = -status;
	return status < 0 ? NULL : path;
}

int state_remove(struct error **ret_error)
{
	char path[PATH_ROOM];

	(void)unlink(path_of("state.new", path));
	(void)unlink(path_of("fix.yaml", path));
	if (unlink(path_of("state", path)) < 0 && errno != ENOENT)
		return error_set(ret_error, errno, "%s: %s", path, strerror(errno));
	return 0;
}

void state_wall_done(struct state_wall *wall)
{
	bytes_done(&wall->transaction);
	state_names_done(&wall->bridges);
	state_names_done(&wall->uplinks);
	free(wall->policy);
	free(wall->boot);
	*wall = (struct state_wall){0};
}

void state_done(struct state *state)
{
	state_wall_done(&state->now);
	state_wall_done(&state->before);
	state->has_before = false;
}
