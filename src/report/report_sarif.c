/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An audit as SARIF: each finding is a result, at the Compose file of its container.
 *
 * Which file that is the container's own labels say; where none does, the result has only the
 * endpoint's id. A fingerprint needs more than the endpoint: the ways in are part of the subject.
 */
#include "report/report.h"
#include "report/sarif.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

VEC_TYPE(sarif_results, struct sarif_result);

/* The value of a label that was set on the container itself, or NULL. */
static const char *own_label(const struct container *container, const char *key)
{
	vec_foreach(label, &container->labels)
		if (!label->inherited && strcmp(label->key, key) == 0)
			return label->value;
	return NULL;
}

/* The first Compose file of a container; borrowed from the arena, NULL where none is known. */
static const char *compose_file(const struct container *container, struct arena *arena)
{
	const char *files, *directory;

	if (!container || !container->project)
		return NULL;
	files = own_label(container, "com.docker.compose.project.config_files");
	directory = own_label(container, "com.docker.compose.project.working_dir");
	if (!files || !*files)
		return NULL;
	files = arena_strndup(arena, files, strcspn(files, ","));
	if (!files || *files == '/' || !directory)
		return files;
	return arena_printf(arena, "%s/%s", directory, files);
}

/* What a finding is about and by which way, as nothing else of its rule is: NULL on no memory. */
static const char *subject_of(const struct finding *finding, const char *name, struct arena *arena)
{
	char to[ADDRESS_TEXT] = "";

	if (!finding->has_path)
		return arena_printf(arena, "%s", name);
	if (finding->to.family)
		address_format(&finding->to, to);
	return arena_printf(arena, "%s, %s to %s port %u%s%s", name, reach_path_name(finding->path),
	                    *to ? to : "?", finding->to_port, finding->in ? " in by " : "",
	                    finding->in ? finding->in : "");
}

/* Makes the result of a finding. 0 or -ENOMEM. */
static int result_make(const struct audit *audit, const struct finding *finding,
                       struct arena *arena, struct sarif_result *result)
{
	const struct audit_endpoint *endpoint = finding->endpoint < audit->endpoints.n
	                                            ? &audit->endpoints.items[finding->endpoint]
	                                            : NULL;
	const char *kind = finding_kind_name(finding->kind);
	bool numbered = finding->mechanism && *finding->mechanism == 'M';

	*result = (struct sarif_result){
	    .rule = numbered ? finding->mechanism : kind,
	    .rule_text = numbered ? arena_printf(arena, "%s by mechanism %s of docs/exposures.md",
	                                         kind, finding->mechanism)
	                          : kind,
	    .severity = finding->severity,
	    .message = arena_printf(arena, "%s: %s%s%s%s%s", finding->subject,
	                            finding->who ? finding->who : "", finding->who ? ": " : "",
	                            finding->why ? finding->why : "",
	                            finding->fix && *finding->fix ? ". To close it: " : "",
	                            finding->fix ? finding->fix : ""),
	    .subject = subject_of(finding, endpoint ? endpoint->id : finding->subject, arena),
	    .place = {.path = endpoint ? compose_file(endpoint->container, arena) : NULL},
	};
	return result->rule_text && result->message && result->subject ? 0 : -ENOMEM;
}

int report_sarif(const struct audit *audit, FILE *out)
{
	struct sarif_results results = {0};
	struct arena arena = {0};
	int status = 0;

	vec_foreach(finding, &audit->findings) {
		struct sarif_result *result = vec_push(&results);

		status = result ? result_make(audit, finding, &arena, result) : -ENOMEM;
		if (status < 0)
			break;
	}
	if (status == 0)
		status = sarif_write(results.items, results.n, audit->incomplete.items,
		                     audit->incomplete.n, out);
	vec_done(&results);
	arena_done(&arena);
	return status;
}
