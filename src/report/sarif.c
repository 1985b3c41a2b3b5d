/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results as SARIF 2.1.0, the format that code-scanning pages and editors read.
 *
 * Theory of operation. A result keeps its identity from run to run by a fingerprint of its rule,
 * its subject and its file, not of its line or its words, so that an edit above it does not make a
 * new alert. Severity is given twice: as SARIF's level, and as the number that GitHub sorts by.
 */
#include "report/sarif.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "report/json_build.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	const char *level;
	const char *security; /* CVSS-like, as code-scanning pages bucket it */
} levels[] = {
    [SEVERITY_CRITICAL] = {"error", "9.5"},
    [SEVERITY_HIGH] = {"error", "8.0"},
    [SEVERITY_MEDIUM] = {"warning", "5.5"},
    [SEVERITY_LOW] = {"note", "2.5"},
};
_Static_assert(sizeof(levels) / sizeof(*levels) == SEVERITIES, "a level for each severity");

/* {"text": TEXT} */
static json_t *message_json(struct json_builder *builder, const char *text)
{
	json_t *object = json_object();

	json_put(builder, object, "text", text_json(text));
	return object;
}

/* A path as a URI reference (RFC 3986): what is not plain is written %XX. */
static json_t *uri_json(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                            "0123456789-._~/";
	_cleanup_(bytes_done) struct bytes uri = {0};
	const char *start = *path == '/' ? "file://" : "";

	if (bytes_append(&uri, start, strlen(start), SIZE_MAX) < 0)
		return NULL;
	for (; *path; path++) {
		char text[4] = {*path};

		if (!strchr(plain, *path))
			snprintf(text, sizeof(text), "%%%02X", (unsigned char)*path);
		if (bytes_append(&uri, text, strlen(text), SIZE_MAX) < 0)
			return NULL;
	}
	return json_string(uri.data ? (const char *)uri.data : "");
}

/* A rule that results name. */
struct sarif_rule {
	const struct sarif_result *first;
	enum severity worst;
};
VEC_TYPE(sarif_rules, struct sarif_rule);

/* The place of a result's rule in the list of rules; their number where it is not there. */
static size_t rule_index(const struct sarif_rules *rules, const struct sarif_result *result)
{
	size_t i = 0;

	while (i < rules->n && strcmp(rules->items[i].first->rule, result->rule) != 0)
		i++;
	return i;
}

/* Finds the rules of all results; they are few, whatever the results. 0 or -ENOMEM. */
static int rules_collect(const struct sarif_result *results, size_t n, struct sarif_rules *rules)
{
	for (size_t i = 0; i < n; i++) {
		size_t index = rule_index(rules, &results[i]);
		struct sarif_rule *rule = index < rules->n ? &rules->items[index] : vec_push(rules);

		if (!rule)
			return -ENOMEM;
		if (!rule->first)
			*rule = (struct sarif_rule){&results[i], results[i].severity};
		if (results[i].severity < rule->worst)
			rule->worst = results[i].severity;
	}
	return 0;
}

/* A rule, its worst severity included. */
static json_t *rule_object(struct json_builder *builder, const struct sarif_rule *rule)
{
	json_t *object = json_object(), *properties = json_object(), *tags = json_array();

	json_put(builder, object, "id", text_json(rule->first->rule));
	json_put(builder, object, "shortDescription",
	         message_json(builder, rule->first->rule_text));
	json_append(builder, tags, json_string("security"));
	json_put(builder, properties, "tags", tags);
	json_put(builder, properties, "security-severity",
	         json_string(levels[rule->worst].security));
	json_put(builder, object, "properties", properties);
	return object;
}

/* The tool and its rules. */
static json_t *tool_json(struct json_builder *builder, const struct sarif_rules *rules)
{
	json_t *tool = json_object(), *driver = json_object(), *list = json_array();

	vec_foreach(rule, rules)
		json_append(builder, list, rule_object(builder, rule));
	json_put(builder, driver, "name", json_string("seawall"));
	json_put(builder, driver, "version", json_string(SEAWALL_VERSION));
	json_put(builder, driver, "rules", list);
	json_put(builder, tool, "driver", driver);
	return tool;
}

/* {"startLine", ...} of a place that has a line. */
static json_t *region_json(struct json_builder *builder, const struct sarif_place *place)
{
	json_t *region = json_object();

	json_put(builder, region, "startLine", json_integer(place->line));
	if (place->column)
		json_put(builder, region, "startColumn", json_integer(place->column));
	if (place->end_column)
		json_put(builder, region, "endColumn", json_integer(place->end_column));
	return region;
}

/* {"uri": PATH} */
static json_t *artifact_json(struct json_builder *builder, const struct sarif_place *place)
{
	json_t *artifact = json_object();

	json_put(builder, artifact, "uri", uri_json(place->path));
	return artifact;
}

/* Where a result is: its file, and what it is about. */
static json_t *location_json(struct json_builder *builder, const struct sarif_result *result)
{
	json_t *location = json_object();

	if (result->place.path) {
		json_t *physical = json_object();

		json_put(builder, physical, "artifactLocation",
		         artifact_json(builder, &result->place));
		if (result->place.line)
			json_put(builder, physical, "region", region_json(builder, &result->place));
		json_put(builder, location, "physicalLocation", physical);
	}
	if (result->subject) {
		json_t *list = json_array(), *logical = json_object();

		json_put(builder, logical, "fullyQualifiedName", text_json(result->subject));
		json_put(builder, logical, "kind", json_string("resource"));
		json_append(builder, list, logical);
		json_put(builder, location, "logicalLocations", list);
	}
	return location;
}

/* What would mend a result in its file. */
static json_t *fix_json(struct json_builder *builder, const struct sarif_place *place)
{
	json_t *fix = json_object(), *changes = json_array(), *change = json_object();
	json_t *replacements = json_array(), *replacement = json_object();

	json_put(builder, replacement, "deletedRegion", region_json(builder, place));
	json_put(builder, replacement, "insertedContent", message_json(builder, place->insert));
	json_append(builder, replacements, replacement);
	json_put(builder, change, "artifactLocation", artifact_json(builder, place));
	json_put(builder, change, "replacements", replacements);
	json_append(builder, changes, change);
	json_put(builder, fix, "description", message_json(builder, place->reason));
	json_put(builder, fix, "artifactChanges", changes);
	return fix;
}

/* What stays the same of a result from run to run. */
static json_t *fingerprint_json(struct json_builder *builder, const struct sarif_result *result)
{
	json_t *object = json_object();
	uint64_t hash = hash_text(HASH_BEGIN, result->rule);

	hash = hash_text(hash, result->subject ? result->subject : "");
	hash = hash_text(hash, result->place.path ? result->place.path : "");
	json_put(builder, object, "seawall/v1", json_sprintf("%016" PRIx64, hash));
	return object;
}

static json_t *result_json(struct json_builder *builder, const struct sarif_rules *rules,
                           const struct sarif_result *result)
{
	json_t *object = json_object(), *locations = json_array();

	json_put(builder, object, "ruleId", text_json(result->rule));
	json_put(builder, object, "ruleIndex", json_integer((json_int_t)rule_index(rules, result)));
	json_put(builder, object, "level", json_string(levels[result->severity].level));
	json_put(builder, object, "message", message_json(builder, result->message));
	json_append(builder, locations, location_json(builder, result));
	json_put(builder, object, "locations", locations);
	json_put(builder, object, "partialFingerprints", fingerprint_json(builder, result));
	if (result->place.path && result->place.line && result->place.insert) {
		json_t *fixes = json_array();

		json_append(builder, fixes, fix_json(builder, &result->place));
		json_put(builder, object, "fixes", fixes);
	}
	return object;
}

/* What could not be known, as the run's notifications. */
static json_t *invocation_json(struct json_builder *builder, const char *const *incomplete,
                               size_t n)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *notification = json_object();

		json_put(builder, notification, "level", json_string("warning"));
		json_put(builder, notification, "message", message_json(builder, incomplete[i]));
		json_append(builder, list, notification);
	}
	json_put(builder, object, "executionSuccessful", json_boolean(n == 0));
	json_put(builder, object, "toolExecutionNotifications", list);
	return object;
}

/* The run: the tool, what it could not know, and the results. */
static json_t *run_json(struct json_builder *builder, const struct sarif_rules *rules,
                        const struct sarif_result *results, size_t n, json_t *invocation)
{
	json_t *run = json_object(), *list = json_array(), *invocations = json_array();

	for (size_t i = 0; i < n; i++)
		json_append(builder, list, result_json(builder, rules, &results[i]));
	json_append(builder, invocations, invocation);
	json_put(builder, run, "tool", tool_json(builder, rules));
	json_put(builder, run, "columnKind", json_string("unicodeCodePoints"));
	json_put(builder, run, "invocations", invocations);
	json_put(builder, run, "results", list);
	return run;
}

int sarif_write(const struct sarif_result *results, size_t n_results, const char *const *incomplete,
                size_t n_incomplete, FILE *out)
{
	struct json_builder builder = {0};
	struct sarif_rules rules = {0};
	json_t *root = json_object(), *runs = json_array();

	builder.failed = rules_collect(results, n_results, &rules) < 0;
	json_append(&builder, runs,
	            run_json(&builder, &rules, results, n_results,
	                     invocation_json(&builder, incomplete, n_incomplete)));
	json_put(&builder, root, "$schema",
	         json_string("https://json.schemastore.org/sarif-2.1.0.json"));
	json_put(&builder, root, "version", json_string("2.1.0"));
	json_put(&builder, root, "runs", runs);
	vec_done(&rules);
	return json_write(&builder, root, out);
}
