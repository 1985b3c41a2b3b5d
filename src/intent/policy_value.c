/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the policy file: ports, dates, names, addresses, and what is said of wrong ones. */
#include "intent/policy_reader.h"
#include "intent/source_word.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { YEAR_FIRST = 2000, YEAR_LAST = 9999, NAME_CAP = 255, IMAGE_CAP = 1024, LABEL_CAP = 1024 };

int read_word(struct policy_reader *reader, const struct yaml_node *node, const char *expected,
              const char **ret_text)
{
	if (node->kind != YAML_TEXT || !*node->text || yaml_is_empty(node))
		return reader_error(
		    reader, node, "%s: expected %s, found %s",
		    node->key ? quoted(reader, node->key) : "here", expected,
		    node->kind == YAML_TEXT && node->quoted ? "empty text" : yaml_kind_words(node));
	*ret_text = node->text;
	return 0;
}

int read_choice(struct policy_reader *reader, const struct yaml_node *node,
                const char *const *words, size_t *ret_index)
{
	char expected[160] = "";
	const char *text = "";
	size_t used = 0;
	int status;

	for (size_t i = 0; words[i] && used < sizeof(expected); i++) {
		const char *between = i == 0 ? "" : words[i + 1] ? ", " : " or ";
		int n =
		    snprintf(expected + used, sizeof(expected) - used, "%s%s", between, words[i]);

		used += n > 0 ? (size_t)n : 0;
	}
	status = read_word(reader, node, expected, &text);
	if (status < 0)
		return status;
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0) {
			*ret_index = i;
			return 0;
		}
	return reader_error(reader, node, "%s: expected %s%s", quoted(reader, node), expected,
	                    did_you_mean(reader, text, words));
}

int read_bool(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	static const char *const words[] = {"true", "false", NULL};
	static const struct {
		const char *word, *meant;
	} others[] = {{"yes", "true"}, {"on", "true"},   {"1", "true"},
	              {"no", "false"}, {"off", "false"}, {"0", "false"}};
	size_t choice = 0;
	int status;

	for (size_t i = 0; node->kind == YAML_TEXT && i < sizeof(others) / sizeof(*others); i++)
		if (strcasecmp(node->text, others[i].word) == 0)
			return reader_error(reader, node,
			                    "%s: expected true or false; did you mean \"%s\"?",
			                    quoted(reader, node), others[i].meant);
	status = read_choice(reader, node, words, &choice);
	if (status == 0)
		*(bool *)to = choice == 0;
	return status;
}

/* Reads a port's digits; 0 when there are none or it is none. */
static const char *read_port(const char *at, unsigned *ret_port)
{
	size_t digits = strspn(at, "0123456789");
	unsigned long port = 0;

	for (size_t i = 0; i < digits && port <= UINT16_MAX; i++)
		port = port * 10 + (unsigned long)(at[i] - '0');
	*ret_port = port > UINT16_MAX ? UINT16_MAX + 1 : (unsigned)port;
	return digits ? at + digits : NULL;
}

/* Reads what stands behind a port's slash. 0 or -EINVAL. */
static int read_protocol(struct policy_reader *reader, const struct yaml_node *node,
                         const char *word, uint8_t *ret_protocol)
{
	static const char *const words[] = {"tcp", "udp", "sctp", NULL};
	static const uint8_t numbers[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};

	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0) {
			*ret_protocol = numbers[i];
			return 0;
		}
	return reader_error(reader, node, "%s: expected tcp, udp or sctp behind the slash%s",
	                    quoted(reader, node), did_you_mean(reader, word, words));
}

int read_ports(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	static const char expected[] = "a port like 443, 443/tcp or 9000-9010/udp";
	struct policy_ports *ports = to;
	const char *text = "", *at;
	unsigned first, last;
	int status = read_word(reader, node, expected, &text);

	if (status < 0)
		return status;
	at = read_port(text, &first);
	last = first;
	if (at && *at == '-')
		at = read_port(at + 1, &last);
	if (!at || (*at && *at != '/'))
		return reader_error(reader, node, "%s: expected %s", quoted(reader, node),
		                    expected);
	if (first == 0 || first > UINT16_MAX || last == 0 || last > UINT16_MAX)
		return reader_error(reader, node, "%s: expected ports from 1 to 65535",
		                    quoted(reader, node));
	if (first > last)
		return reader_error(reader, node,
		                    "%s: the range ends before it begins; did you mean %u-%u%s?",
		                    quoted(reader, node), last, first, at);
	*ports = (struct policy_ports){.first = (uint16_t)first, .last = (uint16_t)last};
	return *at ? read_protocol(reader, node, at + 1, &ports->protocol) : 0;
}

/* How many days a month has. */
static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

int read_date(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy_accept *accept = to;
	const char *text = "";
	int year, month, day, end = 0;
	struct tm date = {0};
	int status = read_word(reader, node, "a date like 2027-06-01", &text);

	if (status < 0)
		return status;
	if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 ||
	    sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || end != 10)
		return reader_error(reader, node, "%s: expected a date like 2027-06-01",
		                    quoted(reader, node));
	if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12)
		return reader_error(reader, node, "%s: there is no such month, from 2000-01 on",
		                    quoted(reader, node));
	if (day < 1 || day > month_days(year, month))
		return reader_error(reader, node, "%s: that month has %d days",
		                    quoted(reader, node), month_days(year, month));
	date.tm_year = year - 1900;
	date.tm_mon = month - 1;
	date.tm_mday = day;
	accept->until = timegm(&date);
	accept->until_text = text;
	return 0;
}

bool read_prefix(struct policy_reader *reader, const struct yaml_node *node,
                 struct prefix *ret_prefix, int *ret_status)
{
	struct source_word word;
	char wide[PREFIX_TEXT], single[ADDRESS_TEXT];

	*ret_status = 0;
	switch (source_word_prefix(node->text, &word)) {
	case SOURCE_WORD_PREFIX:
		*ret_prefix = word.prefix;
		return true;
	case SOURCE_WORD_HOST_BITS:
		*ret_status = reader_error(
		    reader, node, "%s: has bits beyond /%u; did you mean %s, or %s alone?",
		    quoted(reader, node), word.prefix.len, prefix_format(&word.prefix, wide),
		    address_format(&word.address, single));
		return true;
	case SOURCE_WORD_LENGTH:
		*ret_status =
		    reader_error(reader, node, "%s: expected at most /%zu behind an %s address",
		                 quoted(reader, node), address_size(word.address.family) * 8,
		                 word.address.family == AF_INET ? "IPv4" : "IPv6");
		return true;
	default:
		return false;
	}
}

/* Names of all zones, for did_you_mean(); NULL when memory is out. */
static const char *const *zone_words(const struct policy_reader *reader)
{
	const struct policy *policy = reader->policy;
	size_t n = ZONES_BUILT_IN + policy->zones.n;
	const char **words = arena_alloc(&reader->policy->arena, (n + 3) * sizeof(*words));

	if (!words)
		return NULL;
	for (size_t i = 0; i < n; i++)
		words[i] = policy_zone_name(policy, i);
	words[n] = "any";
	words[n + 1] = "none";
	return words;
}

/* What a `from` is filled from; "none" must stand alone. */
struct from_list {
	struct policy_sources *sources;
	bool none;
};

/* Says that a word is no zone. Returns -EINVAL or -ENOMEM. */
static int unknown_zone(struct policy_reader *reader, const struct yaml_node *node)
{
	const char *const *words = zone_words(reader);

	if (!words)
		return reader_no_memory(reader);
	return reader_error(reader, node,
	                    "unknown zone %s: expected a zone, an address, a prefix or any%s",
	                    quoted(reader, node), did_you_mean(reader, node->text, words));
}

/* One item of `from`. */
static int read_from_item(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct from_list *list = to;
	struct policy_source source = {.zone = SIZE_MAX};
	const char *text = "";
	int status = read_word(reader, node, "a zone, an address, a prefix or any", &text);

	if (status < 0)
		return status;
	if (list->none)
		return reader_error(reader, node, "%s: \"none\" stands alone",
		                    quoted(reader, node));
	if (strcmp(text, "none") == 0) {
		if (list->sources->n)
			return reader_error(reader, node, "\"none\" stands alone");
		list->none = true;
		return 0;
	}
	if (strcmp(text, "any") == 0)
		status = sources_add_all(reader->policy, list->sources);
	else if (read_prefix(reader, node, &source.prefix, &status))
		status = status < 0 ? status : sources_add(list->sources, &source);
	else {
		source.zone = policy_zone_find(reader->policy, text);
		status = source.zone == SIZE_MAX ? unknown_zone(reader, node)
		                                 : sources_add(list->sources, &source);
	}
	return status == -ENOMEM ? reader_no_memory(reader) : status;
}

int read_from(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct from_list list = {.sources = to};
	int status;

	if (yaml_is_empty(node))
		return reader_error(reader, node,
		                    "\"from\": nothing is named; \"none\" is for nobody");
	status = read_list(reader, node, "\"from\"", POLICY_FROM_CAP, true, read_from_item, &list);
	if (status == 0)
		sources_sort(list.sources);
	return status;
}

/* Text of at most cap bytes. */
static int read_short(struct policy_reader *reader, const struct yaml_node *node,
                      const char *expected, size_t cap, const char **ret_text)
{
	int status = read_word(reader, node, expected, ret_text);

	if (status == 0 && strlen(*ret_text) > cap)
		return reader_error(reader, node, "%s: longer than the %zu bytes that are read",
		                    quoted(reader, node), cap);
	return status;
}

/* Whether a text is made of what names of containers, projects and services are made of. */
static bool is_name(const char *text, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789_.-";

	return len > 0 && strspn(text, letters) >= len;
}

int read_container(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy_selector *selector = to;
	const char *text = "";
	int status = read_short(reader, node, "a container's name", NAME_CAP, &text);

	if (status < 0)
		return status;
	text += *text == '/';
	if (!is_name(text, strlen(text)))
		return reader_error(
		    reader, node,
		    "%s: expected a container's name: letters, digits, _ . - and no "
		    "wildcards",
		    quoted(reader, node));
	selector->container = text;
	return 0;
}

int read_service(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy_selector *selector = to;
	const char *text = "", *slash, *service;
	int status = read_short(reader, node, "PROJECT/SERVICE", NAME_CAP, &text);

	if (status < 0)
		return status;
	slash = strchr(text, '/');
	if (!slash && is_name(text, strlen(text)))
		return reader_error(
		    reader, node,
		    "%s: expected PROJECT/SERVICE, like \"shop/%s\"; \"*/%s\" is that "
		    "service of every project",
		    quoted(reader, node), text, text);
	service = slash ? slash + 1 : NULL;
	if (!service || !(is_name(text, (size_t)(slash - text)) || strncmp(text, "*/", 2) == 0) ||
	    !(is_name(service, strlen(service)) || strcmp(service, "*") == 0))
		return reader_error(reader, node, "%s: expected PROJECT/SERVICE, like shop/web",
		                    quoted(reader, node));
	selector->project = arena_strndup(&reader->policy->arena, text, (size_t)(slash - text));
	selector->service = service;
	return selector->project ? 0 : reader_no_memory(reader);
}

int read_image(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy_selector *selector = to;

	return read_short(reader, node, "an image's name, with * for any part", IMAGE_CAP,
	                  &selector->image);
}

int read_label(struct policy_reader *reader, const struct yaml_node *node, void *to)
{
	struct policy_selector *selector = to;
	const char *text = "", *equals;
	int status = read_short(reader, node, "KEY or KEY=VALUE", LABEL_CAP, &text);

	if (status < 0)
		return status;
	if (strncmp(text, "seawall.", 8) != 0 || !text[8])
		return reader_error(reader, node,
		                    "%s: only labels that begin with seawall. are read, because "
		                    "others may hold secrets; did you mean \"seawall.%s\"?",
		                    quoted(reader, node), text);
	equals = strchr(text, '=');
	selector->label =
	    equals ? arena_strndup(&reader->policy->arena, text, (size_t)(equals - text)) : text;
	selector->label_value = equals ? equals + 1 : NULL;
	return selector->label ? 0 : reader_no_memory(reader);
}
