/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a whole ruleset in nft's text: its commands and the blocks of its tables. */
#include "rules/nft/text.h"

#include <string.h>

/* A command that is one of the words of a table, and what it is about. */
struct target {
	uint32_t table;
	struct nft_slice name;
	const char *at; /* of the name */
};

/* What comes behind a command or a block: the line's end. */
static int line_end(struct nft_reader *reader)
{
	return nft_at_end(reader) ? 0 : nft_unexpected(reader, "the end of the line");
}

/* "[FAMILY] TABLE" */
static int read_table_name(struct nft_reader *reader, uint32_t *ret_table)
{
	uint8_t family = 2; /* NFPROTO_IPV4, when none is told */
	struct nft_slice name = {"", 0};
	int status = 0;

	if (reader->here.token.kind == TOKEN_WORD && nft_family(reader->here.token.text, &family))
		status = nft_next(reader);
	if (status == 0)
		status = nft_take_name(reader, "a table's name", &name);
	return status < 0 ? status : nft_table_declare(&reader->nft, family, name, ret_table);
}

/* "[FAMILY] TABLE NAME" */
static int read_target(struct nft_reader *reader, struct target *target)
{
	int status = read_table_name(reader, &target->table);

	target->at = reader->here.token.at;
	return status < 0 ? status : nft_take_name(reader, "a name", &target->name);
}

/* "include "x"" */
static int refuse_include(struct nft_reader *reader)
{
	struct nft_slice name = {"", 0};
	const char *at = reader->here.token.at;
	int status = nft_next(reader);

	if (status == 0)
		status = nft_take_name(reader, "a file's name", &name);
	return status < 0 ? status
	                  : nft_wrong(&reader->nft, at,
	                              "expected the rules themselves: \"%.*s\" is not read; paste "
	                              "it here, or save \"nft list ruleset\"",
	                              (int)(name.len < 200 ? name.len : 200), name.text);
}

/* A chain of a table, in its block or by a command. */
static int read_chain(struct nft_reader *reader, uint32_t table, struct nft_slice name)
{
	uint32_t chain = 0;
	int status = nft_chain_declare(&reader->nft, table, name, reader->here.line, &chain);

	if (status < 0 || !nft_at_sign(reader, '{'))
		return status;
	return nft_read_chain(reader, chain);
}

/* A set or a map. */
static int read_set(struct nft_reader *reader, uint32_t table, struct nft_slice name, bool is_map)
{
	uint32_t set = 0;
	int status;

	if (!nft_at_sign(reader, '{'))
		return nft_unexpected(reader, "\"{\"");
	status = nft_set_declare(&reader->nft, table, name, &set);
	return status < 0 ? status : nft_read_set_block(reader, table, set, is_map);
}

/* Objects of a table, that no rule's meaning hangs on: "ct helper NAME { ... }". */
static bool at_object(const struct nft_reader *reader)
{
	static const char *const objects[] = {"counter",  "quota",     "limit",   "ct",
	                                      "synproxy", "flowtable", "secmark", "comment",
	                                      "meter",    "tunnel"};

	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		if (nft_at_word(reader, objects[i]))
			return true;
	return false;
}

/* "flags dormant" */
static int read_table_flags(struct nft_reader *reader, uint32_t table)
{
	int status = nft_next(reader);

	while (status == 0 && !nft_at_end(reader)) {
		if (nft_at_word(reader, "dormant"))
			reader->nft.ruleset->tables.items[table].dormant = true;
		status = nft_next(reader);
	}
	return status;
}

/* One thing in a table's block. */
static int read_member(struct nft_reader *reader, uint32_t table)
{
	const bool chain = nft_at_word(reader, "chain"), map = nft_at_word(reader, "map");
	const bool again = nft_at_word(reader, "redefine");
	struct nft_slice name = {"", 0};
	int status;

	if (chain || map || nft_at_word(reader, "set")) {
		status = nft_next(reader);
		if (status == 0)
			status = nft_take_name(reader, "a name", &name);
		if (status < 0)
			return status;
		return chain ? read_chain(reader, table, name) : read_set(reader, table, name, map);
	}
	if (nft_at_word(reader, "flags"))
		return read_table_flags(reader, table);
	if (nft_at_word(reader, "include"))
		return refuse_include(reader);
	if (nft_at_word(reader, "define") || again) {
		status = nft_next(reader);
		return status < 0 ? status : nft_read_define(reader, again);
	}
	if (nft_at_word(reader, "undefine")) {
		status = nft_next(reader);
		return status < 0 ? status : nft_read_undefine(reader);
	}
	if (at_object(reader))
		return nft_skip_block(reader);
	return nft_unexpected(reader, "\"chain\", \"set\", \"map\" or another part of a table");
}

/* "table inet filter { ... }", behind the word. */
static int read_table(struct nft_reader *reader)
{
	const char *opened;
	uint32_t table = 0;
	int status = read_table_name(reader, &table);

	if (status < 0 || !nft_at_sign(reader, '{'))
		return status;
	opened = reader->here.token.at;
	status = nft_next(reader);
	while (status == 0) {
		status = nft_skip_lines(reader);
		if (status < 0 || nft_at_sign(reader, '}'))
			break;
		if (reader->here.token.kind == TOKEN_END)
			return nft_wrong(&reader->nft, opened, "expected this brace to be closed");
		status = read_member(reader, table);
		if (status == 0)
			status = line_end(reader);
	}
	return status < 0 ? status : nft_next(reader);
}

/* "add rule [FAMILY] TABLE CHAIN ...", behind the word. */
static int read_rule_command(struct nft_reader *reader, bool front)
{
	struct target target = {0};
	uint32_t chain = 0;
	int status = read_target(reader, &target);

	if (status < 0)
		return status;
	if (!nft_chain_lookup(&reader->nft, target.table, target.name, &chain))
		return nft_expected(&reader->nft, target.at, target.name, "a chain of the table");
	if (nft_at_word(reader, "handle") || nft_at_word(reader, "position") ||
	    nft_at_word(reader, "index"))
		return nft_unexpected(reader, "a rule without a place among others");
	if (nft_at_end(reader))
		return nft_unexpected(reader, "a rule");
	status =
	    nft_place_add(&reader->nft, chain, front, reader->here.token.at, 0, reader->here.line);
	return status < 0 ? status : nft_skip_rule(reader, target.table);
}

/* "add element [FAMILY] TABLE SET { ... }", behind the word. */
static int read_element_command(struct nft_reader *reader)
{
	struct nft_node *elements = NULL;
	struct target target = {0};
	struct nft_set *set;
	int status = read_target(reader, &target);

	if (status < 0)
		return status;
	set = nft_set_lookup(&reader->nft, target.table, target.name);
	if (!set)
		return nft_expected(&reader->nft, target.at, target.name, "a set of the table");
	reader->uncertain = false;
	status = nft_read_set(reader, &elements);
	if (status == 0 && elements->kind != NFT_SET)
		return nft_wrong(&reader->nft, elements->at, "expected elements in braces");
	if (status == 0)
		status = nft_set_fill(&reader->nft, target.table, set, elements);
	set->deleted_from = set->deleted_from || reader->uncertain;
	nft_pool_reset(&reader->nft.pool);
	return status;
}

/* What "add" is about: "add table", "add rule"; "add" itself may be left out. */
static int read_add(struct nft_reader *reader, bool front)
{
	const bool chain = nft_at_word(reader, "chain"), map = nft_at_word(reader, "map");
	const bool rule = nft_at_word(reader, "rule"), element = nft_at_word(reader, "element");
	const bool table = nft_at_word(reader, "table"), set = nft_at_word(reader, "set");
	struct target target = {0};
	int status;

	if (!chain && !map && !rule && !element && !table && !set) {
		if (at_object(reader))
			return nft_skip_block(reader);
		return nft_unexpected(reader, "\"table\", \"chain\", \"rule\", \"set\", \"map\" or "
		                              "\"element\"");
	}
	status = nft_next(reader);
	if (status < 0)
		return status;
	if (table)
		return read_table(reader);
	if (rule)
		return read_rule_command(reader, front);
	if (element)
		return read_element_command(reader);
	status = read_target(reader, &target);
	if (status < 0)
		return status;
	return chain ? read_chain(reader, target.table, target.name)
	             : read_set(reader, target.table, target.name, map);
}

/* "flush ruleset", "flush table inet filter", "flush chain inet filter input" */
static int read_flush(struct nft_reader *reader)
{
	struct nft *nft = &reader->nft;
	struct nft_slice what = {"", 0};
	const char *at = reader->here.token.at;
	struct target target = {0};
	uint8_t family;
	uint32_t found = 0;
	int status = nft_take_name(reader, "\"ruleset\", \"table\" or \"chain\"", &what);

	if (status < 0)
		return status;
	if (nft_slice_is(what, "ruleset")) {
		if (nft_at_end(reader)) {
			nft_flush_ruleset(nft);
			return 0;
		}
		if (!nft_family(reader->here.token.text, &family))
			return nft_unexpected(reader, "a family");
		for (size_t i = 0; i < nft->ruleset->tables.n; i++)
			if (nft->ruleset->tables.items[i].family == family)
				nft_delete_table(nft, (uint32_t)i);
		return nft_next(reader);
	}
	if (nft_slice_is(what, "table")) {
		status = read_table_name(reader, &target.table);
		if (status == 0)
			nft_flush_table(nft, target.table);
		return status;
	}
	if (!nft_slice_is(what, "chain") && !nft_slice_is(what, "set") &&
	    !nft_slice_is(what, "map"))
		return nft_expected(nft, at, what, "\"ruleset\", \"table\", \"chain\" or \"set\"");
	status = read_target(reader, &target);
	if (status < 0)
		return status;
	if (!nft_slice_is(what, "chain")) {
		struct nft_set *set = nft_set_lookup(nft, target.table, target.name);

		if (!set)
			return nft_expected(nft, target.at, target.name, "a set of the table");
		set->n = set->keys.n = set->data.n = set->verdicts.n = 0;
		set->any = set->opaque = false;
		return 0;
	}
	if (!nft_chain_lookup(nft, target.table, target.name, &found))
		return nft_expected(nft, target.at, target.name, "a chain of the table");
	nft_flush_chain(nft, found);
	return 0;
}

/* "delete table inet filter"; what else can be deleted is not followed. */
static int read_delete(struct nft_reader *reader)
{
	uint32_t table = 0;
	int status;

	if (!nft_at_word(reader, "table"))
		return nft_unexpected(reader, "\"table\": what else is deleted cannot be followed");
	status = nft_next(reader);
	if (status == 0)
		status = read_table_name(reader, &table);
	if (status == 0)
		nft_delete_table(&reader->nft, table);
	return status;
}

static int read_define(struct nft_reader *reader)
{
	return nft_read_define(reader, false);
}

static int read_redefine(struct nft_reader *reader)
{
	return nft_read_define(reader, true);
}

static int read_add_behind(struct nft_reader *reader)
{
	return read_add(reader, false);
}

static int read_insert(struct nft_reader *reader)
{
	return read_add(reader, true);
}

/* One command. */
static int read_command(struct nft_reader *reader)
{
	static const struct {
		const char *word;
		int (*read)(struct nft_reader *reader);
	} commands[] = {
	    {"table", read_table},           {"flush", read_flush},   {"add", read_add_behind},
	    {"create", read_add_behind},     {"insert", read_insert}, {"delete", read_delete},
	    {"destroy", read_delete},        {"define", read_define}, {"redefine", read_redefine},
	    {"undefine", nft_read_undefine},
	};
	int status;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!nft_at_word(reader, commands[i].word))
			continue;
		status = nft_next(reader);
		return status < 0 ? status : commands[i].read(reader);
	}
	if (nft_at_word(reader, "include"))
		return refuse_include(reader);
	if (nft_at_word(reader, "chain") || nft_at_word(reader, "rule") ||
	    nft_at_word(reader, "set") || nft_at_word(reader, "map") ||
	    nft_at_word(reader, "element"))
		return read_add(reader, false);
	return nft_unexpected(reader, "\"table\" or another command of nft");
}

/* All commands: declares, and notes where rules stand. */
static int read_commands(struct nft_reader *reader)
{
	int status = nft_next(reader);

	while (status == 0) {
		status = nft_skip_lines(reader);
		if (status < 0 || reader->here.token.kind == TOKEN_END)
			break;
		status = read_command(reader);
		if (status == 0 && nft_at_sign(reader, '}'))
			status = nft_unexpected(reader, "a command: no brace is open");
		if (status == 0)
			status = line_end(reader);
	}
	return status;
}

/* Reads and builds one rule. */
static int read_place(struct nft_reader *reader, const struct nft_place *place)
{
	const size_t n_elements = reader->nft.n_elements;
	const char *text;
	int status;

	reader->here = (struct nft_position){.at = place->at, .line = place->line};
	reader->n_variables = place->n_variables;
	reader->handle = 0;
	reader->depth = 0;
	status = nft_next(reader);
	if (status == 0)
		status = nft_read_rule(reader, &text);
	if (status == 0)
		status = nft_build(&reader->nft, place->chain, place->line, reader->handle, text);
	nft_pool_reset(&reader->nft.pool);
	reader->nft.n_elements = n_elements;
	return status;
}

int ruleset_read_nft(const char *path, const char *text, size_t len, struct ruleset *ruleset,
                     struct error **ret_error)
{
	const size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	struct nft_reader reader = {.nft = {.path = path,
	                                    .start = text + mark,
	                                    .end = text + len,
	                                    .ruleset = ruleset,
	                                    .ret_error = ret_error}};
	int status;

	reader.here = (struct nft_position){.at = text + mark, .line = 1};
	status = read_commands(&reader);
	if (status == 0) {
		nft_touches_tell(&reader.nft);
		nft_places_sort(&reader.nft);
	}
	for (size_t i = 0; i < reader.nft.places.n && status == 0; i++)
		if (nft_place_holds(&reader.nft, &reader.nft.places.items[i]))
			status = read_place(&reader, &reader.nft.places.items[i]);
	vec_done(&reader.cuts);
	nft_done(&reader.nft);
	return status;
}
