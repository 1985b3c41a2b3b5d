/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, prefixes, bytes, errors and arrays: what everything else stands on. */
#include "base/address.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void addresses_round_trip(void **state)
{
	static const char *const texts[] = {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::"};
	char text[ADDRESS_TEXT];
	struct address address;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_true(address_parse(texts[i], &address));
		assert_string_equal(address_format(&address, text), texts[i]);
	}
	assert_false(address_parse("192.0.2.256", &address));
	assert_false(address_parse("", &address));
	assert_false(address_parse("fe80::1%eth0", &address));
}

static void prefixes_contain_their_addresses(void **state)
{
	static const struct {
		const char *prefix, *address;
		bool inside;
	} cases[] = {
	    {"192.0.2.0/24", "192.0.2.255", true},
	    {"192.0.2.0/24", "192.0.3.0", false},
	    {"0.0.0.0/0", "203.0.113.9", true},
	    {"0.0.0.0/0", "2001:db8::1", false},
	    {"2001:db8::/33", "2001:db8:7fff::1", true},
	    {"2001:db8::/33", "2001:db8:8000::1", false},
	    {"10.9.8.7", "10.9.8.7", true},
	};
	struct prefix prefix;
	struct address address;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(prefix_parse(cases[i].prefix, &prefix));
		assert_true(address_parse(cases[i].address, &address));
		assert_int_equal(prefix_contains(&prefix, &address), cases[i].inside);
	}
	assert_false(prefix_parse("10.0.0.0/33", &prefix));
	assert_false(prefix_parse("10.0.0.0/", &prefix));
	assert_false(prefix_parse("10.0.0.0/-1", &prefix));
	assert_false(prefix_parse("::/129", &prefix));
}

static void address_classes(void **state)
{
	struct address address;

	(void)state;
	assert_true(address_parse("127.8.0.1", &address) && address_is_loopback(&address));
	assert_true(address_parse("::1", &address) && address_is_loopback(&address));
	assert_true(address_parse("fe80::1", &address) && address_is_link_local(&address));
	assert_true(address_parse("172.31.0.1", &address) && address_is_private(&address));
	assert_true(address_parse("172.32.0.1", &address) && !address_is_private(&address));
	assert_true(address_parse("2001:db8::1", &address) && !address_is_private(&address));
	assert_true(address_parse("239.1.1.1", &address) && address_is_multicast(&address));
}

static void arithmetic_carries(void **state)
{
	char text[ADDRESS_TEXT];
	struct address address;
	struct prefix prefix;

	(void)state;
	assert_true(address_parse("10.0.255.255", &address));
	address = address_add(&address, 1);
	assert_string_equal(address_format(&address, text), "10.1.0.0");
	assert_true(prefix_parse("192.0.2.0/23", &prefix));
	address = prefix_last(&prefix);
	assert_string_equal(address_format(&address, text), "192.0.3.255");
}

static void base64_round_trips(void **state)
{
	char *text;
	struct bytes bytes;

	(void)state;
	for (size_t len = 0; len < 7; len++) {
		text = base64_encode("\xff\x00seawa", len);
		assert_int_equal(base64_decode(text, strlen(text), &bytes), 0);
		assert_int_equal(bytes.len, len);
		assert_memory_equal(bytes.data, "\xff\x00seawa", len);
		bytes_done(&bytes);
		free(text);
	}
	assert_int_equal(base64_decode("AAA", 3, &bytes), -EINVAL);
	assert_int_equal(base64_decode("A*AA", 4, &bytes), -EINVAL);
	assert_int_equal(base64_decode("=AAA", 4, &bytes), -EINVAL);
}

static void bytes_have_a_cap(void **state)
{
	struct bytes bytes = {0};

	(void)state;
	assert_int_equal(bytes_append(&bytes, "abc", 3, 4), 0);
	assert_int_equal(bytes_append(&bytes, "de", 2, 4), -EFBIG);
	assert_string_equal((char *)bytes.data, "abc");
	bytes_done(&bytes);
}

static void errors_carry_context(void **state)
{
	struct error *error = NULL;

	(void)state;
	assert_int_equal(error_set(&error, ENOENT, "no %s", "table"), -ENOENT);
	assert_int_equal(error_wrap(&error, -ENOENT, "host"), -ENOENT);
	assert_string_equal(error_message(error), "host: no table");
	error_free(error);
	assert_int_equal(error_set(NULL, EINVAL, "nobody listens"), -EINVAL);
}

static void vectors_grow(void **state)
{
	VEC(int) numbers = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		*vec_push(&numbers) = i;
	assert_int_equal(numbers.n, 1000);
	assert_int_equal(numbers.items[999], 999);
	vec_done(&numbers);
}

static void arenas_keep_strings(void **state)
{
	struct arena arena = {0};
	const char *first = arena_strdup(&arena, "first");

	(void)state;
	for (int i = 0; i < 5000; i++)
		assert_non_null(arena_printf(&arena, "number %d", i));
	assert_string_equal(first, "first");
	assert_null(arena_strdup(&arena, NULL));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_round_trip),
	    cmocka_unit_test(prefixes_contain_their_addresses),
	    cmocka_unit_test(address_classes),
	    cmocka_unit_test(arithmetic_carries),
	    cmocka_unit_test(base64_round_trips),
	    cmocka_unit_test(bytes_have_a_cap),
	    cmocka_unit_test(errors_carry_context),
	    cmocka_unit_test(vectors_grow),
	    cmocka_unit_test(arenas_keep_strings),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
