/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of a collection.
 *
 * Theory of operation. `nft`, `iptables-save` and `ipset` print what their own counterparts read,
 * so those are run here, in a copy of the collected network, and what they have made is read back
 * from this kernel as from any host's. It happens in a process of its own, which leaves a capture:
 * the copy and all that is in it ends with it. Tables are given to nft one at a time, so that one
 * that this nft does not know costs no other; those that iptables-nft made are left to iptables,
 * whose extensions nft can only hint at in comments.
 */
#include "collect/collect_parts.h"

#include "base/cleanup.h"
#include "base/run.h"
#include "observe/capture.h"
#include "observe/ipset_read.h"
#include "observe/nft_read.h"
#include "observe/xtables_read.h"
#include "prove/twin.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TOOL_SECONDS = 60, COPY_SECONDS = 300 };

/* Where the rules are made. */
struct stage {
	const struct collection *collection;
	struct snapshot *made; /* what is left of it */
};

/* Gives a text to a tool. What it cannot take is noted. 0 or -ENOMEM. */
static int feed(struct stage *stage, const char *what, const char *tool, const char *argument,
                const char *text, size_t len)
{
	_cleanup_free_ char *path = run_find(tool);
	_cleanup_error_ struct error *error = NULL;
	const struct bytes input = {.data = (uint8_t *)text, .len = len};
	const char *const plain[] = {path, NULL}, *const restore[] = {path, argument, NULL};
	const char *const file[] = {path, "-f", "-", NULL};
	int status;

	if (!path)
		return netview_incomplete(&stage->made->net,
		                          "%s cannot be read: there is no %s on this machine", what,
		                          tool);
	status = run_program(!argument                     ? plain
	                     : strcmp(argument, "-f") == 0 ? file
	                                                   : restore,
	                     &input, TOOL_SECONDS, NULL, &error);
	return status == 0 ? 0
	                   : netview_incomplete(&stage->made->net, "%s cannot be read: %s", what,
	                                        error_message(error));
}

/* Whether a listing of iptables-nft has a table: then it is iptables' own, whole. */
static bool is_iptables_table(const struct collection *collection, const char *family,
                              const char *table)
{
	const struct section *section = collection_section(
	    collection, "xtables-nft", strcmp(family, "ip6") == 0 ? "ip6" : "ip");
	const char *text;
	char line[80];
	int len;

	if (!section || (strcmp(family, "ip") != 0 && strcmp(family, "ip6") != 0))
		return false;
	text = section->text;
	len = snprintf(line, sizeof(line), "*%s\n", table);
	/* At the beginning of a line. */
	while ((text = strstr(text, line)) && text != section->text && text[-1] != '\n')
		text += len;
	return text != NULL;
}

/* Takes out of a table what would tie it to the process that loads it: flags but "dormant". They
 * stand before all else of the table. */
static void loosen(char *table)
{
	static const char dormant[] = "flags dormant";
	char *flags = strchr(table, '\n');
	bool keeps;
	size_t len;

	if (!flags || strncmp(flags, "\n\tflags ", 8) != 0)
		return;
	flags++;
	len = strcspn(flags, "\n");
	keeps = memmem(flags, len, "dormant", sizeof("dormant") - 1) != NULL;
	memset(flags, ' ', len);
	if (keeps)
		memcpy(flags, dormant, sizeof(dormant) - 1);
}

/* Gives nft a table, unless it is iptables' own. 0 or -ENOMEM. */
static int feed_table(struct stage *stage, const char *text, size_t len, const char *family,
                      const char *name)
{
	_cleanup_free_ char *table = strndup(text, len), *what = NULL;

	if (is_iptables_table(stage->collection, family, name))
		return 0;
	if (!table || asprintf(&what, "the nftables table %s %s", family, name) < 0) {
		what = NULL;
		return -ENOMEM;
	}
	loosen(table);
	return feed(stage, what, "nft", "-f", table, len);
}

/* Gives nft the tables of a listing, one at a time. What stands between them and is no remark is
 * noted, once: it is no listing then, or one that we do not know. 0 or -ENOMEM. */
static int feed_tables(struct stage *stage, const struct section *section)
{
	const char *at = section->text;
	bool noted = false;
	int status = 0;

	while (status == 0 && *(at += strspn(at, " \t\n"))) {
		const char *end = strchrnul(at, '\n');
		char family[16], name[64];

		if (sscanf(at, "table %15s %63s", family, name) == 2) {
			const char *brace = strstr(at, "\n}");

			end = brace ? brace + 2 : at + strlen(at);
			status = feed_table(stage, at, (size_t)(end - at), family, name);
		} else if (*at != '#' && !noted) {
			noted = true;
			status = netview_incomplete(&stage->made->net,
			                            "nftables: a line was not understood: %.*s",
			                            (int)(end - at < 60 ? end - at : 60), at);
		}
		at = end;
	}
	return status;
}

/* Makes all rules, in the copy. 0 or a negative errno. */
static int make_rules(struct stage *stage)
{
	static const struct {
		const char *name, *of, *what, *tool;
	} parts[] = {
	    {"ipsets", "", "ipsets", "ipset"},
	    {"xtables-legacy", "ip", "the rules of iptables-legacy", "iptables-legacy-restore"},
	    {"xtables-legacy", "ip6", "the rules of ip6tables-legacy", "ip6tables-legacy-restore"},
	    {"xtables-nft", "ip", "the rules of iptables-nft", "iptables-nft-restore"},
	    {"xtables-nft", "ip6", "the rules of ip6tables-nft", "ip6tables-nft-restore"},
	    {"nft", "", "nftables", NULL},
	};
	struct netview *view = &stage->made->net;
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(parts) / sizeof(*parts); i++) {
		const struct section *section =
		    collection_section(stage->collection, parts[i].name, parts[i].of);

		status = section_complaint(section, view);
		if (status < 0 || !section || !section->text[strspn(section->text, " \n")])
			continue;
		status = parts[i].tool
		             ? feed(stage, parts[i].what, parts[i].tool,
		                    strcmp(parts[i].tool, "ipset") == 0 ? "restore" : NULL,
		                    section->text, section->len)
		             : feed_tables(stage, section);
	}
	if (status == 0)
		status = nft_read(view, NULL);
	if (status == 0)
		status = collect_handles(stage->collection, view);
	if (status == 0)
		status = xtables_read(view, NULL);
	if (status == 0)
		status = ipset_read(view, NULL);
	return status;
}

/* Gives the tools a /run of their own: iptables-legacy locks a file there, which is this machine's
 * and which only root may open. Where it cannot be done they say what they lack. */
static void hide_run(void)
{
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		(void)!mount("seawall", "/run", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* Makes the rules in a copy of the network, and leaves them in a file. Returns the exit code. */
static int stage_rules(const struct collection *collection, const struct snapshot *snapshot,
                       FILE *out)
{
	_cleanup_snapshot_ struct snapshot *made = snapshot_new();
	_cleanup_error_ struct error *error = NULL;
	_cleanup_(cleanup_twin_free) struct twin *twin = NULL;
	struct stage stage = {.collection = collection, .made = made};
	int status;

	if (!made)
		return 1;
	made->host = made->kernel = "";
	status = twin_new(&snapshot->net, geteuid() != 0, &twin, &error);
	if (status == 0)
		status = twin_enter(twin);
	if (status == 0)
		hide_run();
	if (status == 0)
		status = make_rules(&stage);
	else
		status = netview_incomplete(&made->net, "rules: %s",
		                            error ? error_message(error) : strerror(-status));
	return status == 0 && capture_write_stream(made, out) == 0 && fflush(out) == 0 ? 0 : 1;
}

/* Takes over the rules that were made. */
static void take_rules(struct netview *view, struct netview *made)
{
	static const enum raw_kind kinds[] = {
	    RAW_NFT_TABLE,  RAW_NFT_CHAIN,     RAW_NFT_SET,  RAW_NFT_ELEMENT,
	    RAW_NFT_OBJECT, RAW_NFT_FLOWTABLE, RAW_NFT_RULE, RAW_IPSET,
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		bytes_done(&view->raw[kinds[i]]);
		view->raw[kinds[i]] = made->raw[kinds[i]];
		made->raw[kinds[i]] = (struct bytes){0};
	}
}

/* The same of legacy tables and of what could not be made, which speak by borrowed names. */
static int take_named(struct netview *view, struct netview *made)
{
	vec_foreach(table, &made->xtables) {
		struct xtables_table *slot = vec_push(&view->xtables);

		if (!slot)
			return -ENOMEM;
		*slot = *table;
		table->info = table->entries = (struct bytes){0};
		slot->name = arena_strdup(&view->arena, table->name);
		if (!slot->name)
			return -ENOMEM;
	}
	vec_foreach(note, &made->incomplete)
		if (netview_incomplete(view, "%s", *note) < 0)
			return -ENOMEM;
	return 0;
}

int collect_rules(const struct collection *collection, struct snapshot *snapshot,
                  struct error **ret_error)
{
	_cleanup_snapshot_ struct snapshot *made = NULL;
	int fd = memfd_create("seawall-rules", MFD_CLOEXEC), status = 0;
	FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;
	pid_t child = file ? fork() : -1;

	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)alarm(COPY_SECONDS);
		_exit(stage_rules(collection, snapshot, file));
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		status = -EIO;
	if (file && status == 0) {
		rewind(file);
		status = capture_read_stream(file, "rules", &made, ret_error);
	} else {
		status = error_set(ret_error, EIO, "the rules of %s could not be made here",
		                   collection->path);
	}
	if (file)
		fclose(file);
	if (status < 0 || !made)
		return status < 0 ? status : -EIO;
	take_rules(&snapshot->net, &made->net);
	return take_named(&snapshot->net, &made->net);
}
