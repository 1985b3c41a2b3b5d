/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What conditions of HAProxy ask for (doc/configuration.txt 7.1, 7.2).
 *
 * Theory of operation. A condition is a list of access lists that must all hold, some of them
 * negated. Those that ask for the name, the path, the sender or a password are understood; of the
 * rest, and of "or" between lists that are not all names, it is only said that they decide.
 */
#include "site/haproxy_parts.h"

#include "base/vec.h"

#include <errno.h>
#include <string.h>

static const char acl_decides[] = "an acl decides";

VEC_TYPE(texts, const char *);
VEC_TYPE(prefix_list, struct prefix);

/* A condition that is being put together. */
struct draft {
	const struct haproxy_line *section;
	struct site_map *map;
	struct arena *arena; /* the map's */
	struct haproxy_condition *condition;
	struct texts names;
	struct prefix_list sources;
	unsigned terms, name_terms;
};

/* How a criterion compares: by all of it, its beginning, its end, or a regular expression. */
enum compare { COMPARE_ALL, COMPARE_BEGIN, COMPARE_END, COMPARE_REGEX, COMPARE_OTHER };

/* Whether a criterion begins with a word, up to '(' , ',' or its end. */
static bool is_called(const char *criterion, const char *word)
{
	size_t len = strlen(word);

	return strncmp(criterion, word, len) == 0 &&
	       (criterion[len] == 0 || criterion[len] == '(' || criterion[len] == ',');
}

/* Whether a criterion is the name that the client asked for, and how it is compared. */
static bool is_host(const char *criterion, enum compare *ret_compare)
{
	static const struct {
		const char *word;
		enum compare compare;
	} words[] = {
	    {"hdr(host)", COMPARE_ALL},       {"req.hdr(host)", COMPARE_ALL},
	    {"hdr(Host)", COMPARE_ALL},       {"req.hdr(Host)", COMPARE_ALL},
	    {"hdr_beg(host)", COMPARE_BEGIN}, {"hdr_end(host)", COMPARE_END},
	    {"hdr_reg(host)", COMPARE_REGEX}, {"hdr_dom(host)", COMPARE_END},
	    {"req.ssl_sni", COMPARE_ALL},     {"req_ssl_sni", COMPARE_ALL},
	    {"ssl_fc_sni", COMPARE_ALL},      {"req.ssl_sni_end", COMPARE_END},
	    {"ssl_fc_sni_end", COMPARE_END},  {"base_dom", COMPARE_END},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(criterion, words[i].word, len) != 0 ||
		    (criterion[len] && criterion[len] != ','))
			continue;
		*ret_compare = words[i].compare;
		return true;
	}
	return false;
}

/* Adds a name as it is compared: "a.example", "a.*", "*.example", "~a". 0 or -ENOMEM. */
static int add_name(struct draft *draft, const char *name, enum compare compare)
{
	const char **slot;

	if (site_spend(draft->map, 1, strlen(name)) < 0)
		return -E2BIG;
	slot = vec_push(&draft->names);
	if (!slot)
		return -ENOMEM;
	*slot = compare == COMPARE_BEGIN   ? arena_printf(draft->arena, "%s*", name)
	        : compare == COMPARE_END   ? arena_printf(draft->arena, "*%s", name)
	        : compare == COMPARE_REGEX ? arena_printf(draft->arena, "~%s", name)
	                                   : name;
	return *slot ? 0 : -ENOMEM;
}

/* Notes that more decides than is understood. */
static void guess(struct draft *draft)
{
	draft->condition->guess = acl_decides;
}

/* Passes over flags; *ret_compare is what "-m" says. False for values from a file. */
static bool read_flags(const char *const *words, size_t n, size_t *at, enum compare *compare)
{
	while (*at < n && words[*at][0] == '-' && words[*at][1]) {
		const char *flag = words[(*at)++];

		if (strcmp(flag, "--") == 0)
			return true;
		if (strcmp(flag, "-f") == 0 || strcmp(flag, "-M") == 0)
			return false;
		if (strcmp(flag, "-m") != 0)
			continue;
		if (*at == n)
			return false;
		flag = words[(*at)++];
		*compare = strcmp(flag, "str") == 0   ? COMPARE_ALL
		           : strcmp(flag, "beg") == 0 ? COMPARE_BEGIN
		           : strcmp(flag, "end") == 0 ? COMPARE_END
		           : strcmp(flag, "dom") == 0 ? COMPARE_END
		           : strcmp(flag, "reg") == 0 ? COMPARE_REGEX
		                                      : COMPARE_OTHER;
	}
	return true;
}

/* Takes the senders of a "src". 0 or -ENOMEM. */
static int take_sources(struct draft *draft, const char *const *words, size_t n, bool no)
{
	for (size_t i = 0; i < n; i++) {
		struct prefix prefix, *slot;

		if (site_spend(draft->map, 1, sizeof(*slot)) < 0)
			return -E2BIG;
		if (!prefix_parse(words[i], &prefix)) {
			guess(draft);
			continue;
		}
		slot = vec_push(&draft->sources);
		if (!slot)
			return -ENOMEM;
		*slot = prefix;
	}
	draft->condition->asks_sources |= !no;
	draft->condition->refuses_sources |= no;
	return 0;
}

/* Takes the path of a criterion. 0 or -ENOMEM. */
static int take_path(struct draft *draft, const char *criterion, const char *value, bool no,
                     size_t n)
{
	bool all = is_called(criterion, "path"), regex = is_called(criterion, "path_reg");

	if (no || n != 1) {
		guess(draft);
		return 0;
	}
	draft->condition->path = all     ? arena_printf(draft->arena, "= %s", value)
	                         : regex ? arena_printf(draft->arena, "~ %s", value)
	                                 : value;
	return draft->condition->path ? 0 : -ENOMEM;
}

/* Takes a criterion with its flags and values. 0 or -ENOMEM. */
static int take_criterion(struct draft *draft, const char *const *words, size_t n, bool no)
{
	enum compare compare = COMPARE_ALL;
	size_t at = 1;
	bool host = is_host(words[0], &compare);
	int status = 0;

	if (is_called(words[0], "http_auth") || is_called(words[0], "http_auth_group")) {
		draft->condition->asks_auth |= no;
		draft->condition->has_auth |= !no;
		return 0;
	}
	if (!read_flags(words, n, &at, &compare) || compare == COMPARE_OTHER) {
		guess(draft);
		return 0;
	}
	if (strcmp(words[0], "src") == 0)
		return take_sources(draft, words + at, n - at, no);
	if (is_called(words[0], "path") || is_called(words[0], "path_beg") ||
	    is_called(words[0], "path_reg") || is_called(words[0], "path_dir"))
		return take_path(draft, words[0], at < n ? words[at] : "", no, n - at);
	if (!host || no) {
		guess(draft);
		return 0;
	}
	draft->name_terms++;
	for (; at < n && status == 0; at++)
		status = add_name(draft, words[at], compare);
	return status;
}

/* Takes the access lists of a name, of which one must hold. 0 or -ENOMEM. */
static int take_list(struct draft *draft, const char *name, bool no)
{
	static const char *const always[] = {"TRUE", "HTTP", "HTTP_1.0", "HTTP_1.1", "LOCALHOST"};
	bool found = false;
	int status = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		if (strcmp(name, always[i]) == 0 && i < 4 && !no)
			return 0;
	for (const struct haproxy_line *line = draft->section->next; line && !line->heads;
	     line = line->next) {
		if (status == 0)
			status = site_spend(draft->map, 1, 0);
		if (status < 0 || line->n < 3 || strcmp(line->words[0], "acl") != 0 ||
		    strcmp(line->words[1], name) != 0)
			continue;
		found = true;
		status = take_criterion(draft, line->words + 2, line->n - 2, no);
	}
	if (!found)
		guess(draft);
	return status;
}

/* Where a list in braces ends; n where it does not. */
static size_t brace_end(const char *const *words, size_t at, size_t n)
{
	while (at < n && strcmp(words[at], "}") != 0)
		at++;
	return at;
}

/* Takes the terms of a condition. 0 or -ENOMEM. */
static int take_terms(struct draft *draft, const char *const *words, size_t n)
{
	bool either = false, several_names;
	int status = 0;

	for (size_t at = 0; at < n && status == 0; at++) {
		const char *word = words[at];
		bool no = *word == '!';

		if (strcmp(word, "or") == 0 || strcmp(word, "||") == 0) {
			either = true;
			continue;
		}
		if (no && !word[1] && at + 1 < n)
			word = words[++at];
		else
			word += no;
		draft->terms++;
		if (strcmp(word, "{") == 0) {
			size_t end = brace_end(words, at, n);

			if (end > at + 1)
				status = take_criterion(draft, words + at + 1, end - at - 1, no);
			at = end;
		} else {
			status = take_list(draft, word, no);
		}
	}
	/* One name or another is one of both; anything else may hold by what is not told here. */
	several_names = !either && draft->name_terms > 1 && draft->terms > 1;
	if (several_names || (either && draft->terms != draft->name_terms))
		guess(draft);
	return status;
}

/* Turns what was found round, for "unless". */
static void turn(struct draft *draft)
{
	struct haproxy_condition *condition = draft->condition;
	bool sources = condition->asks_sources, auth = condition->asks_auth;

	if (draft->terms != 1 || draft->names.n || condition->path)
		guess(draft);
	condition->asks_sources = condition->refuses_sources;
	condition->refuses_sources = sources;
	condition->asks_auth = condition->has_auth;
	condition->has_auth = auth;
	draft->names.n = 0;
	condition->path = NULL;
}

int haproxy_condition(const struct haproxy_line *section, const struct haproxy_line *line,
                      size_t at, struct site_map *map, struct haproxy_condition *ret_condition)
{
	struct draft draft = {
	    .section = section, .map = map, .arena = map->arena, .condition = ret_condition};
	int status = 0;

	*ret_condition = (struct haproxy_condition){0};
	if (at >= line->n)
		return 0;
	if (strcmp(line->words[at], "if") != 0 && strcmp(line->words[at], "unless") != 0)
		ret_condition->guess = acl_decides;
	else
		status = take_terms(&draft, line->words + at + 1, line->n - at - 1);
	if (status == 0 && strcmp(line->words[at], "unless") == 0)
		turn(&draft);
	ret_condition->names =
	    site_keep(map, draft.names.items, draft.names.n, sizeof(*draft.names.items), &status);
	ret_condition->n_names = draft.names.n;
	ret_condition->sources = site_keep(map, draft.sources.items, draft.sources.n,
	                                   sizeof(*draft.sources.items), &status);
	ret_condition->n_sources = draft.sources.n;
	vec_done(&draft.names);
	vec_done(&draft.sources);
	return status;
}
