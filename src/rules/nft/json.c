/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads "nft -j list ruleset": tables, chains, sets, and where rules stand. */
#include "rules/nft/json.h"

#include <netinet/in.h>
#include <linux/netfilter.h>

/* A reader that goes on in the text, for lines. */
struct lines {
	const char *at;
	unsigned line;
};

/* The line of a place that is not before the last one asked for. */
static unsigned line_of(struct lines *lines, const char *at)
{
	for (; lines->at < at; lines->at++)
		lines->line += *lines->at == '\n';
	return lines->line;
}

/* The table that an object is of, or is itself. */
static int table_of(struct nft *nft, json_value object, const char *key, uint32_t *ret_table)
{
	struct nft_slice family = {"", 0}, name = {"", 0};
	uint8_t number;
	int status = json_need(nft, object, "family", &family);

	if (status == 0)
		status = json_need(nft, object, key, &name);
	if (status < 0)
		return status;
	if (!nft_family(family, &number))
		return json_expected(nft, json_get(object, "family"), "a family of tables");
	return nft_table_declare(nft, number, name, ret_table);
}

static int read_table(struct nft *nft, json_value object, struct lines *lines)
{
	const json_value flags = json_get(object, "flags");
	struct json_items items = json_items(flags);
	json_value item = {0};
	uint32_t table = 0;
	int status = table_of(nft, object, "name", &table);

	(void)lines;
	if (status < 0)
		return status;
	if (json_is(flags, "dormant"))
		nft->ruleset->tables.items[table].dormant = true;
	while (json_next(&items, &item))
		if (json_is(item, "dormant"))
			nft->ruleset->tables.items[table].dormant = true;
	return 0;
}

/* A whole number with its sign. */
static int read_priority(struct nft *nft, json_value value, int *ret_priority)
{
	struct nft_slice text = {"", 0};
	uint64_t number = 0;
	bool negative = false;
	int status = json_text(nft, value, &text);

	if (status < 0)
		return status;
	negative = text.len > 0 && text.text[0] == '-';
	if (negative)
		text = (struct nft_slice){text.text + 1, text.len - 1};
	if (!nft_number(text, INT32_MAX, &number))
		return json_expected(nft, value, "a priority");
	*ret_priority = negative ? -(int)number : (int)number;
	return 0;
}

/* The devices of a chain as one name. */
static int read_devices(struct nft *nft, json_value value, struct chain *chain)
{
	struct json_items items = json_items(value);
	struct nft_text text = {0};
	struct nft_slice name = {"", 0};
	json_value item = {0};
	int status = json_text(nft, value, &name);

	nft_text_add(&text, name.text, name.len);
	while (status == 0 && json_next(&items, &item)) {
		status = json_text(nft, item, &name);
		nft_text_put(&text, text.len > 0 ? "," : "");
		nft_text_add(&text, name.text, name.len);
	}
	chain->device = status < 0 ? NULL : nft_text_keep(nft, &text);
	free(text.data);
	return status < 0 || chain->device ? status : -ENOMEM;
}

/* What makes a chain a base chain. */
static int read_hook(struct nft *nft, json_value object, uint8_t family, struct chain *chain)
{
	const json_value policy = json_get(object, "policy"), device = json_get(object, "dev");
	struct nft_slice hook = {"", 0}, type = {"", 0};
	int status = json_need(nft, object, "hook", &hook);

	if (status == 0)
		status = json_need(nft, object, "type", &type);
	if (status < 0)
		return status;
	if (!nft_chain_hook(family, hook, &chain->hook))
		return json_expected(nft, json_get(object, "hook"), "a hook of the table's family");
	if (!nft_chain_type(type, &chain->type))
		return json_expected(nft, json_get(object, "type"),
		                     "\"filter\", \"nat\" or \"route\"");
	chain->base = true;
	chain->policy_line = policy.text;
	chain->policy.kind = json_is(policy, "drop") ? VERDICT_DROP : VERDICT_ACCEPT;
	if (policy.text && !json_is(policy, "drop") && !json_is(policy, "accept"))
		return json_expected(nft, policy, "\"accept\" or \"drop\"");
	status = read_priority(nft, json_get(object, "prio"), &chain->priority);
	return status < 0 || !device.text ? status : read_devices(nft, device, chain);
}

static int read_chain(struct nft *nft, json_value object, struct lines *lines)
{
	struct nft_slice name = {"", 0};
	uint32_t table = 0, chain = 0;
	int status = table_of(nft, object, "table", &table);

	if (status == 0)
		status = json_need(nft, object, "name", &name);
	if (status == 0)
		status = nft_chain_declare(nft, table, name, line_of(lines, object.text), &chain);
	if (status < 0 || !json_get(object, "hook").text)
		return status;
	return read_hook(nft, object, nft->ruleset->tables.items[table].family,
	                 nft_chain_of(nft, chain));
}

/* Adds the type of one name. */
static int add_name(struct nft *nft, json_value value, struct nft_slice name, bool data,
                    uint8_t *types, uint8_t *n)
{
	static const char *const objects[] = {"counter",   "quota",      "limit",
	                                      "ct helper", "ct timeout", "ct expectation",
	                                      "synproxy",  "secmark"};
	enum nft_type type = TYPE_ANY;
	bool found = nft_type_find(name, &type);

	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects) && data && !found; i++)
		found = nft_slice_is(name, objects[i]);
	if (!found)
		return json_expected(nft, value, "a type of values");
	if (*n == NFT_DIMENSIONS)
		return nft_wrong(nft, value.text, "expected at most %d fields", NFT_DIMENSIONS);
	types[(*n)++] = (uint8_t)type;
	return 0;
}

/* Adds a type by its name, or some that are joined: "ipv4_addr . inet_service". */
static int add_type(struct nft *nft, json_value value, bool data, uint8_t *types, uint8_t *n)
{
	static const char between[] = " . ";
	struct nft_slice name = {"", 0};
	int status = json_text(nft, value, &name);

	while (status == 0) {
		const char *end = name.len > 0 ? memmem(name.text, name.len, between, 3) : NULL;
		const size_t len = end ? (size_t)(end - name.text) : name.len;

		status = add_name(nft, value, (struct nft_slice){name.text, len}, data, types, n);
		if (!end)
			break;
		name = (struct nft_slice){end + 3, name.len - len - 3};
	}
	return status;
}

/* Types by fields: {"typeof": {"concat": [...]}}. */
static int add_fields(struct nft *nft, json_value value, uint8_t *types, uint8_t *n)
{
	struct nft_node *fields = NULL;
	int status = json_expression(nft, value, false, &fields);

	if (status < 0)
		return status;
	for (const struct nft_node *node = fields->kind == NFT_CONCAT ? fields->child : fields;
	     node; node = fields->kind == NFT_CONCAT ? node->next : NULL) {
		const struct nft_node *leaf = node;

		while (leaf->kind == NFT_BINARY)
			leaf = leaf->child;
		if (leaf->kind != NFT_FIELD || *n == NFT_DIMENSIONS)
			return json_expected(nft, value, "fields");
		types[(*n)++] = leaf->field->type;
	}
	return 0;
}

/* "ipv4_addr", ["ipv4_addr", "inet_service"], {"typeof": ...} */
static int read_types(struct nft *nft, json_value value, bool data, uint8_t *types, uint8_t *n)
{
	struct json_items items = json_items(value);
	json_value item = {0};
	int status = 0;

	*n = 0;
	if (json_kind(value) == '{')
		return add_fields(nft, json_get(value, "typeof"), types, n);
	if (json_kind(value) != '[')
		return add_type(nft, value, data, types, n);
	while (status == 0 && json_next(&items, &item))
		status = add_type(nft, item, data, types, n);
	if (status == 0 && *n == 0)
		return json_expected(nft, value, "types of values");
	return status;
}

/* The elements of a set or a map. */
static int add_elements(struct nft *nft, uint32_t table, struct nft_set *set, json_value elements)
{
	struct nft_node *node = NULL;
	bool unsure = false;
	int status;

	if (!elements.text)
		return 0;
	nft->depth = 0;
	status = json_elements(nft, elements, set->n_data > 0, &unsure, &node);
	if (status == 0)
		status = nft_set_fill(nft, table, set, node);
	set->deleted_from = set->deleted_from || (status == 0 && unsure);
	nft_pool_reset(&nft->pool);
	return status;
}

/* Whether what is done for each element may say no. */
static bool has_limit(json_value statements)
{
	struct json_items items = json_items(statements);
	json_value item = {0};

	while (json_next(&items, &item))
		if (json_get(item, "limit").text || json_get(item, "quota").text ||
		    json_get(item, "ct count").text)
			return true;
	return false;
}

static int read_set(struct nft *nft, json_value object, struct lines *lines)
{
	const json_value data = json_get(object, "map");
	struct nft_slice name = {"", 0};
	struct nft_set *set;
	uint32_t table = 0, index = 0;
	int status = table_of(nft, object, "table", &table);

	(void)lines;
	if (status == 0)
		status = json_need(nft, object, "name", &name);
	if (status == 0)
		status = nft_set_declare(nft, table, name, &index);
	if (status < 0)
		return status;
	set = &nft->sets.items[index];
	if (!json_get(object, "type").text)
		return nft_wrong(nft, object.text, "expected a member \"type\"");
	status = read_types(nft, json_get(object, "type"), false, set->types, &set->n_types);
	if (status == 0 && data.text)
		status = read_types(nft, data, true, set->data_types, &set->n_data);
	set->deleted_from = has_limit(json_get(object, "stmt"));
	return status < 0 ? status : add_elements(nft, table, set, json_get(object, "elem"));
}

static int read_element(struct nft *nft, json_value object, struct lines *lines)
{
	struct nft_slice name = {"", 0};
	struct nft_set *set;
	uint32_t table = 0;
	int status = table_of(nft, object, "table", &table);

	(void)lines;
	if (status == 0)
		status = json_need(nft, object, "name", &name);
	if (status < 0)
		return status;
	set = nft_set_lookup(nft, table, name);
	if (!set)
		return json_expected(nft, json_get(object, "name"), "a set of the table");
	return add_elements(nft, table, set, json_get(object, "elem"));
}

static int read_rule(struct nft *nft, json_value object, struct lines *lines)
{
	struct nft_slice name = {"", 0};
	uint32_t table = 0, chain = 0;
	int status = table_of(nft, object, "table", &table);

	if (status == 0)
		status = json_need(nft, object, "chain", &name);
	if (status < 0)
		return status;
	if (!nft_chain_lookup(nft, table, name, &chain))
		return json_expected(nft, json_get(object, "chain"), "a chain of the table");
	status =
	    nft_place_add(nft, chain, false, object.text, object.len, line_of(lines, object.text));
	return status < 0 ? status : json_touches(nft, table, json_get(object, "expr"));
}

/* Objects that no rule's meaning hangs on. */
static int pass(struct nft *nft, json_value object, struct lines *lines)
{
	(void)nft;
	(void)object;
	(void)lines;
	return 0;
}

/* One object of the listing. */
static int read_object(struct nft *nft, json_value item, struct lines *lines)
{
	static const struct {
		const char *key;
		int (*read)(struct nft *nft, json_value object, struct lines *lines);
	} kinds[] = {
	    {"rule", read_rule},      {"chain", read_chain}, {"table", read_table},
	    {"set", read_set},        {"map", read_set},     {"element", read_element},
	    {"metainfo", pass},       {"counter", pass},     {"quota", pass},
	    {"limit", pass},          {"ct helper", pass},   {"ct timeout", pass},
	    {"synproxy", pass},       {"flowtable", pass},   {"secmark", pass},
	    {"ct expectation", pass}, {"meter", read_set},   {"tunnel", pass},
	};
	struct nft_slice key = {"", 0};
	json_value object = {0};

	if (!json_first(item, &key, &object))
		return json_expected(nft, item, "an object of a ruleset");
	/* A file of commands: what it adds stands one step deeper. */
	if (nft_slice_is(key, "add") || nft_slice_is(key, "create")) {
		item = object;
		if (!json_first(item, &key, &object))
			return json_expected(nft, item, "an object of a ruleset");
	} else if (nft_slice_is(key, "flush") && json_kind(object) == '{' &&
	           json_first(object, &key, &item) && nft_slice_is(key, "ruleset")) {
		nft_flush_ruleset(nft);
		return 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (nft_slice_is(key, kinds[i].key))
			return kinds[i].read(nft, object, lines);
	return nft_expected(nft, key.text, key, "an object of a ruleset");
}

/* The statements of a rule in nft's words. */
static const char *rule_text(struct nft *nft)
{
	struct nft_text text = {0};

	vec_foreach(statement, &nft->statements) {
		nft_text_blank(&text);
		nft_text_statement(&text, statement);
	}
	return nft_text_keep(nft, &text);
}

/* Reads and builds one rule. */
static int read_place(struct nft *nft, const struct nft_place *place)
{
	const json_value object = {place->at, place->len};
	const size_t n_elements = nft->n_elements;
	struct nft_slice digits = {"", 0};
	uint64_t handle = 0;
	const char *text;
	int status = json_statements(nft, json_get(object, "expr"));

	if (status == 0)
		status = json_text(nft, json_get(object, "handle"), &digits);
	if (status < 0)
		return status;
	(void)nft_number(digits, UINT64_MAX, &handle);
	text = rule_text(nft);
	if (!text)
		return -ENOMEM;
	status = nft_build(nft, place->chain, place->line, handle, text);
	nft_pool_reset(&nft->pool);
	nft->n_elements = n_elements;
	return status;
}

/* All objects of the listing, then the rules. */
static int read_listing(struct nft *nft, json_value root)
{
	struct lines lines = {.at = nft->start, .line = 1};
	const json_value list = json_get(root, "nftables");
	struct json_items items = json_items(list);
	json_value item = {0};
	int status = 0;

	if (json_kind(root) != '{' || json_kind(list) != '[')
		return json_expected(nft, list.text ? list : root, "an object \"nftables\"");
	while (status == 0 && json_next(&items, &item))
		status = read_object(nft, item, &lines);
	if (status == 0)
		nft_touches_tell(nft);
	for (size_t i = 0; i < nft->places.n && status == 0; i++)
		if (nft_place_holds(nft, &nft->places.items[i]))
			status = read_place(nft, &nft->places.items[i]);
	return status;
}

int ruleset_read_nft_json(const char *path, const char *text, size_t len, struct ruleset *ruleset,
                          struct error **ret_error)
{
	struct nft nft = {.path = path,
	                  .start = text,
	                  .end = text + len,
	                  .ruleset = ruleset,
	                  .ret_error = ret_error};
	struct json_scan scan = {.start = text, .at = text, .end = text + len};
	json_value root = json_scan_value(&scan);
	int status;

	json_scan_finish(&scan);
	if (scan.wrong)
		status = nft_wrong(&nft, scan.at, "%s", scan.wrong);
	else
		status = read_listing(&nft, root);
	nft_done(&nft);
	return status;
}
