/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements in nft's JSON. */
#include "rules/nft/json.h"

#include <netinet/in.h>
#include <linux/netfilter.h>

/* A statement's key, how it is read, and what that needs to know. */
struct statement_kind {
	const char *key;
	int (*read)(struct nft *nft, const struct statement_kind *of, json_value value,
	            struct nft_statement *statement);
	enum nft_statement_kind kind;
	int number;       /* enum rule_verdict, enum nat_kind */
	const char *text; /* where it is all that is said */
};

/* Keeps a text for a statement. */
static int keep(struct nft *nft, struct nft_statement *statement, struct nft_text *text, int status)
{
	if (status == 0) {
		statement->text = nft_text_keep(nft, text);
		status = statement->text ? 0 : -ENOMEM;
	}
	free(text->data);
	return status;
}

/* Adds a member's text between two words; *ret_added tells whether there was one. */
static int add(struct nft *nft, struct nft_text *text, const char *before, json_value object,
               const char *key)
{
	struct nft_slice word = {"", 0};
	int status = json_text(nft, json_get(object, key), &word);

	if (status == 0 && word.len > 0) {
		nft_text_put(text, before);
		nft_text_add(text, word.text, word.len);
	}
	return status;
}

/* What is only noted. */
static int note(struct nft *nft, const struct statement_kind *of, json_value value,
                struct nft_statement *statement)
{
	(void)nft;
	(void)value;
	statement->text = of->text;
	statement->verdict = (uint8_t)of->number;
	statement->own = true;
	return 0;
}

static int verdict(struct nft *nft, const struct statement_kind *of, json_value value,
                   struct nft_statement *statement)
{
	statement->verdict = (uint8_t)of->number;
	if (of->number != VERDICT_JUMP && of->number != VERDICT_GOTO)
		return 0;
	return json_need(nft, value, "target", &statement->word);
}

/* {"op": "==", "left": FIELD, "right": VALUE} */
static int match(struct nft *nft, const struct statement_kind *of, json_value value,
                 struct nft_statement *statement)
{
	const json_value op = json_get(value, "op");
	int status = json_expression(nft, json_get(value, "left"), false, &statement->left);

	(void)of;
	if (status == 0)
		status = json_expression(nft, json_get(value, "right"), false, &statement->right);
	if (status < 0 || !op.text || json_is(op, "in"))
		return status;
	for (unsigned known = OP_EQ; known <= OP_NOT; known++) {
		if (!json_is(op, nft_op_word(known)))
			continue;
		statement->op = (uint8_t)known;
		return 0;
	}
	return json_expected(nft, op, "a comparison");
}

/* {"key": KEY, "data": SET} */
static int vmap(struct nft *nft, const struct statement_kind *of, json_value value,
                struct nft_statement *statement)
{
	int status = json_expression(nft, json_get(value, "key"), false, &statement->left);

	(void)of;
	return status < 0 ? status
	                  : json_expression(nft, json_get(value, "data"), true, &statement->right);
}

/* {"key": FIELD, "value": EXPRESSION} */
static int mangle(struct nft *nft, const struct statement_kind *of, json_value value,
                  struct nft_statement *statement)
{
	int status = json_expression(nft, json_get(value, "key"), false, &statement->left);

	(void)of;
	if (status == 0 && statement->left->kind != NFT_FIELD)
		return nft_wrong(nft, statement->left->at, "expected a field to be set");
	return status < 0
	           ? status
	           : json_expression(nft, json_get(value, "value"), false, &statement->right);
}

/* An object by name, or by a map. */
static int object(struct nft *nft, json_value value, const char *kind,
                  struct nft_statement *statement)
{
	struct nft_text text = {0};
	struct nft_node *map = NULL;
	struct nft_slice name = {"", 0};
	int status = 0;

	statement->kind = NFT_OBJECT;
	nft_text_put(&text, kind);
	nft_text_put(&text, " ");
	if (json_kind(value) == '{') {
		status = json_expression(nft, value, true, &map);
		if (status == 0 && map->kind != NFT_MAP)
			status = json_expected(nft, value, "a map of objects");
		if (status == 0) {
			statement->left = map->child;
			statement->right = map->last;
			nft_text_node(&text, map);
		}
	} else {
		status = json_text(nft, value, &name);
		if (status == 0)
			nft_text_add(&text, name.text, name.len);
	}
	return keep(nft, statement, &text, status);
}

/* Whether a value names an object or looks it up. */
static bool is_object(json_value value)
{
	return json_kind(value) == '"' || json_get(value, "map").text;
}

static int counter(struct nft *nft, const struct statement_kind *of, json_value value,
                   struct nft_statement *statement)
{
	if (is_object(value))
		return object(nft, value, "counter name", statement);
	return note(nft, of, value, statement);
}

/* "helper": {"ct helper": "ftp"} */
static int ct_object(struct nft *nft, const struct statement_kind *of, json_value value,
                     struct nft_statement *statement)
{
	return object(nft, value, of->text, statement);
}

/* {"rate": 5, "per": "minute", "burst": 5, "inv": true} */
static int limit(struct nft *nft, const struct statement_kind *of, json_value value,
                 struct nft_statement *statement)
{
	const json_value burst = json_get(value, "burst");
	const json_value unit = json_get(value, "burst_unit");
	struct nft_text text = {0};
	struct nft_slice digits = {"", 0};
	int status;

	(void)of;
	statement->own = true;
	if (is_object(value))
		return object(nft, value, "limit name", statement);
	nft_text_put(&text,
	             json_kind(json_get(value, "inv")) == 't' ? "limit rate over" : "limit rate");
	status = add(nft, &text, " ", value, "rate");
	if (status == 0 && !json_is(json_get(value, "rate_unit"), "packets"))
		status = add(nft, &text, " ", value, "rate_unit");
	if (status == 0)
		status = add(nft, &text, "/", value, "per");
	if (status == 0)
		status = json_text(nft, burst, &digits);
	if (status == 0 && digits.len > 0 && !nft_slice_is(digits, "0") &&
	    (unit.text || !nft_slice_is(digits, "5"))) {
		status = add(nft, &text, " burst ", value, "burst");
		if (unit.text && status == 0)
			status = add(nft, &text, " ", value, "burst_unit");
		else
			nft_text_put(&text, " packets");
	}
	return keep(nft, statement, &text, status);
}

/* {"val": 10, "val_unit": "mbytes", "inv": true} */
static int quota(struct nft *nft, const struct statement_kind *of, json_value value,
                 struct nft_statement *statement)
{
	struct nft_text text = {0};
	int status;

	(void)of;
	statement->own = true;
	if (is_object(value))
		return object(nft, value, "quota name", statement);
	nft_text_put(&text, json_kind(json_get(value, "inv")) == 't' ? "quota over" : "quota");
	status = add(nft, &text, " ", value, "val");
	if (status == 0)
		status = add(nft, &text, " ", value, "val_unit");
	return keep(nft, statement, &text, status);
}

/* {"val": 10, "inv": true} */
static int ct_count(struct nft *nft, const struct statement_kind *of, json_value value,
                    struct nft_statement *statement)
{
	struct nft_text text = {0};

	(void)of;
	statement->own = true;
	nft_text_put(&text,
	             json_kind(json_get(value, "inv")) == 't' ? "ct count over" : "ct count");
	return keep(nft, statement, &text, add(nft, &text, " ", value, "val"));
}

/* {"type": "icmp", "expr": "port-unreachable"} */
static int reject(struct nft *nft, const struct statement_kind *of, json_value value,
                  struct nft_statement *statement)
{
	const json_value type = json_get(value, "type");
	struct nft_text text = {0};
	int status;

	(void)of;
	if (json_is(type, "tcp reset"))
		statement->protocol = IPPROTO_TCP;
	else if (json_is(type, "icmp"))
		statement->family = NFPROTO_IPV4;
	else if (json_is(type, "icmpv6"))
		statement->family = NFPROTO_IPV6;
	else if (type.text && !json_is(type, "icmpx"))
		return json_expected(nft, type, "\"tcp reset\", \"icmp\", \"icmpv6\" or \"icmpx\"");
	nft_text_put(&text, "reject");
	status = add(nft, &text, " with ", value, "type");
	if (status == 0)
		status = add(nft, &text, " ", value, "expr");
	return keep(nft, statement, &text, status);
}

/* Whether flags, one or an array, hold a word. */
static bool has_flag(json_value flags, const char *word)
{
	struct json_items items = json_items(flags);
	json_value item = {0};

	if (json_is(flags, word))
		return true;
	while (json_next(&items, &item))
		if (json_is(item, word))
			return true;
	return false;
}

/* {"family": "ip", "addr": ADDRESS, "port": PORT, "type_flags": "prefix"} */
static int nat(struct nft *nft, const struct statement_kind *of, json_value value,
               struct nft_statement *statement)
{
	const json_value family = json_get(value, "family");
	const json_value address = json_get(value, "addr"), port = json_get(value, "port");
	int status = 0;

	statement->nat = (enum nat_kind)of->number;
	statement->prefix = has_flag(json_get(value, "type_flags"), "prefix");
	if (json_is(family, "ip"))
		statement->family = NFPROTO_IPV4;
	else if (json_is(family, "ip6"))
		statement->family = NFPROTO_IPV6;
	else if (family.text && !json_is(family, "inet"))
		return json_expected(nft, family, "\"ip\" or \"ip6\"");
	if (address.text)
		status = json_expression(nft, address, true, &statement->left);
	if (status == 0 && port.text)
		status = json_expression(nft, port, true, &statement->port);
	return status;
}

/* {"op": "add", "elem": KEY, "set": "@dyn", "stmt": [...]} */
static int update(struct nft *nft, const struct statement_kind *of, json_value value,
                  struct nft_statement *statement)
{
	const json_value elem = json_get(value, "elem"), wrapped = json_get(elem, "elem");
	const json_value data = json_get(value, "data");
	struct json_items items = json_items(json_get(value, "stmt"));
	struct nft_text text = {0};
	bool more = wrapped.text || data.text;
	struct nft_slice key = {"", 0};
	json_value item = {0}, inner = {0};
	int status = json_expression(nft, elem, false, &statement->left);

	while (json_next(&items, &item)) {
		more = true;
		if (json_first(item, &key, &inner))
			statement->own = statement->own || nft_slice_is(key, "limit") ||
			                 nft_slice_is(key, "quota") ||
			                 nft_slice_is(key, "ct count");
	}
	if (status == 0)
		status = add(nft, &text, "", value, "op");
	if (status == 0)
		status = add(nft, &text, " ", value, of->text);
	if (status == 0) {
		nft_text_put(&text, " { ");
		nft_text_node(&text, statement->left);
		nft_text_put(&text, more ? " ... }" : " }");
	}
	return keep(nft, statement, &text, status);
}

/* {"name": "x", "key": KEY, "stmt": {...}} */
static int meter(struct nft *nft, const struct statement_kind *of, json_value value,
                 struct nft_statement *statement)
{
	struct nft_text text = {0};
	int status = json_expression(nft, json_get(value, "key"), false, &statement->left);

	(void)of;
	statement->own = true;
	if (status == 0)
		status = add(nft, &text, "meter ", value, "name");
	if (status == 0) {
		nft_text_put(&text, " { ");
		nft_text_node(&text, statement->left);
		nft_text_put(&text, " ... }");
	}
	return keep(nft, statement, &text, status);
}

/* {"type": "match", "name": "recent"} */
static int foreign(struct nft *nft, const struct statement_kind *of, json_value value,
                   struct nft_statement *statement)
{
	const bool target = !json_is(json_get(value, "type"), "match");
	struct nft_text text = {0};
	int status = json_text(nft, json_get(value, "name"), &statement->word);

	(void)of;
	statement->own = true;
	statement->kind = target ? NFT_FOREIGN : NFT_MAYBE;
	nft_text_put(&text, target ? "xt target" : "xt match");
	if (status == 0)
		status = add(nft, &text, " ", value, "name");
	return keep(nft, statement, &text, status);
}

static const struct statement_kind kinds[] = {
    {"match", match, NFT_MATCH, 0, NULL},
    {"accept", verdict, NFT_END, VERDICT_ACCEPT, NULL},
    {"drop", verdict, NFT_END, VERDICT_DROP, NULL},
    {"jump", verdict, NFT_END, VERDICT_JUMP, NULL},
    {"goto", verdict, NFT_END, VERDICT_GOTO, NULL},
    {"return", verdict, NFT_END, VERDICT_RETURN, NULL},
    {"continue", verdict, NFT_END, VERDICT_CONTINUE, NULL},
    {"queue", note, NFT_END, VERDICT_QUEUE, "queue"},
    {"vmap", vmap, NFT_VMAP, 0, NULL},
    {"mangle", mangle, NFT_SET_FIELD, 0, NULL},
    {"counter", counter, NFT_EFFECT, 0, "counter"},
    {"limit", limit, NFT_MAYBE, 0, NULL},
    {"quota", quota, NFT_MAYBE, 0, NULL},
    {"ct count", ct_count, NFT_MAYBE, 0, NULL},
    {"ct helper", ct_object, NFT_EFFECT, 0, "ct helper set"},
    {"ct timeout", ct_object, NFT_EFFECT, 0, "ct timeout set"},
    {"ct expectation", ct_object, NFT_EFFECT, 0, "ct expectation set"},
    {"last", note, NFT_EFFECT, 0, "last"},
    {"log", note, NFT_EFFECT, 0, "log"},
    {"reject", reject, NFT_REJECT, 0, NULL},
    {"notrack", note, NFT_NOTRACK, 0, NULL},
    {"dnat", nat, NFT_NAT, NAT_DESTINATION, NULL},
    {"snat", nat, NFT_NAT, NAT_SOURCE, NULL},
    {"masquerade", nat, NFT_NAT, NAT_MASQUERADE, NULL},
    {"redirect", nat, NFT_NAT, NAT_REDIRECT, NULL},
    {"tproxy", nat, NFT_NAT, NAT_TPROXY, NULL},
    {"synproxy", note, NFT_SYNPROXY, 0, "synproxy"},
    {"dup", note, NFT_EFFECT, 0, "dup"},
    {"fwd", note, NFT_END, VERDICT_STOLEN, "fwd"},
    {"flow", note, NFT_MAYBE, 0, "flow add"},
    {"reset", note, NFT_EFFECT, 0, "reset tcp option"},
    {"set", update, NFT_UPDATE, 0, "set"},
    {"map", update, NFT_UPDATE, 0, "map"},
    {"meter", meter, NFT_UPDATE, 0, NULL},
    {"xt", foreign, NFT_MAYBE, 0, NULL},
};

/* One statement. */
static int read_statement(struct nft *nft, json_value item)
{
	struct nft_statement *statement;
	struct nft_slice key = {"", 0};
	json_value value = {0};

	if (!json_first(item, &key, &value))
		return json_expected(nft, item, "a statement");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!nft_slice_is(key, kinds[i].key))
			continue;
		statement = nft_statement_new(nft, kinds[i].kind, item.text);
		return statement ? kinds[i].read(nft, &kinds[i], value, statement) : -E2BIG;
	}
	return nft_expected(nft, key.text, key, "a statement of nft");
}

int json_statements(struct nft *nft, json_value array)
{
	struct json_items items = json_items(array);
	json_value item = {0};
	int status = 0;

	nft->statements.n = 0;
	nft->depth = 0;
	if (array.text && json_kind(array) != '[')
		return json_expected(nft, array, "an array of statements");
	while (status == 0 && json_next(&items, &item))
		status = read_statement(nft, item);
	return status;
}

int json_touches(struct nft *nft, uint32_t table, json_value array)
{
	struct json_items items = json_items(array);
	json_value item = {0};
	int status = 0;

	while (status == 0 && json_next(&items, &item)) {
		struct nft_slice key = {"", 0}, name = {"", 0};
		json_value value = {0};

		if (!json_first(item, &key, &value) ||
		    (!nft_slice_is(key, "set") && !nft_slice_is(key, "map")))
			continue;
		status = json_text(nft, json_get(value, nft_slice_is(key, "set") ? "set" : "map"),
		                   &name);
		if (status == 0 && name.len > 1)
			status = nft_touch_add(nft, table,
			                       (struct nft_slice){name.text + 1, name.len - 1},
			                       json_is(json_get(value, "op"), "delete"));
	}
	return status;
}
