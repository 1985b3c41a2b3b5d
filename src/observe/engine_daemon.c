/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine's daemon was told at its start, as far as its API does not say it.
 *
 * Theory of operation. Whether Docker runs with --iptables=false, without a userland proxy or with
 * direct routing allowed decides who can reach what, and no answer of its API tells. Its process
 * does: the peer of the socket, its arguments, its configuration file as that process sees it.
 * Options come from a fixed list, of the environment one name is looked for, and nothing else is
 * kept. With socket activation the peer is the service manager; then the daemon is the one
 * `dockerd` in our network namespace, if there is exactly one.
 * Docker refuses to start with an option both in the file and on the command line, so the two
 * never differ. A file that is younger than the process says nothing about it: then, as for
 * everything that may not be read, the answer is "not known".
 */
#include "observe/engine_daemon.h"
#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	FILE_CAP = 1 << 20, /* of a command line, an environment, a configuration file */
	PROC_PATH = 64,
	COMM_TEXT = 32,
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_HOSTS };

static const struct option {
	const char *name; /* --NAME, and the key in the file unless file_key is given */
	char letter;      /* -LETTER, or 0 */
	enum option_kind kind;
	const char *file_key;
	int unset; /* OPTION_FLAG: what it is when nobody sets it; -1: depends on the version */
} options[] = {
    {"userland-proxy", 0, OPTION_FLAG, NULL, 1}, {"iptables", 0, OPTION_FLAG, NULL, 1},
    {"ip6tables", 0, OPTION_FLAG, NULL, -1},     {"allow-direct-routing", 0, OPTION_FLAG, NULL, 0},
    {"live-restore", 0, OPTION_FLAG, NULL, 0},   {"ip", 0, OPTION_TEXT, NULL, -1},
    {"bridge", 'b', OPTION_TEXT, NULL, -1},      {"firewall-backend", 0, OPTION_TEXT, NULL, -1},
    {"host", 'H', OPTION_HOSTS, "hosts", -1},
};

/* The key of a daemon that listens on TCP. */
static const char hosts_key[] = "hosts-tcp";

/* Reads a regular file, or one of /proc, of at most FILE_CAP bytes. 0 or a negative errno. */
static int read_file(const char *path, struct bytes *ret_bytes, struct stat *ret_stat)
{
	/* Not waiting for a writer, should somebody have put a FIFO there. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct bytes bytes = {0};
	struct stat found;
	char chunk[4096];
	int status = 0;

	if (fd < 0 || fstat(fd, &found) < 0) {
		status = -errno;
		return status < 0 ? status : -EIO;
	}
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	for (;;) {
		const ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got <= 0) {
			status = got < 0 ? -EIO : 0;
			break;
		}
		status = bytes_append(&bytes, chunk, (size_t)got, FILE_CAP);
		if (status < 0)
			break;
	}
	explicit_bzero(chunk, sizeof(chunk));
	if (status == 0)
		status = bytes_append(&bytes, "", 0, FILE_CAP);
	if (status < 0 || !bytes.data) {
		bytes_done(&bytes);
		return status < 0 ? status : -ENOMEM;
	}
	*ret_bytes = bytes;
	if (ret_stat)
		*ret_stat = found;
	return 0;
}

/* The name of a process's executable, as /proc/PID/comm gives it; "" when it cannot be read. */
static void read_comm(pid_t pid, char comm[static COMM_TEXT])
{
	char path[PROC_PATH];
	struct bytes bytes = {0};

	comm[0] = 0;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (read_file(path, &bytes, NULL) < 0)
		return;
	snprintf(comm, COMM_TEXT, "%.*s", (int)strcspn((char *)bytes.data, "\n"),
	         (char *)bytes.data);
	bytes_done(&bytes);
}

/* Whether a process is in our namespace of a kind ("net", "pid"): 1, 0, or -1 when not known. */
static int same_namespace(pid_t pid, const char *kind)
{
	char path[PROC_PATH];
	struct stat theirs, ours;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	if (stat(path, &theirs) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	if (stat(path, &ours) < 0)
		return -1;
	return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/* The only process called dockerd in our network namespace, or 0. */
static pid_t find_dockerd(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	pid_t found = 0;

	while (proc && (entry = readdir(proc))) {
		const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		char comm[COMM_TEXT];

		if (pid <= 0)
			continue;
		read_comm(pid, comm);
		if (strcmp(comm, "dockerd") != 0 || same_namespace(pid, "net") != 1)
			continue;
		if (found) {
			found = 0;
			break;
		}
		found = pid;
	}
	if (proc)
		closedir(proc);
	return found;
}

/* When a process was started, in seconds of the real-time clock; 0 when not known. */
static time_t start_time(pid_t pid)
{
	char path[PROC_PATH];
	struct bytes bytes = {0};
	struct timespec now, up;
	unsigned long long ticks = 0;
	const char *field;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, &bytes, NULL) < 0)
		return 0;
	/* The name, in parentheses, may have spaces: count from behind it, where field 3 is. */
	field = strrchr((char *)bytes.data, ')');
	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	if (field)
		ticks = strtoull(field, NULL, 10);
	bytes_done(&bytes);
	if (!ticks || clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return 0;
	return now.tv_sec - up.tv_sec + (time_t)(ticks / (unsigned long long)sysconf(_SC_CLK_TCK));
}

/* Whether a host that the daemon listens on is TCP; without a scheme it is. */
static bool host_is_tcp(const char *host)
{
	static const char *const others[] = {"unix://", "fd://", "npipe://"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strncmp(host, others[i], strlen(others[i])) == 0)
			return false;
	return *host != 0;
}

/* Keeps what an option was set to on the command line. */
static int keep_argument(json_t *facts, const struct option *option, const char *value)
{
	json_t *text;

	switch (option->kind) {
	case OPTION_FLAG:
		/* Go's spellings of true. */
		return json_object_set_new(facts, option->name,
		                           json_boolean(strchr("1tT", *value) && *value));
	case OPTION_TEXT:
		text = json_string(value);
		/* What is not UTF-8 is no address or name that Docker would take. */
		return text ? json_object_set_new(facts, option->name, text) : 0;
	case OPTION_HOSTS:
		return host_is_tcp(value) ? json_object_set_new(facts, hosts_key, json_true()) : 0;
	}
	return 0;
}

/*
 * The value that an argument gives an option, or NULL when it is another one: "--NAME=VALUE",
 * "--NAME VALUE", "-LVALUE", "-L VALUE"; a flag alone means "true". `next` is the argument behind.
 */
static const char *argument_value(const char *argument, const char *next, const char *name,
                                  char letter, bool flag)
{
	const size_t len = strlen(name);

	if (strncmp(argument, "--", 2) == 0 && strncmp(argument + 2, name, len) == 0) {
		if (argument[2 + len] == '=')
			return argument + 2 + len + 1;
		if (argument[2 + len] == 0)
			return flag ? "true" : next;
		return NULL;
	}
	if (!letter || argument[0] != '-' || argument[1] != letter)
		return NULL;
	return argument[2] == '=' ? argument + 3 : argument[2] ? argument + 2 : next;
}

/* Walks the arguments of a command line. Gives the configuration file's path where it is named. */
static int read_arguments(json_t *facts, const struct bytes *cmdline, const char **ret_config)
{
	const char *end = (char *)cmdline->data + cmdline->len;

	for (const char *argument = (char *)cmdline->data, *next; argument < end; argument = next) {
		const char *value;

		next = argument + strlen(argument) + 1;
		value = argument_value(argument, next < end ? next : "", "config-file", 0, false);
		if (value)
			*ret_config = value;
		for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
			value = argument_value(argument, next < end ? next : "", options[i].name,
			                       options[i].letter, options[i].kind == OPTION_FLAG);
			if (value && keep_argument(facts, &options[i], value) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* Keeps what the configuration file says of an option. 0, -EBADMSG or -ENOMEM. */
static int keep_setting(json_t *facts, const struct option *option, const json_t *value)
{
	if (option->kind == OPTION_HOSTS) {
		for (size_t i = 0; i < json_array_size(value); i++) {
			const char *host = json_string_value(json_array_get(value, i));

			if (host && keep_argument(facts, option, host) < 0)
				return -ENOMEM;
		}
		return json_is_array(value) ? 0 : -EBADMSG;
	}
	if (option->kind == OPTION_FLAG ? !json_is_boolean(value) : !json_is_string(value))
		return -EBADMSG;
	return json_object_set_new(facts, option->name, json_copy((json_t *)value)) < 0 ? -ENOMEM
	                                                                                : 0;
}

/* Keeps what a configuration file says. 0, -EBADMSG or -ENOMEM. */
static int keep_file(json_t *facts, const json_t *file)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(options) / sizeof(*options); i++) {
		const char *key = options[i].file_key ? options[i].file_key : options[i].name;
		const json_t *value = json_object_get(file, key);

		if (value)
			status = keep_setting(facts, &options[i], value);
	}
	return status;
}

/* Reads the configuration file of a process. 0, or negative when what it says is not known. */
static int read_config(json_t *facts, pid_t pid, const char *config)
{
	_cleanup_free_ char *path = NULL;
	struct bytes bytes = {0};
	const time_t started = start_time(pid);
	struct stat found;
	json_t *file;
	int status;

	/* As the process sees it: it may be in a mount namespace or a chroot. */
	if (asprintf(&path, "/proc/%d/%s/%s", (int)pid, *config == '/' ? "root" : "cwd", config) <
	    0) {
		path = NULL;
		return -ENOMEM;
	}
	status = read_file(path, &bytes, &found);
	if (status < 0)
		return status == -ENOENT || status == -ENOTDIR ? 0 : status;
	file = json_loadb((char *)bytes.data, bytes.len, 0, NULL);
	bytes_done(&bytes);
	if (!json_is_object(file) || !started || found.st_mtime > started + 1)
		status = -ESTALE;
	if (status == 0)
		status = keep_file(facts, file);
	json_decref(file);
	return status;
}

/* Gives each flag that nobody set the value that Docker gives it. */
static int keep_defaults(json_t *facts)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].kind == OPTION_FLAG && options[i].unset >= 0 &&
		    !json_object_get(facts, options[i].name) &&
		    json_object_set_new(facts, options[i].name, json_boolean(options[i].unset)) < 0)
			return -ENOMEM;
	return 0;
}

/* Keeps what follows from everything else, once it is known or not. 0 or -ENOMEM. */
static int keep_rest(json_t *facts, bool known)
{
	int status = known ? keep_defaults(facts) : 0;

	return status < 0 ? status
	                  : json_object_set_new(facts, "options",
	                                        json_string(known ? "known" : "unknown"));
}

/* Looks for the one name in the environment that takes a protection away. */
static int read_environment(json_t *facts, pid_t pid)
{
	static const char name[] = "DOCKER_INSECURE_NO_IPTABLES_RAW=1";
	char path[PROC_PATH];
	struct bytes bytes = {0};
	bool set = false;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (read_file(path, &bytes, NULL) < 0)
		return 0;
	for (size_t at = 0; at < bytes.len; at += strlen((char *)bytes.data + at) + 1)
		set |= strcmp((char *)bytes.data + at, name) == 0;
	explicit_bzero(bytes.data, bytes.len);
	bytes_done(&bytes);
	return json_object_set_new(facts, "insecure-no-iptables-raw", json_boolean(set));
}

/* Reads all of a dockerd's options. 0 or -ENOMEM; what is not known gets no key. */
static int read_dockerd(json_t *facts, pid_t pid)
{
	const char *config = NULL;
	char path[PROC_PATH];
	struct bytes cmdline = {0};
	struct stat process;
	int status, known = -ESTALE;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (read_file(path, &cmdline, NULL) < 0)
		return 0;
	status = read_arguments(facts, &cmdline, &config);
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	/* A rootless daemon's file is in its user's home, which we would have to guess. */
	if (!config && stat(path, &process) == 0 && process.st_uid == 0)
		config = "/etc/docker/daemon.json";
	if (status == 0 && config)
		known = read_config(facts, pid, config);
	bytes_done(&cmdline);
	if (status == 0)
		status = keep_rest(facts, known == 0);
	return status < 0 ? -ENOMEM : read_environment(facts, pid);
}

json_t *engine_daemon_facts(const struct bytes *arguments, const json_t *file, bool insecure)
{
	json_t *facts = json_pack("{s:s}", "pid-namespace", "same");
	const char *config = NULL;

	if (facts && read_arguments(facts, arguments, &config) == 0 &&
	    keep_rest(facts, file && keep_file(facts, file) == 0) == 0 &&
	    json_object_set_new(facts, "insecure-no-iptables-raw", json_boolean(insecure)) == 0)
		return facts;
	json_decref(facts);
	return NULL;
}

json_t *engine_daemon_document(pid_t peer)
{
	static const char *const namespaces[] = {"unknown", "other", "same"};
	const int namespace = peer > 0 ? same_namespace(peer, "pid") : 0;
	json_t *facts = json_object();
	char comm[COMM_TEXT] = "";
	int status;

	status =
	    json_object_set_new(facts, "pid-namespace", json_string(namespaces[namespace + 1]));
	if (peer > 0)
		read_comm(peer, comm);
	if (peer == 1 || strcmp(comm, "systemd") == 0) {
		peer = find_dockerd();
		if (peer > 0)
			read_comm(peer, comm);
	}
	if (status == 0 && peer > 0 && strcmp(comm, "dockerd") == 0)
		status = read_dockerd(facts, peer);
	if (status == 0)
		return facts;
	json_decref(facts);
	return NULL;
}
