/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables: the environment and .env files, and filling them into text.
 *
 * Theory of operation. $NAME, ${NAME} and ${NAME<how>TEXT} as Compose's documentation has them,
 * with <how> one of :- - :? ? and, where the tool takes them, :+ +. $$ is a $. Text in braces may
 * hold variables itself where the tool takes that; depth and length are bounded.
 */
#include "compose/variables.h"

#include "base/bytes.h"

#include <ctype.h>
#include <string.h>

enum { FILL_DEPTH = 16, FILL_CAP = 1 << 20 };

/* The value of a variable whose name has `len` bytes; NULL where it is not set. */
static const char *value_of(const struct variables *variables, const char *name, size_t len)
{
	for (size_t i = variables->items.n; i > 0; i--) {
		const struct variable *variable = &variables->items.items[i - 1];

		if (strlen(variable->name) == len && memcmp(variable->name, name, len) == 0)
			return variable->value;
	}
	return NULL;
}

/* Adds a variable by copies. 0 or -ENOMEM. */
static int add(struct variables *variables, const char *name, size_t name_len, const char *value,
               size_t value_len, struct arena *arena)
{
	struct variable *variable = vec_push(&variables->items);

	if (!variable)
		return -ENOMEM;
	variable->name = arena_strndup(arena, name, name_len);
	variable->value = arena_strndup(arena, value, value_len);
	return variable->name && variable->value ? 0 : -ENOMEM;
}

/* The bytes of a line without spaces at its ends; *line goes behind the first ones. */
static size_t trim(const char **line, size_t len)
{
	while (len > 0 && isspace((unsigned char)**line)) {
		(*line)++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)(*line)[len - 1]))
		len--;
	return len;
}

/* Cuts a value out of what stands behind "=": quotes, or up to a comment. Returns its length. */
static size_t cut_value(const char **value, size_t len)
{
	const char *end;

	len = trim(value, len);
	if (len > 0 && (**value == '"' || **value == '\'')) {
		end = memchr(*value + 1, **value, len - 1);
		if (end) {
			(*value)++;
			return (size_t)(end - *value);
		}
	}
	for (size_t i = 0; i < len; i++)
		if ((*value)[i] == '#' && (i == 0 || isspace((unsigned char)(*value)[i - 1]))) {
			len = i;
			break;
		}
	return trim(value, len);
}

int variables_add_file(struct variables *variables, const char *text, struct arena *arena)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), line_len;
		const char *line = text, *equals, *value;

		text += len + (text[len] == '\n');
		line_len = trim(&line, len);
		if (line_len == 0 || *line == '#')
			continue;
		if (line_len > 7 && memcmp(line, "export ", 7) == 0) {
			line += 7;
			line_len = trim(&line, line_len - 7);
		}
		equals = memchr(line, '=', line_len);
		if (!equals)
			continue;
		value = equals + 1;
		len = cut_value(&value, line_len - (size_t)(value - line));
		line_len = trim(&line, (size_t)(equals - line));
		if (add(variables, line, line_len, value, len, arena) < 0)
			return -ENOMEM;
	}
	return 0;
}

int variables_add_environment(struct variables *variables, char *const *environment,
                              struct arena *arena)
{
	for (; environment && *environment; environment++) {
		const char *equals = strchr(*environment, '=');

		if (equals && add(variables, *environment, (size_t)(equals - *environment),
		                  equals + 1, strlen(equals + 1), arena) < 0)
			return -ENOMEM;
	}
	return 0;
}

void variables_done(struct variables *variables)
{
	vec_done(&variables->items);
}

/* A filling under way. */
struct filling {
	const struct variables *variables;
	const struct tool_rules *rules;
	const char *whole; /* for sentences */
	struct bytes out;
	struct error **ret_error;
};

/* Says that the text is none that the tool fills in. Returns -EINVAL. */
static int bad_format(const struct filling *filling)
{
	return error_set(filling->ret_error, EINVAL,
	                 "\"%.200s\" is no way to name a variable; a $ is written $$",
	                 filling->whole);
}

/* Adds text to what is filled in. 0, -EFBIG or -ENOMEM. */
static int put(struct filling *filling, const char *text, size_t len)
{
	int status = bytes_append(&filling->out, text, len, FILL_CAP);

	return status < 0 ? error_set(filling->ret_error, -status,
	                              "more text than is taken comes of \"%.200s\"", filling->whole)
	                  : 0;
}

/* The bytes of the variable's name at text; 0 for none. */
static size_t name_len(const char *text, size_t len)
{
	size_t n = 0;

	if (len == 0 || (!isalpha((unsigned char)*text) && *text != '_'))
		return 0;
	while (n < len && (isalnum((unsigned char)text[n]) || text[n] == '_'))
		n++;
	return n;
}

/* The place of the brace that closes the one before text; SIZE_MAX for none. */
static size_t closing(const struct filling *filling, const char *text, size_t len)
{
	unsigned open = 1;

	for (size_t i = 0; i < len; i++) {
		if (filling->rules->nested && text[i] == '$' && i + 1 < len && text[i + 1] == '{')
			open++;
		if (text[i] == '}' && --open == 0)
			return i;
	}
	return SIZE_MAX;
}

static int fill(struct filling *filling, const char *text, size_t len, unsigned depth);

/* Fills what stands between braces. 0 or a negative errno. */
static int fill_braces(struct filling *filling, const char *text, size_t len, unsigned depth)
{
	size_t n = name_len(text, len);
	const char *value = value_of(filling->variables, text, n);
	bool empty_too = n < len && text[n] == ':';
	bool there = value && (*value || !empty_too);
	size_t at = n + empty_too;
	char how = at < len ? text[at] : 0;

	if (n == 0 || (n < len && (how == 0 || !strchr("-?+", how))) ||
	    (how == '+' && !filling->rules->alternatives))
		return bad_format(filling);
	if (n == len)
		return value ? put(filling, value, strlen(value)) : 0;
	text += at + 1;
	len -= at + 1;
	if (how == '+' ? !there : there)
		return how == '+' ? 0 : put(filling, value, strlen(value));
	if (how == '?')
		return error_set(filling->ret_error, EINVAL,
		                 "a variable that must be set is not: %.*s",
		                 (int)(len < 200 ? len : 200), text);
	return filling->rules->nested ? fill(filling, text, len, depth + 1)
	                              : put(filling, text, len);
}

/* Fills what stands behind a $; *ret_taken is how much of the text that is. */
static int fill_dollar(struct filling *filling, const char *text, size_t len, unsigned depth,
                       size_t *ret_taken)
{
	size_t n = name_len(text, len), end;
	const char *value;

	if (len > 0 && *text == '$') {
		*ret_taken = 1;
		return put(filling, "$", 1);
	}
	if (n > 0) {
		value = value_of(filling->variables, text, n);
		*ret_taken = n;
		return value ? put(filling, value, strlen(value)) : 0;
	}
	if (len > 0 && *text == '{') {
		end = closing(filling, text + 1, len - 1);
		if (end == SIZE_MAX || depth >= FILL_DEPTH)
			return bad_format(filling);
		*ret_taken = end + 2;
		return fill_braces(filling, text + 1, end, depth);
	}
	*ret_taken = 0;
	return filling->rules->bare_dollar ? put(filling, "$", 1) : bad_format(filling);
}

/* Fills a text. 0 or a negative errno. */
static int fill(struct filling *filling, const char *text, size_t len, unsigned depth)
{
	while (len > 0) {
		const char *dollar = memchr(text, '$', len);
		size_t plain = dollar ? (size_t)(dollar - text) : len, taken = 0;
		int status = put(filling, text, plain);

		if (status < 0 || !dollar)
			return status;
		text += plain + 1;
		len -= plain + 1;
		status = fill_dollar(filling, text, len, depth, &taken);
		if (status < 0)
			return status;
		text += taken;
		len -= taken;
	}
	return 0;
}

int variables_fill(const struct variables *variables, const struct tool_rules *rules,
                   const char *text, struct arena *arena, const char **ret_text,
                   struct error **ret_error)
{
	struct filling filling = {
	    .variables = variables, .rules = rules, .whole = text, .ret_error = ret_error};
	int status;

	if (!strchr(text, '$')) {
		*ret_text = text;
		return 0;
	}
	status = fill(&filling, text, strlen(text), 0);
	if (status == 0) {
		*ret_text = arena_strndup(arena, filling.out.data ? (char *)filling.out.data : "",
		                          filling.out.len);
		if (!*ret_text)
			status = error_set(ret_error, ENOMEM, "out of memory");
	}
	bytes_done(&filling.out);
	return status;
}
