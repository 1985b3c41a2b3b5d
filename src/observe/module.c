/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether asking the kernel for something would make it load a module.
 *
 * Theory of operation. nfnetlink and sock_diag load the module of a subsystem when somebody asks
 * for it (request_module("nfnetlink-subsys-%d")). Reading must not change the host, and loading
 * sctp, say, lets everyone open such sockets. So a module that depmod(8) knows of and that
 * /sys/module does not have is not asked: what it would manage cannot exist. Code built in has no
 * entry in modules.dep and is asked. A kernel without module files is asked too: what it could
 * load it cannot find either.
 */
#include "observe/module.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* Modules whose answer is remembered; names are string constants. */
enum { MODULES_KNOWN = 8 };

/* Whether a line of modules.dep, "kernel/net/sctp/sctp.ko.zst: ...", is the module's own. */
static bool line_names(const char *line, const char *name)
{
	size_t len = strcspn(line, ":"), name_len = strlen(name);
	const char *base = memrchr(line, '/', len);

	base = base ? base + 1 : line;
	for (size_t i = 0; i < name_len; i++)
		if ((base[i] == '-' ? '_' : base[i]) != name[i])
			return false;
	return strncmp(base + name_len, ".ko", 3) == 0;
}

/* Closes a stream variable; for _cleanup_(). */
static void cleanup_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

/* Whether modules.dep, some hundred kilobytes, knows of a module. */
static bool on_disk(const char *name)
{
	_cleanup_(cleanup_stream) FILE *modules = NULL;
	_cleanup_free_ char *line = NULL;
	struct utsname system;
	char path[128 + sizeof(system.release)];
	size_t room = 0;

	if (uname(&system) < 0)
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", system.release);
	modules = fopen(path, "re");
	if (!modules)
		return false;
	while (getline(&line, &room, modules) > 0)
		if (line_names(line, name))
			return true;
	return false;
}

bool module_asleep(const char *name)
{
	/* The file stays what it is while a kernel runs; for each of a thousand containers. */
	static struct {
		const char *name;
		bool on_disk;
	} known[MODULES_KNOWN];
	char path[128];
	size_t i = 0;

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (access(path, F_OK) == 0)
		return false;
	while (i < MODULES_KNOWN && known[i].name && strcmp(known[i].name, name) != 0)
		i++;
	if (i == MODULES_KNOWN)
		return on_disk(name);
	if (!known[i].name) {
		known[i].on_disk = on_disk(name);
		known[i].name = name;
	}
	return known[i].on_disk;
}
