/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the reader of what Traefik is told: an input is a file in YAML, or, where it begins with
 * "-", words of a command line; behind an empty line labels follow, "key=value" a line, and a line
 * "@NAME" begins another container.
 */
#include "observe/engine_keep.h"
#include "site/traefik.h"

#include <stdlib.h>
#include <string.h>

enum { CONTAINERS_MOST = 16, LABELS_MOST = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Containers of an input. */
struct made {
	struct traefik_setting labels[CONTAINERS_MOST][LABELS_MOST];
	struct traefik_subject subjects[CONTAINERS_MOST];
	size_t n;
};

static void check_route(const struct site_route *route)
{
	if (!route->proxy || !route->file || !route->protocol || !route->target || !route->port ||
	    !route->n_listens || (route->guard.listed && !route->guard.what) ||
	    (route->n_names && !route->names[0]))
		abort();
}

/* Takes the lines of labels, which it cuts. */
static void take_labels(char *text, struct made *made)
{
	static const uint16_t ports[] = {80, 8080};
	char *rest, *line = strtok_r(text, "\n", &rest);

	made->n = 1;
	for (size_t i = 0; i < CONTAINERS_MOST; i++)
		made->subjects[i] = (struct traefik_subject){
		    .name = "c", .labels = made->labels[i], .ports = ports, .n_ports = i % 3};
	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		struct traefik_subject *subject = &made->subjects[made->n - 1];
		char *equals = strchr(line, '=');

		if (*line == '@' && made->n < CONTAINERS_MOST) {
			made->subjects[made->n++].name = line + 1;
		} else if (equals && subject->n_labels < LABELS_MOST) {
			*equals = 0;
			made->labels[subject - made->subjects][subject->n_labels++] =
			    (struct traefik_setting){line, equals + 1};
			(void)engine_keep_label(line, strlen(line));
			(void)engine_keep_rule(equals + 1, strlen(equals + 1));
		}
	}
}

/* Takes what it is started with: the words, or the file. 0 or a negative errno. */
static int take_start(char *text, struct arena *arena, struct traefik_settings *start)
{
	size_t len = strlen(text);

	if (*text != '-')
		return traefik_file(text, len, "f", arena, start, NULL);
	for (char *at = text; *at; at++)
		if (*at == ' ' || *at == '\n')
			*at = 0;
	return traefik_arguments(text, len + 1, arena, start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct site_map map = {.arena = &arena};
	struct traefik_settings start = {0};
	struct made *made = calloc(1, sizeof(*made));
	char *text = malloc(size + 1), *labels;
	size_t i = 0;

	if (!made || !text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	labels = strstr(text, "\n\n");
	if (labels)
		*labels = 0;
	if (take_start(text, &arena, &start) == 0) {
		if (labels)
			take_labels(labels + 2, made);
		(void)traefik_read(&start, made->subjects, made->n, NULL, "T", &map, NULL);
	}
	for (; i < map.routes.n; i++)
		check_route(&map.routes.items[i]);
	site_map_done(&map);
	vec_done(&start);
	arena_done(&arena);
	free(made);
	free(text);
	return 0;
}
