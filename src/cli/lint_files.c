/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files `seawall lint` reads, and the lines of them that it shows. */
#include "cli/lint_files.h"

#include "base/file.h"
#include "compose/compose.h"
#include "lint/lint.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RULES_CAP = 64 << 20 };

/* The names in the order that Compose v2 looks for them; docker-compose 1.29 knows the last two. */
static const char *const names[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                    "docker-compose.yaml"};
static const char *const overrides[] = {"compose.override.yaml", "compose.override.yml",
                                        "docker-compose.override.yml",
                                        "docker-compose.override.yaml"};

/* Adds the first of several names that is in a directory. 1, 0 where none is, or -ENOMEM. */
static int add_first(const char *directory, const char *const *list, size_t n, struct arena *arena,
                     struct lint_paths *paths)
{
	for (size_t i = 0; i < n; i++) {
		const char *path = strcmp(directory, ".") == 0
		                       ? list[i]
		                       : arena_printf(arena, "%s/%s", directory, list[i]);
		const char **added;

		if (!path)
			return -ENOMEM;
		if (access(path, F_OK) != 0)
			continue;
		added = vec_push(paths);
		if (!added)
			return -ENOMEM;
		*added = path;
		return 1;
	}
	return 0;
}

int lint_files_find(const char *path, struct arena *arena, struct lint_paths *paths,
                    struct error **ret_error)
{
	struct stat there;
	int found;

	if (stat(path, &there) != 0 || !S_ISDIR(there.st_mode)) {
		const char **added = vec_push(paths);

		if (!added)
			return error_set(ret_error, ENOMEM, "out of memory");
		*added = path;
		return 0;
	}
	found = add_first(path, names, sizeof(names) / sizeof(*names), arena, paths);
	if (found == 0)
		return error_set(ret_error, ENOENT,
		                 "%s: no compose.yaml or docker-compose.yml is here", path);
	if (found > 0)
		found = add_first(path, overrides, sizeof(overrides) / sizeof(*overrides), arena,
		                  paths);
	return found < 0 ? error_set(ret_error, ENOMEM, "out of memory") : 0;
}

int lint_files_part(struct lint_paths *paths, struct lint_rule_files *rules)
{
	size_t kept = 0;

	for (size_t i = 0; i < paths->n; i++) {
		const char *path = paths->items[i];
		struct bytes text = {0};
		struct lint_rules *slot = NULL;
		bool is_rules = strcmp(path, "-") != 0 &&
		                file_read(path, RULES_CAP, &text, NULL) == 0 && text.data &&
		                lint_saved_is((const char *)text.data, text.len);

		if (is_rules && (slot = vec_push(rules)))
			*slot = (struct lint_rules){path, text};
		else
			bytes_done(&text);
		if (is_rules && !slot)
			return -ENOMEM;
		if (!is_rules)
			paths->items[kept++] = path;
	}
	paths->n = kept;
	return 0;
}

void lint_rule_files_done(struct lint_rule_files *rules)
{
	vec_foreach(file, rules)
		bytes_done(&file->text);
	vec_done(rules);
}

/* A file's text. */
struct source {
	char *name;
	struct bytes text;
};

struct lint_sources {
	VEC(struct source) items;
	char line[1024];
};

struct lint_sources *lint_sources_new(void)
{
	return calloc(1, sizeof(struct lint_sources));
}

void lint_sources_free(struct lint_sources *sources)
{
	if (!sources)
		return;
	vec_foreach(source, &sources->items) {
		free(source->name);
		bytes_done(&source->text);
	}
	vec_done(&sources->items);
	free(sources);
}

/* The text of a file, "" where it cannot be read any more; NULL when memory is out. */
static const char *text_of(struct lint_sources *sources, const char *file)
{
	struct source *source;

	vec_foreach(other, &sources->items)
		if (strcmp(other->name, file) == 0)
			return other->text.data ? (const char *)other->text.data : "";
	source = vec_push(&sources->items);
	if (!source)
		return NULL;
	source->name = strdup(file);
	if (!source->name) {
		sources->items.n--;
		return NULL;
	}
	if (strcmp(file, "standard input") == 0 ||
	    file_read(file, COMPOSE_FILE_CAP, &source->text, NULL) < 0)
		return "";
	return source->text.data ? (const char *)source->text.data : "";
}

const char *lint_sources_line(const char *file, unsigned line, void *data)
{
	struct lint_sources *sources = data;
	const char *text = file ? text_of(sources, file) : NULL;
	size_t len;

	while (text && line > 1) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
		line--;
	}
	if (!text || !*text)
		return NULL;
	len = strcspn(text, "\r\n");
	if (len >= sizeof(sources->line))
		len = sizeof(sources->line) - 1;
	memcpy(sources->line, text, len);
	sources->line[len] = 0;
	return sources->line;
}
