/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the name of a field: "tcp dport", "ct original ip saddr", "fib saddr . iif oif".
 *
 * How many words a name has differs from group to group. They are joined with blanks; what is then
 * in ruleset_nft_field.c's table is known, anything else is a field that the form does not have.
 */
#include "rules/nft/text.h"

#include <string.h>

/* Keys of meta that stand without it. */
static const char *const meta_keys[] = {
    "iifname",  "oifname",  "iif",     "oif",       "mark",    "l4proto", "nfproto",   "protocol",
    "pkttype",  "iiftype",  "oiftype", "skuid",     "skgid",   "nftrace", "rtclassid", "cpu",
    "iifgroup", "oifgroup", "cgroup",  "priority",  "length",  "random",  "ibrname",   "obrname",
    "ibriport", "obriport", "ibrpvid", "ibrvproto", "iifkind", "oifkind", "sdif",      "sdifname",
    "time",     "day",      "hour",    "secmark",   "secpath",
};

/* Whether a key of meta stands here without "meta". */
static bool at_meta_key(struct nft_slice word)
{
	for (size_t i = 0; i < sizeof(meta_keys) / sizeof(*meta_keys); i++)
		if (meta_keys[i][0] == word.text[0] && nft_slice_is(word, meta_keys[i]))
			return true;
	return false;
}

/* Whether a place in payload is at hand: "@th,16,16". */
static bool at_raw(const struct nft_reader *reader)
{
	const char *at = reader->here.at;

	return reader->nft.end - at > 3 && at[2] == ',' &&
	       (memcmp(at, "ll", 2) == 0 || memcmp(at, "nh", 2) == 0 || memcmp(at, "th", 2) == 0 ||
	        memcmp(at, "ih", 2) == 0);
}

bool nft_at_field(struct nft_reader *reader)
{
	struct nft_token *token = &reader->here.token;

	if (token->kind != TOKEN_WORD)
		return token->kind == TOKEN_SIGN && token->sign == '@' && at_raw(reader);
	if (token->begins == BEGINS_UNASKED)
		token->begins = nft_field_group(token->text) ? BEGINS_GROUP
		                : at_meta_key(token->text)   ? BEGINS_META
		                                             : BEGINS_NOTHING;
	return token->begins != BEGINS_NOTHING;
}

/* The name being read: words joined by blanks. */
struct name {
	struct nft_text text;
	size_t group_len;
};

/* Adds the word at hand and takes it. */
static int add_word(struct nft_reader *reader, struct name *name)
{
	const struct nft_token *token = &reader->here.token;

	if (token->kind != TOKEN_WORD && token->kind != TOKEN_STRING)
		return nft_unexpected(reader, "the name of a field");
	nft_text_blank(&name->text);
	nft_text_add(&name->text, token->text.text, token->text.len);
	return nft_next(reader);
}

/* Adds the word at hand if it is one of some. */
static int add_if(struct nft_reader *reader, struct name *name, const char *const *words,
                  bool *ret_added)
{
	bool added = false;
	int status = 0;

	for (; *words && !added; words++)
		added = nft_at_word(reader, *words);
	if (added)
		status = add_word(reader, name);
	if (ret_added)
		*ret_added = added;
	return status;
}

/* One word. */
static int read_plain(struct nft_reader *reader, struct name *name)
{
	return add_word(reader, name);
}

/* Headers in others: "vxlan ip saddr", "vxlan vni"; "rt0 addr[1]". */
static int read_inner(struct nft_reader *reader, struct name *name)
{
	const bool deeper =
	    reader->here.token.kind == TOKEN_WORD && nft_field_group(reader->here.token.text);
	int status = add_word(reader, name);

	return status == 0 && deeper ? add_word(reader, name) : status;
}

/* "arp saddr ip" */
static int read_arp(struct nft_reader *reader, struct name *name)
{
	static const char *const kinds[] = {"ip", "ether", NULL};
	int status = add_word(reader, name);

	return status < 0 ? status : add_if(reader, name, kinds, NULL);
}

/* "ct state", "ct original ip saddr" */
static int read_ct(struct nft_reader *reader, struct name *name)
{
	static const char *const directions[] = {"original", "reply", NULL};
	static const char *const families[] = {"ip", "ip6", NULL};
	int status = add_if(reader, name, directions, NULL);

	if (status == 0)
		status = add_if(reader, name, families, NULL);
	return status < 0 ? status : add_word(reader, name);
}

/* "fib saddr . iif oif" */
static int read_fib(struct nft_reader *reader, struct name *name)
{
	int status = add_word(reader, name);

	while (status == 0 && nft_at_sign(reader, '.')) {
		nft_text_put(&name->text, " .");
		status = nft_next(reader);
		if (status == 0)
			status = add_word(reader, name);
	}
	return status < 0 ? status : add_word(reader, name);
}

/* "tcp option maxseg size", "ip option ra", "exthdr frag", "sctp chunk data flags" */
static int read_option(struct nft_reader *reader, struct name *name)
{
	static const char *const parts[] = {
	    "kind",
	    "length",
	    "size",
	    "count",
	    "left",
	    "right",
	    "tsval",
	    "tsecr",
	    "type",
	    "ptr",
	    "value",
	    "addr",
	    "tsn",
	    "flags",
	    "stream",
	    "ssn",
	    "ppid",
	    "init-tag",
	    "a-rwnd",
	    "num-outbound-streams",
	    "num-inbound-streams",
	    "initial-tsn",
	    "cum-tsn-ack",
	    "num-gap-ack-blocks",
	    "num-dup-tsns",
	    "lowest-tsn",
	    "seqno",
	    "new-cum-tsn",
	    "subtype",
	    NULL,
	};
	int status;

	if (nft_at_sign(reader, '@')) {
		nft_text_put(&name->text, " @");
		status = nft_next(reader);
		for (int i = 0; i < 5 && status == 0; i++) {
			nft_text_add(&name->text, reader->here.token.text.text,
			             reader->here.token.text.len);
			status = nft_next(reader);
		}
		return status;
	}
	status = add_word(reader, name);
	return status < 0 ? status : add_if(reader, name, parts, NULL);
}

/* A header whose fields are named, or that has options of its own. */
static int read_header(struct nft_reader *reader, struct name *name)
{
	static const char *const options[] = {"option", "chunk", NULL};
	bool option = false;
	int status = add_if(reader, name, options, &option);

	if (status < 0 || option)
		return status < 0 ? status : read_option(reader, name);
	return add_word(reader, name);
}

/* "numgen inc mod 2 offset 5", "jhash ip saddr . tcp dport mod 8", "symhash mod 2" */
static int read_generator(struct nft_reader *reader, struct name *name)
{
	static const char *const settings[] = {"mod", "seed", "offset", NULL};
	struct nft_node *hashed = NULL;
	bool more = false;
	int status = 0;

	if (nft_at_word(reader, "inc") || nft_at_word(reader, "random")) {
		status = add_word(reader, name);
	} else if (!nft_at_word(reader, "mod")) {
		if (reader->depth++ >= NFT_DEPTH_MAX)
			return nft_wrong(&reader->nft, reader->here.token.at,
			                 "expected expressions that are not nested so deeply");
		status = nft_read_expression(reader, 0, &hashed);
		reader->depth--;
		if (status == 0) {
			nft_text_blank(&name->text);
			nft_text_node(&name->text, hashed);
		}
	}
	if (status == 0)
		status = add_if(reader, name, settings, &more);
	while (status == 0 && more) {
		status = add_word(reader, name);
		if (status == 0)
			status = add_if(reader, name, settings, &more);
	}
	return status;
}

/* "socket cgroupv2 level 2", "socket mark" */
static int read_socket(struct nft_reader *reader, struct name *name)
{
	static const char *const levels[] = {"level", NULL};
	bool level = false;
	int status = add_word(reader, name);

	if (status == 0)
		status = add_if(reader, name, levels, &level);
	return status == 0 && level ? add_word(reader, name) : status;
}

/* "rt classid", "rt ip nexthop" */
static int read_rt(struct nft_reader *reader, struct name *name)
{
	static const char *const families[] = {"ip", "ip6", NULL};
	const int status = add_if(reader, name, families, NULL);

	return status < 0 ? status : add_word(reader, name);
}

/* "ipsec in spnum 1 ip saddr", "osf ttl loose name" */
static int read_ipsec(struct nft_reader *reader, struct name *name)
{
	static const char *const settings[] = {"spnum", "ttl", "ip", "ip6", "in", "out", NULL};
	bool more = true;
	int status = 0;

	while (status == 0 && more) {
		const bool has_value = nft_at_word(reader, "spnum") || nft_at_word(reader, "ttl");

		status = add_if(reader, name, settings, &more);
		if (status == 0 && has_value)
			status = add_word(reader, name);
	}
	return status < 0 ? status : add_word(reader, name);
}

/* "addr[1]" */
static int read_indexed(struct nft_reader *reader, struct name *name)
{
	int status = add_word(reader, name);

	if (status < 0 || !nft_at_sign(reader, '['))
		return status;
	nft_text_put(&name->text, "[");
	status = nft_next(reader);
	if (status == 0) {
		nft_text_add(&name->text, reader->here.token.text.text,
		             reader->here.token.text.len);
		nft_text_put(&name->text, "]");
		status = nft_next(reader);
	}
	return status < 0 ? status : nft_take_sign(reader, ']', "\"]\"");
}

/* "@th,16,16" */
static int read_raw(struct nft_reader *reader, struct name *name)
{
	int status = 0;

	nft_text_put(&name->text, "@");
	for (int i = 0; i < 5 && status == 0; i++) {
		const bool comma = nft_at_sign(reader, ',');

		if (comma != (i % 2 == 1))
			return nft_unexpected(reader, "\"@BASE,OFFSET,LENGTH\"");
		nft_text_add(&name->text, reader->here.token.text.text,
		             reader->here.token.text.len);
		status = nft_next(reader);
	}
	return status;
}

/* A name of one word behind its group that the form has: most are. */
static const struct nft_field *known_field(struct nft_reader *reader, struct nft_slice group,
                                           bool meta)
{
	struct nft_position saved = reader->here;
	const struct nft_field *field = NULL;

	if (reader->here.token.kind == TOKEN_SIGN)
		return NULL;
	if (meta)
		field = nft_field_find((struct nft_slice){"meta", 4}, group);
	else if (nft_next(reader) == 0 && reader->here.token.kind == TOKEN_WORD)
		field = nft_field_find(group, reader->here.token.text);
	if (!field)
		reader->here = saved;
	return field;
}

int nft_read_field(struct nft_reader *reader, struct nft_node **ret_node)
{
	static const struct {
		const char *group;
		int (*read)(struct nft_reader *reader, struct name *name);
	} groups[] = {
	    {"ip", read_header},
	    {"tcp", read_header},
	    {"sctp", read_header},
	    {"dccp", read_header},
	    {"ct", read_ct},
	    {"fib", read_fib},
	    {"arp", read_arp},
	    {"exthdr", read_option},
	    {"numgen", read_generator},
	    {"jhash", read_generator},
	    {"symhash", read_generator},
	    {"socket", read_socket},
	    {"rt", read_rt},
	    {"ipsec", read_ipsec},
	    {"osf", read_ipsec},
	    {"vxlan", read_inner},
	    {"geneve", read_inner},
	    {"gre", read_inner},
	    {"gretap", read_inner},
	    {"rt0", read_indexed},
	    {"srh", read_indexed},
	    {"rt2", read_indexed},
	};
	int (*read)(struct nft_reader * reader, struct name * name) = read_plain;
	const bool is_field = nft_at_field(reader);
	const struct nft_token token = reader->here.token;
	const bool meta = is_field && token.begins == BEGINS_META;
	struct nft_node *node = nft_node_new(&reader->nft, NFT_FIELD, token.at);
	struct name name = {0};
	int status = node ? 0 : -ENOMEM;

	*ret_node = node;
	if (node && (node->field = known_field(reader, token.text, meta)) != NULL)
		return nft_next(reader);
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups) && !meta; i++)
		if (nft_slice_is(token.text, groups[i].group))
			read = groups[i].read;
	if (meta) {
		nft_text_put(&name.text, "meta");
	} else if (token.kind == TOKEN_SIGN) {
		read = read_raw;
		status = status < 0 ? status : nft_next(reader);
	} else {
		nft_text_add(&name.text, token.text.text, token.text.len);
		status = status < 0 ? status : nft_next(reader);
	}
	name.group_len = name.text.len;
	if (status == 0)
		status = read(reader, &name);
	if (status == 0 && name.text.failed)
		status = nft_no_memory(&reader->nft);
	if (status < 0) {
		free(name.text.data);
		return status;
	}
	return nft_field_named(&reader->nft, node, &name.text, name.group_len);
}
