/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values in rules of iptables: numbers, ranges, ports, marks, names. */
#include "rules/xtables/xt.h"

#include <string.h>
#include <strings.h>

/* What a digit is worth, whatever the base; 99 for what is none. */
static unsigned digit_value(char byte)
{
	if (byte >= '0' && byte <= '9')
		return (unsigned)(byte - '0');
	if (byte >= 'a' && byte <= 'f')
		return (unsigned)(byte - 'a') + 10;
	if (byte >= 'A' && byte <= 'F')
		return (unsigned)(byte - 'A') + 10;
	return 99;
}

bool xt_number_parse(const char *text, const char *end, uint64_t max, uint64_t *ret_number)
{
	unsigned base = 10;
	uint64_t number = 0;

	if (end - text > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (end - text > 1 && text[0] == '0') {
		base = 8;
		text++;
	}
	if (text == end)
		return false;
	for (; text < end; text++) {
		unsigned digit = digit_value(*text);

		if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
		    __builtin_add_overflow(number, digit, &number) || number > max)
			return false;
	}
	*ret_number = number;
	return true;
}

/* Says that a number was expected in a part of a word. */
static int expected_number(const struct xt_reader *reader, const struct xt_word *word,
                           size_t offset, size_t len, uint64_t max)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "a number up to %llu", (unsigned long long)max);
	return xt_expected_in(reader, word, offset, len, what);
}

int xt_number(const struct xt_reader *reader, const struct xt_word *word, uint64_t max,
              uint64_t *ret_number)
{
	size_t len = strlen(word->text);

	if (!xt_number_parse(word->text, word->text + len, max, ret_number))
		return expected_number(reader, word, 0, len, max);
	return 0;
}

size_t xt_part(const char *text, char separator)
{
	const char *end = strchr(text, separator);

	return end ? (size_t)(end - text) : strlen(text);
}

int xt_range(const struct xt_reader *reader, const struct xt_word *word, uint64_t max,
             struct interval *ret_range)
{
	size_t len = strlen(word->text), first_len = xt_part(word->text, ':');
	const char *end = word->text + len, *colon = word->text + first_len;
	uint64_t first = 0, last = max;

	if ((first_len > 0 || len == 0) && !xt_number_parse(word->text, colon, max, &first))
		return expected_number(reader, word, 0, first_len, max);
	if (colon == end)
		last = first;
	else if (colon + 1 < end && !xt_number_parse(colon + 1, end, max, &last))
		return expected_number(reader, word, first_len + 1, len - first_len - 1, max);
	if (first > last)
		return xt_expected(reader, word, "a range that begins with its lower end");
	*ret_range = (struct interval){first, last};
	return 0;
}

/* The port of a service's name. */
static bool service_port(const char *name, size_t len, uint16_t *ret_port)
{
	for (const struct xt_name *service = xt_services; service->name; service++) {
		if (strncmp(service->name, name, len) == 0 && service->name[len] == '\0') {
			*ret_port = (uint16_t)service->value;
			return true;
		}
	}
	return false;
}

int xt_port(const struct xt_reader *reader, const struct xt_word *word, size_t offset, size_t len,
            uint16_t *ret_port)
{
	const char *text = word->text + offset;
	uint64_t port;

	if (xt_number_parse(text, text + len, UINT16_MAX, &port)) {
		*ret_port = (uint16_t)port;
		return 0;
	}
	if (service_port(text, len, ret_port))
		return 0;
	return xt_expected_in(reader, word, offset, len,
	                      "a port, by its number or the name of a well-known service");
}

int xt_ports(const struct xt_reader *reader, const struct xt_word *word, size_t offset, size_t len,
             char separator, struct interval *ret_ports)
{
	const char *text = word->text + offset, *middle = memchr(text, separator, len);
	size_t first_len = middle ? (size_t)(middle - text) : len;
	uint16_t first = 0, last = UINT16_MAX;
	int status = 0;

	/* A name may have the separator in it: "ftp-data". */
	if (separator == '-' && service_port(text, len, &first)) {
		*ret_ports = (struct interval){first, first};
		return 0;
	}
	if (first_len > 0 || !middle)
		status = xt_port(reader, word, offset, first_len, &first);
	if (status == 0 && !middle)
		last = first;
	else if (status == 0 && first_len + 1 < len)
		status = xt_port(reader, word, offset + first_len + 1, len - first_len - 1, &last);
	if (status < 0)
		return status;
	if (first > last)
		return xt_expected_in(reader, word, offset, len,
		                      "a range of ports that begins with its lower end");
	*ret_ports = (struct interval){first, last};
	return 0;
}

int xt_masked(const struct xt_reader *reader, const struct xt_word *word, uint32_t max,
              uint32_t *ret_value, uint32_t *ret_mask, bool *ret_has_mask)
{
	size_t len = strlen(word->text), value_len = xt_part(word->text, '/');
	const char *slash = word->text + value_len;
	uint64_t value, mask = max;

	if (!xt_number_parse(word->text, slash, max, &value))
		return expected_number(reader, word, 0, value_len, max);
	if (*slash && !xt_number_parse(slash + 1, word->text + len, max, &mask))
		return expected_number(reader, word, value_len + 1, len - value_len - 1, max);
	*ret_value = (uint32_t)value;
	*ret_mask = (uint32_t)mask;
	*ret_has_mask = *slash != '\0';
	return 0;
}

const struct xt_name *xt_name_find(const struct xt_name *names, const char *text, size_t len)
{
	const struct xt_name *found = NULL;
	unsigned n = 0;

	for (const struct xt_name *name = names; name->name && len > 0; name++) {
		if (strncasecmp(name->name, text, len) != 0)
			continue;
		if (name->name[len] == '\0')
			return name;
		/* Two names of one thing may begin alike. */
		if (!found || found->value != name->value || found->last != name->last)
			n++;
		found = name;
	}
	return n == 1 ? found : NULL;
}

int xt_name_list(const struct xt_reader *reader, const struct xt_word *word,
                 const struct xt_name *names, const char *what, unsigned *ret_bits)
{
	unsigned bits = 0;

	for (const char *at = word->text;;) {
		size_t len = xt_part(at, ',');
		const struct xt_name *name = xt_name_find(names, at, len);

		if (!name)
			return xt_expected_in(reader, word, (size_t)(at - word->text), len, what);
		bits |= name->value;
		at += len;
		if (*at++ == '\0')
			break;
	}
	*ret_bits = bits;
	return 0;
}

int xt_read_tos(struct xt_draft *draft, const struct xt_word *word, uint8_t *ret_value,
                uint8_t *ret_mask)
{
	const struct xt_name *name = xt_name_find(xt_tos_names, word->text, strlen(word->text));
	enum { NAMED_MASK = 0x3f };
	uint32_t value = 0, mask = 0;
	bool has_mask;
	int status;

	if (name) {
		*ret_value = (uint8_t)name->value;
		*ret_mask = NAMED_MASK;
		return 0;
	}
	status = xt_masked(draft->reader, word, UINT8_MAX, &value, &mask, &has_mask);
	if (status < 0)
		return status;
	*ret_value = (uint8_t)value;
	*ret_mask = (uint8_t)mask;
	return 0;
}

int xt_dscp(const struct xt_reader *reader, const struct xt_word *word, bool by_class,
            uint64_t *ret_value)
{
	enum { DSCP_MAX = 63 };
	const struct xt_name *name;

	if (!by_class)
		return xt_number(reader, word, DSCP_MAX, ret_value);
	name = xt_name_find(xt_dscp_classes, word->text, strlen(word->text));
	if (!name)
		return xt_expected(reader, word, "a class of RFC 2474, as CS1, AF11 or EF");
	*ret_value = name->value;
	return 0;
}
