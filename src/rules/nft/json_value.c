/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of checked JSON: members, items, texts. */
#include "rules/nft/json.h"

/* A walk over one value. */
static struct json_scan scan_of(json_value value)
{
	const char *text = value.text ? value.text : "";

	return (struct json_scan){.start = text, .at = text, .end = text + value.len};
}

char json_kind(json_value value)
{
	return value.text && value.len > 0 ? *value.text : 0;
}

bool json_is(json_value value, const char *text)
{
	return json_kind(value) == '"' && value.len == strlen(text) + 2 &&
	       memcmp(value.text + 1, text, value.len - 2) == 0;
}

json_value json_get(json_value object, const char *key)
{
	struct json_scan scan = scan_of(object);
	struct json_slice name;
	struct json_walk walk;

	if (json_kind(object) != '{')
		return (json_value){0};
	walk = json_scan_enter(&scan, '{');
	while (json_scan_member(&scan, &walk, &name)) {
		json_value value = json_scan_value(&scan);

		if (name.len == strlen(key) && memcmp(name.text, key, name.len) == 0)
			return json_kind(value) == 'n' ? (json_value){0} : value;
	}
	return (json_value){0};
}

bool json_first(json_value object, struct nft_slice *ret_key, json_value *ret_value)
{
	struct json_scan scan = scan_of(object);
	struct json_slice name;
	struct json_walk walk;

	if (json_kind(object) != '{')
		return false;
	walk = json_scan_enter(&scan, '{');
	if (!json_scan_member(&scan, &walk, &name))
		return false;
	*ret_key = (struct nft_slice){name.text, name.len};
	*ret_value = json_scan_value(&scan);
	return true;
}

struct json_items json_items(json_value array)
{
	struct json_items items = {.scan = scan_of(array)};

	if (json_kind(array) == '[')
		items.walk = json_scan_enter(&items.scan, '[');
	else
		items.scan.wrong = "no array";
	return items;
}

bool json_next(struct json_items *items, json_value *ret_item)
{
	if (items->scan.wrong || !json_scan_item(&items->scan, &items->walk))
		return false;
	*ret_item = json_scan_value(&items->scan);
	return !items->scan.wrong;
}

/* Adds a code point as UTF-8. Returns how many bytes. */
static size_t put_utf8(char *to, unsigned code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	to[0] = (char)(0xe0 | code >> 12);
	to[1] = (char)(0x80 | (code >> 6 & 0x3f));
	to[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

/* The four hexadecimal digits at a place. */
static unsigned hex4(const char *at)
{
	unsigned code = 0;

	for (int i = 0; i < 4; i++) {
		const char digit = at[i];

		code =
		    code << 4 | (unsigned)(digit <= '9' ? digit - '0' : (digit | ' ') - 'a' + 10);
	}
	return code;
}

/* Copies a string with its escapes undone. It never gets longer. */
static int unescape(struct nft *nft, struct nft_slice raw, struct nft_slice *ret_text)
{
	static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
	char *text = arena_alloc(&nft->ruleset->arena, raw.len + 1);
	size_t len = 0;

	if (!text)
		return nft_no_memory(nft);
	for (size_t i = 0; i < raw.len; i++) {
		const char *name;

		if (raw.text[i] != '\\' || i + 1 >= raw.len) {
			text[len++] = raw.text[i];
		} else if (raw.text[++i] == 'u' && i + 4 < raw.len) {
			len += put_utf8(text + len, hex4(raw.text + i + 1));
			i += 4;
		} else {
			name = strchr(names, raw.text[i]);
			text[len++] = name && *name ? bytes[name - names] : raw.text[i];
		}
	}
	*ret_text = (struct nft_slice){text, len};
	return 0;
}

int json_text(struct nft *nft, json_value value, struct nft_slice *ret_text)
{
	const char kind = json_kind(value);

	*ret_text = (struct nft_slice){"", 0};
	if (kind == '"') {
		*ret_text = (struct nft_slice){value.text + 1, value.len - 2};
		if (ret_text->len > NFT_WORD_MAX)
			return nft_wrong(nft, value.text, "expected strings of at most %d bytes",
			                 NFT_WORD_MAX);
		if (memchr(ret_text->text, '\\', ret_text->len))
			return unescape(nft, *ret_text, ret_text);
	} else if (kind == '-' || (kind >= '0' && kind <= '9')) {
		*ret_text = (struct nft_slice){value.text, value.len};
	}
	return 0;
}

int json_need(struct nft *nft, json_value object, const char *key, struct nft_slice *ret_text)
{
	const json_value value = json_get(object, key);
	int status = json_text(nft, value, ret_text);

	if (status == 0 && !value.text)
		return nft_wrong(nft, object.text ? object.text : nft->start,
		                 "expected a member \"%s\"", key);
	if (status == 0 && ret_text->len == 0)
		return json_expected(nft, value, "a string");
	return status;
}

int json_expected(const struct nft *nft, json_value value, const char *what)
{
	const char kind = json_kind(value);

	if (kind == '"' || kind == '-' || (kind >= '0' && kind <= '9'))
		return nft_expected(nft, value.text,
		                    kind == '"' && value.len > 2
		                        ? (struct nft_slice){value.text + 1, value.len - 2}
		                        : (struct nft_slice){value.text, value.len},
		                    what);
	return nft_wrong(nft, value.text ? value.text : nft->end, "expected %s, found %s", what,
	                 json_scan_kind(kind));
}
