/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields in nft's JSON, by the names that they have in its text. */
#include "rules/nft/json.h"

/* A name being put together. */
struct name {
	struct nft *nft;
	json_value from; /* the field's object */
	struct nft_text text;
	size_t group_len;
};

/* Adds a member's text behind a word; nothing where it is absent, or is `unless`. */
static int add(struct name *name, const char *word, const char *key, const char *unless)
{
	const json_value value = json_get(name->from, key);
	struct nft_slice text = {"", 0};
	int status = json_text(name->nft, value, &text);

	if (status < 0 || text.len == 0 || (unless && nft_slice_is(text, unless)))
		return status;
	nft_text_blank(&name->text);
	if (word) {
		nft_text_put(&name->text, word);
		nft_text_put(&name->text, " ");
	}
	nft_text_add(&name->text, text.text, text.len);
	return 0;
}

/* "@th,16,16" */
static int add_raw(struct name *name)
{
	static const char *const keys[] = {"base", "offset", "len"};

	nft_text_put(&name->text, "@");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct nft_slice text = {"", 0};
		int status = json_need(name->nft, name->from, keys[i], &text);

		if (status < 0)
			return status;
		nft_text_put(&name->text, i ? "," : "");
		nft_text_add(&name->text, text.text, text.len);
	}
	return 0;
}

/* {"protocol": "tcp", "field": "dport"}, {"base": "th", "offset": 16, "len": 16} */
static int payload(struct name *name)
{
	struct nft_slice group = {"", 0};
	int status;

	if (json_get(name->from, "base").text) {
		status = add_raw(name);
		name->group_len = 1;
		return status;
	}
	status = add(name, NULL, "tunnel", NULL);
	if (status == 0)
		status = json_need(name->nft, name->from, "protocol", &group);
	if (status < 0)
		return status;
	if (name->text.len == 0)
		name->group_len = group.len;
	else
		name->group_len = name->text.len;
	nft_text_blank(&name->text);
	nft_text_add(&name->text, group.text, group.len);
	return add(name, NULL, "field", NULL);
}

static int meta(struct name *name)
{
	nft_text_put(&name->text, "meta");
	return add(name, NULL, "key", NULL);
}

static int ct(struct name *name)
{
	int status;

	nft_text_put(&name->text, "ct");
	status = add(name, NULL, "dir", NULL);
	if (status == 0)
		status = add(name, NULL, "family", NULL);
	return status < 0 ? status : add(name, NULL, "key", NULL);
}

/* {"result": "oif", "flags": ["saddr", "iif"]} */
static int fib(struct name *name)
{
	const json_value flags = json_get(name->from, "flags");
	struct json_items items = json_items(flags);
	const char *between = " ";
	json_value item = {0};

	nft_text_put(&name->text, "fib");
	if (json_kind(flags) == '"') {
		int status = add(name, NULL, "flags", NULL);

		return status < 0 ? status : add(name, NULL, "result", NULL);
	}
	while (json_next(&items, &item)) {
		struct nft_slice text = {"", 0};
		int status = json_text(name->nft, item, &text);

		if (status < 0)
			return status;
		nft_text_put(&name->text, between);
		nft_text_add(&name->text, text.text, text.len);
		between = " . ";
	}
	return add(name, NULL, "result", NULL);
}

/* {"name": "frag", "field": "id"}: without a field it is whether the header is there. */
static int exthdr(struct name *name)
{
	struct nft_slice header = {"", 0};
	int status = json_need(name->nft, name->from, "name", &header);

	if (status < 0)
		return status;
	if (!json_get(name->from, "field").text) {
		nft_text_put(&name->text, "exthdr ");
		name->group_len = strlen("exthdr");
	} else {
		name->group_len = header.len;
	}
	nft_text_add(&name->text, header.text, header.len);
	return add(name, NULL, "field", NULL);
}

/* Options of a header, behind its name. */
static int option(struct name *name, const char *words, size_t group_len)
{
	int status;

	nft_text_put(&name->text, words);
	name->group_len = group_len;
	if (json_get(name->from, "base").text) {
		nft_text_put(&name->text, " ");
		return add_raw(name);
	}
	status = add(name, NULL, "name", NULL);
	if (status == 0)
		status = add(name, NULL, "type", NULL);
	return status < 0 ? status : add(name, NULL, "field", NULL);
}

static int tcp_option(struct name *name)
{
	return option(name, "tcp option", strlen("tcp"));
}

static int ip_option(struct name *name)
{
	return option(name, "ip option", strlen("ip"));
}

static int sctp_chunk(struct name *name)
{
	return option(name, "sctp chunk", strlen("sctp"));
}

static int dccp_option(struct name *name)
{
	return option(name, "dccp option", strlen("dccp"));
}

static int rt(struct name *name)
{
	int status;

	nft_text_put(&name->text, "rt");
	status = add(name, NULL, "family", NULL);
	return status < 0 ? status : add(name, NULL, "key", NULL);
}

static int socket_key(struct name *name)
{
	int status;

	nft_text_put(&name->text, "socket");
	status = add(name, NULL, "key", NULL);
	return status < 0 ? status : add(name, "level", "level", NULL);
}

static int tunnel(struct name *name)
{
	nft_text_put(&name->text, "tunnel");
	return add(name, NULL, "key", NULL);
}

static int numgen(struct name *name)
{
	int status;

	nft_text_put(&name->text, "numgen");
	status = add(name, NULL, "mode", NULL);
	if (status == 0)
		status = add(name, "mod", "mod", NULL);
	return status < 0 ? status : add(name, "offset", "offset", "0");
}

static int jhash(struct name *name)
{
	struct nft_node *hashed = NULL;
	int status = json_expression(name->nft, json_get(name->from, "expr"), false, &hashed);

	if (status < 0)
		return status;
	nft_text_put(&name->text, "jhash ");
	nft_text_node(&name->text, hashed);
	name->group_len = strlen("jhash");
	status = add(name, "mod", "mod", NULL);
	if (status == 0)
		status = add(name, "seed", "seed", "0");
	return status < 0 ? status : add(name, "offset", "offset", "0");
}

static int symhash(struct name *name)
{
	int status;

	nft_text_put(&name->text, "symhash");
	status = add(name, "mod", "mod", NULL);
	return status < 0 ? status : add(name, "offset", "offset", "0");
}

static int ipsec(struct name *name)
{
	int status;

	nft_text_put(&name->text, "ipsec");
	status = add(name, NULL, "dir", NULL);
	if (status == 0)
		status = add(name, "spnum", "spnum", "0");
	if (status == 0)
		status = add(name, NULL, "family", NULL);
	return status < 0 ? status : add(name, NULL, "key", NULL);
}

static int osf(struct name *name)
{
	int status;

	nft_text_put(&name->text, "osf");
	status = add(name, "ttl", "ttl", NULL);
	return status < 0 ? status : add(name, NULL, "key", NULL);
}

static const struct kind {
	const char *key;
	int (*read)(struct name *name);
} kinds[] = {
    {"payload", payload},
    {"meta", meta},
    {"ct", ct},
    {"fib", fib},
    {"exthdr", exthdr},
    {"tcp option", tcp_option},
    {"ip option", ip_option},
    {"rt", rt},
    {"sctp chunk", sctp_chunk},
    {"dccp option", dccp_option},
    {"osf", osf},
    {"socket", socket_key},
    {"numgen", numgen},
    {"jhash", jhash},
    {"symhash", symhash},
    {"ipsec", ipsec},
    {"tunnel", tunnel},
};

/* The kind of a key; NULL for none. */
static const struct kind *kind_find(struct nft_slice key)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (nft_slice_is(key, kinds[i].key))
			return &kinds[i];
	return NULL;
}

bool json_is_field(struct nft_slice key)
{
	return kind_find(key) != NULL;
}

int json_field(struct nft *nft, struct nft_slice key, json_value value, struct nft_node **ret_node)
{
	struct name name = {.nft = nft, .from = value};
	struct nft_node *node = nft_node_new(nft, NFT_FIELD, value.text);
	int status = node ? kind_find(key)->read(&name) : -ENOMEM;

	if (status == 0 && name.text.failed)
		status = nft_no_memory(nft);
	if (status == 0 && name.group_len == 0) {
		const char *blank = strchr(name.text.data, ' ');

		name.group_len = blank ? (size_t)(blank - name.text.data) : name.text.len;
	}
	if (status < 0) {
		free(name.text.data);
		return status;
	}
	*ret_node = node;
	return nft_field_named(nft, node, &name.text, name.group_len);
}
