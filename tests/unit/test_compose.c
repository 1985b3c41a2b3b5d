/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports and variables as docker-compose 1.29, Compose v2 and docker stack deploy read them. */
#include "compose/port.h"
#include "compose/variables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { TEXT_ROOM = 128 };

/* What a tool makes of a port, as text: "ADDRESS HOST CONTAINER/PROTOCOL", or "refused". */
static const char *read_port(enum compose_tool tool, const char *text, bool quoted,
                             char said[static TEXT_ROOM])
{
	const struct yaml_node node = {
	    .kind = YAML_TEXT, .text = text, .quoted = quoted, .file = "f", .line = 1, .column = 1};
	struct compose_ports ports = {0};
	struct arena arena = {0};
	char address[ADDRESS_TEXT];
	_cleanup_error_ struct error *error = NULL;
	int status = port_read(tool_rules_of(tool), &node, &ports, &arena, &error);

	if (status < 0) {
		assert_non_null(error);
		assert_int_equal(strncmp(error_message(error), "f:1:1: ", 7), 0);
		snprintf(said, TEXT_ROOM, "refused");
	} else {
		const struct compose_port *port = &ports.items[0];

		assert_int_equal(ports.n, 1);
		snprintf(said, TEXT_ROOM, "%s%s %u-%u%s %u-%u/%u",
		         port->address_given     ? address_format(&port->address, address)
		         : port->address_dropped ? "dropped"
		                                 : "any",
		         port->address_blank ? " blank" : "", port->host_first, port->host_last,
		         port->one_of ? " one" : "", port->container_first, port->container_last,
		         port->protocol);
	}
	vec_done(&ports);
	arena_done(&arena);
	return said;
}

/* Measured with the tools themselves: `docker-compose config`, `docker compose config`, `docker
 * stack config`. */
static void each_tool_has_its_own_ports(void **state)
{
	static const struct {
		const char *text;
		bool plain; /* without quotes */
		const char *expected[COMPOSE_TOOLS];
	} cases[] = {
	    {"8080:80",
	     false,
	     {"any 8080-8080 80-80/6", "any 8080-8080 80-80/6", "any 8080-8080 80-80/6"}},
	    {"80", false, {"any 0-0 80-80/6", "any 0-0 80-80/6", "any 0-0 80-80/6"}},
	    {"127.0.0.1:8080:80/udp",
	     false,
	     {"127.0.0.1 8080-8080 80-80/17", "127.0.0.1 8080-8080 80-80/17",
	      "dropped 8080-8080 80-80/17"}},
	    {"127.0.0.1::80",
	     false,
	     {"127.0.0.1 0-0 80-80/6", "127.0.0.1 0-0 80-80/6", "dropped 0-0 80-80/6"}},
	    {":8083:80",
	     false,
	     {"refused", "any blank 8083-8083 80-80/6", "any blank 8083-8083 80-80/6"}},
	    {":80", false, {"refused", "any 0-0 80-80/6", "any 0-0 80-80/6"}},
	    {"[::1]:81:81",
	     false,
	     {"::1 81-81 81-81/6", "::1 81-81 81-81/6", "dropped 81-81 81-81/6"}},
	    {"::1:81:81", false, {"::1 81-81 81-81/6", "refused", "refused"}},
	    {"0.0.0.0:80:80",
	     false,
	     {"0.0.0.0 80-80 80-80/6", "0.0.0.0 80-80 80-80/6", "any 80-80 80-80/6"}},
	    {"22:22", true, {"any 0-0 1342-1342/6", "any 22-22 22-22/6", "any 22-22 22-22/6"}},
	    {"22:22", false, {"any 22-22 22-22/6", "any 22-22 22-22/6", "any 22-22 22-22/6"}},
	    {"2222:22", true, {"refused", "any 2222-2222 22-22/6", "any 2222-2222 22-22/6"}},
	    {"8080:80",
	     true,
	     {"any 8080-8080 80-80/6", "any 8080-8080 80-80/6", "any 8080-8080 80-80/6"}},
	    {"8000-8002:80-82",
	     false,
	     {"any 8000-8002 80-82/6", "any 8000-8002 80-82/6", "any 8000-8002 80-82/6"}},
	    {"8000-8010:80",
	     false,
	     {"any 8000-8010 one 80-80/6", "any 8000-8010 one 80-80/6", "any 8000-8010 80-80/6"}},
	    {"8000-8002:80-81", false, {"refused", "refused", "refused"}},
	    {"80:80/TCP", false, {"refused", "any 80-80 80-80/6", "any 80-80 80-80/6"}},
	    {"80:80/http", false, {"refused", "refused", "refused"}},
	    {"localhost:80:80", false, {"refused", "refused", "refused"}},
	    {"127.0.0.1:80", false, {"refused", "refused", "refused"}},
	    {"80:", false, {"refused", "refused", "refused"}},
	    {"", false, {"refused", "refused", "refused"}},
	    {"70000:80", false, {"refused", "refused", "refused"}},
	    {" 80:80", false, {"refused", "refused", "refused"}},
	    {"80-70", false, {"refused", "refused", "refused"}},
	};
	char said[TEXT_ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++)
			if (strcmp(read_port(tool, cases[i].text, !cases[i].plain, said),
			           cases[i].expected[tool]) != 0)
				fail_msg("%s: \"%s\": %s, not %s", compose_tool_name(tool),
				         cases[i].text, said, cases[i].expected[tool]);
}

static void each_tool_fills_in_its_own_way(void **state)
{
	static char *const environment[] = {"SET=1", "EMPTY=", NULL};
	static const struct {
		const char *text;
		const char *expected[COMPOSE_TOOLS]; /* NULL: refused */
	} cases[] = {
	    {"plain", {"plain", "plain", "plain"}},
	    {"$SET-${SET}", {"1-1", "1-1", "1-1"}},
	    {"${NONE}$NONE", {"", "", ""}},
	    {"${NONE:-a}${EMPTY:-b}${EMPTY-c}${NONE-d}", {"abd", "abd", "abd"}},
	    {"${SET:+a}", {NULL, "a", NULL}},
	    {"${EMPTY:+a}${EMPTY+b}", {NULL, "b", NULL}},
	    {"${NONE:?why}", {NULL, NULL, NULL}},
	    {"${EMPTY?why}", {"", "", ""}},
	    {"${NONE:-${SET}}", {"${SET}", "1", "${SET}"}},
	    {"$$SET", {"$SET", "$SET", "$SET"}},
	    {"$(x)", {NULL, "$(x)", NULL}},
	    {"${", {NULL, NULL, NULL}},
	    {"${1}", {NULL, NULL, NULL}},
	};
	struct variables variables = {0};
	struct arena arena = {0};

	(void)state;
	assert_int_equal(variables_add_environment(&variables, environment, &arena), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++) {
			_cleanup_error_ struct error *error = NULL;
			const char *text = NULL;
			int status = variables_fill(&variables, tool_rules_of(tool), cases[i].text,
			                            &arena, &text, &error);

			assert_int_equal(status < 0, error != NULL);
			if ((status < 0) != !cases[i].expected[tool] ||
			    (text && strcmp(text, cases[i].expected[tool]) != 0))
				fail_msg("%s: \"%s\": %s", compose_tool_name(tool), cases[i].text,
				         text ? text : error_message(error));
		}
	variables_done(&variables);
	arena_done(&arena);
}

static void a_file_of_variables_is_read(void **state)
{
	struct variables variables = {0};
	struct arena arena = {0};
	const char *text = NULL;

	(void)state;
	assert_int_equal(variables_add_file(&variables,
	                                    "# a comment\nA=1\n  export B = two words # behind\n"
	                                    "C='quoted # not behind'\nD=\nno line\nA=2\n",
	                                    &arena),
	                 0);
	assert_int_equal(variables_fill(&variables, tool_rules_of(COMPOSE_V2),
	                                "$A|$B|$C|${D-unset}|${no-none}", &arena, &text, NULL),
	                 0);
	assert_string_equal(text, "2|two words|quoted # not behind||none");
	variables_done(&variables);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_tool_has_its_own_ports),
	    cmocka_unit_test(each_tool_fills_in_its_own_way),
	    cmocka_unit_test(a_file_of_variables_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
