/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what stands between the braces of chains and sets, and variables. */
#include "rules/nft/text.h"

#include <string.h>

int nft_skip_block(struct nft_reader *reader)
{
	const char *opened = reader->here.token.at;
	unsigned depth = 0;
	int status = 0;

	while (status == 0) {
		if (reader->here.token.kind == TOKEN_END) {
			return depth == 0 ? 0
			                  : nft_wrong(&reader->nft, opened,
			                              "expected this brace to be closed");
		}
		if (depth == 0 && nft_at_end(reader))
			return 0;
		if (depth == 0 && nft_at_sign(reader, '{'))
			opened = reader->here.token.at;
		depth += nft_at_sign(reader, '{');
		depth -= nft_at_sign(reader, '}');
		status = nft_next(reader);
	}
	return status;
}

int nft_read_define(struct nft_reader *reader, bool again)
{
	struct nft *nft = &reader->nft;
	struct nft_variable *variable;
	const char *at = reader->here.token.at;
	struct nft_slice name = {"", 0};
	uint32_t older = 0;
	int status = nft_take_name(reader, "a variable's name", &name);

	if (status < 0)
		return status;
	if (!nft_at_sign(reader, '='))
		return nft_unexpected(reader, "\"=\"");
	if (nft_index_get(&nft->variables_by_name, 0, name, &older)) {
		if (!again && nft->variables.items[older].at)
			return nft_expected(nft, at, name, "a variable that is not defined yet");
		older++;
	}
	variable = vec_push(&nft->variables);
	if (!variable ||
	    nft_index_put(&nft->variables_by_name, 0, name, (uint32_t)nft->variables.n - 1) < 0)
		return nft_no_memory(nft);
	*variable = (struct nft_variable){.name = name, .at = reader->here.at, .older = older};
	reader->n_variables = (uint32_t)nft->variables.n;
	return nft_skip_block(reader);
}

int nft_read_undefine(struct nft_reader *reader)
{
	struct nft *nft = &reader->nft;
	struct nft_variable *variable;
	const char *at = reader->here.token.at;
	struct nft_slice name = {"", 0};
	uint32_t older = 0;
	int status = nft_take_name(reader, "a variable's name", &name);

	if (status < 0)
		return status;
	if (!nft_index_get(&nft->variables_by_name, 0, name, &older))
		return nft_expected(nft, at, name, "a variable that is defined");
	variable = vec_push(&nft->variables);
	if (!variable ||
	    nft_index_put(&nft->variables_by_name, 0, name, (uint32_t)nft->variables.n - 1) < 0)
		return nft_no_memory(nft);
	*variable = (struct nft_variable){.name = name, .older = older + 1};
	reader->n_variables = (uint32_t)nft->variables.n;
	return 0;
}

/* What a chain's attributes are read into. */
struct heading {
	uint32_t table;
	uint8_t family;
	struct chain *chain;
	int64_t number;
	struct nft_slice word;
};

/* A number with its sign, or a name of a priority; also out of a variable. */
static int read_level(struct nft_reader *reader, void *data)
{
	struct heading *heading = data;
	const bool negative = nft_at_sign(reader, '-');
	uint64_t number = 0;
	int status = negative ? nft_next(reader) : 0;
	int named;

	if (status < 0)
		return status;
	if (nft_at_sign(reader, '$'))
		return nft_read_variable(reader, read_level, data);
	if ((reader->here.token.kind == TOKEN_WORD || reader->here.token.kind == TOKEN_STRING) &&
	    nft_chain_priority(heading->family, reader->here.token.text, &named)) {
		heading->number = negative ? -named : named;
		return nft_next(reader);
	}
	status = nft_take_number(reader, INT32_MAX, "a priority", &number);
	if (status == 0)
		heading->number = negative ? -(int64_t)number : (int64_t)number;
	return status;
}

/* "filter + 10", "-100", "$prio" */
static int read_priority(struct nft_reader *reader, struct heading *heading)
{
	int status = read_level(reader, heading);
	const int64_t base = heading->number;
	int sign = 0;

	if (status < 0)
		return status;
	if (nft_at_sign(reader, '-'))
		sign = -1;
	else if (nft_at_sign(reader, '+'))
		sign = 1;
	if (sign) {
		uint64_t number = 0;

		status = nft_next(reader);
		if (status == 0)
			status = nft_take_number(reader, INT32_MAX / 2, "a number", &number);
		if (status < 0)
			return status;
		heading->number = base + sign * (int64_t)number;
	}
	heading->chain->priority = (int)heading->number;
	return 0;
}

/* The word of a policy. */
static int read_policy_word(struct nft_reader *reader, void *data)
{
	struct heading *heading = data;

	return nft_take_name(reader, "\"accept\" or \"drop\"", &heading->word);
}

/* "policy drop" */
static int read_policy(struct nft_reader *reader, struct heading *heading)
{
	const char *at;
	int status = nft_next(reader);

	if (status < 0)
		return status;
	at = reader->here.token.at;
	status = nft_at_sign(reader, '$') ? nft_read_variable(reader, read_policy_word, heading)
	                                  : read_policy_word(reader, heading);
	if (status < 0)
		return status;
	if (!nft_slice_is(heading->word, "accept") && !nft_slice_is(heading->word, "drop"))
		return nft_expected(&reader->nft, at, heading->word, "\"accept\" or \"drop\"");
	heading->chain->policy.kind =
	    nft_slice_is(heading->word, "drop") ? VERDICT_DROP : VERDICT_ACCEPT;
	heading->chain->policy_line = true;
	return 0;
}

/* Keeps the first device, or one name for what is on several. */
static int keep_devices(struct nft_reader *reader, struct heading *heading,
                        const struct nft_node *node)
{
	struct nft_text text = {0};

	if (node->kind == NFT_WORD)
		nft_text_add(&text, node->word.text, node->word.len);
	for (const struct nft_node *child = node->child; child; child = child->next) {
		nft_text_add(&text, child->word.text, child->word.len);
		if (child->next)
			nft_text_put(&text, ",");
	}
	heading->chain->device = nft_text_keep(&reader->nft, &text);
	return heading->chain->device ? 0 : -ENOMEM;
}

/* "device eth0", "devices = { eth0, eth1 }" */
static int read_devices(struct nft_reader *reader, struct heading *heading)
{
	struct nft_node *devices = NULL;
	int status = nft_next(reader);

	if (status == 0 && nft_at_sign(reader, '='))
		status = nft_next(reader);
	if (status == 0)
		status = nft_read_expression(reader, MODE_VALUES, &devices);
	return status < 0 || !devices ? status : keep_devices(reader, heading, devices);
}

/* "type filter hook input device "x" priority 0" */
static int read_heading(struct nft_reader *reader, struct heading *heading)
{
	struct chain *chain = heading->chain;
	const char *at;
	struct nft_slice word = {"", 0};
	int status = nft_next(reader);

	if (status < 0)
		return status;
	if (reader->here.token.kind != TOKEN_WORD ||
	    !nft_chain_type(reader->here.token.text, &chain->type))
		return nft_unexpected(reader, "\"filter\", \"nat\" or \"route\"");
	status = nft_next(reader);
	if (status == 0 && !nft_at_word(reader, "hook"))
		return nft_unexpected(reader, "\"hook\"");
	if (status == 0)
		status = nft_next(reader);
	at = reader->here.token.at;
	if (status == 0)
		status = nft_take_name(reader, "a hook", &word);
	if (status == 0 && !nft_chain_hook(heading->family, word, &chain->hook))
		return nft_expected(&reader->nft, at, word, "a hook of the table's family");
	chain->base = true;
	if (status == 0 && (nft_at_word(reader, "device") || nft_at_word(reader, "devices")))
		status = read_devices(reader, heading);
	if (status == 0 && !nft_at_word(reader, "priority"))
		return nft_unexpected(reader, "\"priority\"");
	if (status == 0)
		status = nft_next(reader);
	return status < 0 ? status : read_priority(reader, heading);
}

/* One line of a chain that is no rule. *ret_read false: it is a rule. */
static int read_attribute(struct nft_reader *reader, struct heading *heading, bool *ret_read)
{
	static const struct {
		const char *word;
		int (*read)(struct nft_reader *reader, struct heading *heading);
	} attributes[] = {
	    {"type", read_heading},
	    {"policy", read_policy},
	    {"device", read_devices},
	    {"devices", read_devices},
	};
	int status;

	*ret_read = true;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		if (nft_at_word(reader, attributes[i].word))
			return attributes[i].read(reader, heading);
	if (nft_at_word(reader, "define") || nft_at_word(reader, "redefine")) {
		const bool again = nft_at_word(reader, "redefine");

		status = nft_next(reader);
		return status < 0 ? status : nft_read_define(reader, again);
	}
	if (nft_at_word(reader, "comment") || nft_at_word(reader, "flags"))
		return nft_skip_block(reader);
	*ret_read = false;
	return 0;
}

int nft_read_chain(struct nft_reader *reader, uint32_t chain)
{
	const char *opened = reader->here.token.at;
	const uint32_t table = reader->nft.chains.items[chain].table;
	struct heading heading = {.table = table,
	                          .family = reader->nft.ruleset->tables.items[table].family,
	                          .chain = nft_chain_of(&reader->nft, chain)};
	bool read = false;
	int status = nft_take_sign(reader, '{', "\"{\"");

	while (status == 0) {
		status = nft_skip_lines(reader);
		if (status < 0 || nft_at_sign(reader, '}'))
			break;
		if (reader->here.token.kind == TOKEN_END)
			return nft_wrong(&reader->nft, opened, "expected this brace to be closed");
		status = read_attribute(reader, &heading, &read);
		if (status < 0 || read)
			continue;
		status = nft_place_add(&reader->nft, chain, false, reader->here.token.at, 0,
		                       reader->here.line);
		if (status == 0)
			status = nft_skip_rule(reader, table);
	}
	nft_pool_reset(&reader->nft.pool);
	return status < 0 ? status : nft_next(reader);
}
