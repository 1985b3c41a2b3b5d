/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads translations, refusals and what sends packets elsewhere in nft's text. */
#include "rules/nft/statement.h"

#include <netinet/in.h>
#include <linux/netfilter.h>

/* "random,persistent" behind a translation. */
static int read_flags(struct nft_reader *reader)
{
	static const char *const flags[] = {"random", "fully-random", "persistent"};
	bool more = true;
	int status = 0;

	while (status == 0 && more) {
		more = false;
		for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
			more = more || nft_at_word(reader, flags[i]);
		if (!more)
			break;
		status = nft_next(reader);
		if (status == 0 && nft_at_sign(reader, ','))
			status = nft_next(reader);
	}
	return status;
}

/* "[2001:db8::1]" */
static int read_brackets(struct nft_reader *reader, struct nft_node **ret_node)
{
	int status = nft_next(reader);

	if (status == 0)
		status = nft_read_expression(reader, MODE_VALUES, ret_node);
	return status < 0 ? status : nft_take_sign(reader, ']', "\"]\"");
}

/* "ADDRESS", "ADDRESS:PORT", ":PORT" */
static int read_target(struct nft_reader *reader, struct nft_statement *statement)
{
	int status = 0;

	if (nft_at_sign(reader, '['))
		status = read_brackets(reader, &statement->left);
	else if (!nft_at_sign(reader, ':'))
		status = nft_read_expression(reader, 0, &statement->left);
	if (status < 0 || !nft_at_sign(reader, ':'))
		return status;
	status = nft_next(reader);
	return status < 0 ? status : nft_read_expression(reader, 0, &statement->port);
}

/* The family, and how addresses and ports are given, in front of "to". */
static int read_shape(struct nft_reader *reader, struct nft_statement *statement)
{
	bool there = false;
	int status = nft_take_word(reader, "ip", &there);

	if (status == 0 && there)
		statement->family = NFPROTO_IPV4;
	if (status == 0 && !there)
		status = nft_take_word(reader, "ip6", &there);
	if (status == 0 && there && !statement->family)
		statement->family = NFPROTO_IPV6;
	if (status == 0)
		status = nft_take_word(reader, "interval", NULL);
	if (status == 0)
		status = nft_take_word(reader, "prefix", &statement->prefix);
	if (status == 0)
		status = nft_take_word(reader, "addr", &there);
	while (status == 0 && there && (nft_at_sign(reader, '.') || nft_at_word(reader, "port")))
		status = nft_next(reader);
	return status;
}

int nft_read_nat(struct nft_reader *reader, struct nft_statement *statement)
{
	static const struct {
		const char *word;
		enum nat_kind kind;
	} kinds[] = {
	    {"dnat", NAT_DESTINATION},  {"snat", NAT_SOURCE},   {"masquerade", NAT_MASQUERADE},
	    {"redirect", NAT_REDIRECT}, {"tproxy", NAT_TPROXY},
	};
	const bool address_first = nft_at_word(reader, "dnat") || nft_at_word(reader, "snat");
	bool to = false;
	int status;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (nft_at_word(reader, kinds[i].word))
			statement->nat = kinds[i].kind;
	status = nft_next(reader);
	if (status == 0)
		status = read_shape(reader, statement);
	if (status == 0)
		status = nft_take_word(reader, "to", &to);
	if (status == 0 && (to || (address_first && !nft_at_end(reader))))
		status = read_target(reader, statement);
	else if (status == 0 && address_first)
		status = nft_unexpected(reader, "\"to\" and an address");
	if (status == 0 && statement->left &&
	    (statement->nat == NAT_MASQUERADE || statement->nat == NAT_REDIRECT)) {
		/* "redirect to 8080" is of ports alone. */
		statement->port = statement->left;
		statement->left = NULL;
	}
	return status < 0 ? status : read_flags(reader);
}

int nft_read_reject(struct nft_reader *reader, struct nft_statement *statement)
{
	static const struct {
		const char *word;
		uint8_t family, protocol;
	} answers[] = {
	    {"tcp", 0, IPPROTO_TCP},
	    {"icmp", NFPROTO_IPV4, 0},
	    {"icmpv6", NFPROTO_IPV6, 0},
	    {"icmpx", 0, 0},
	};
	struct nft_slice code = {"", 0};
	bool with = false;
	int status = nft_next(reader);

	if (status == 0)
		status = nft_take_word(reader, "with", &with);
	if (status < 0 || !with)
		return status;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		if (!nft_at_word(reader, answers[i].word))
			continue;
		statement->family = answers[i].family;
		statement->protocol = answers[i].protocol;
		status = nft_next(reader);
		if (status == 0)
			status = nft_take_word(reader, "type", NULL);
		return status < 0 ? status : nft_take_name(reader, "an answer", &code);
	}
	return nft_unexpected(reader, "\"tcp\", \"icmp\", \"icmpv6\" or \"icmpx\"");
}

int nft_read_synproxy(struct nft_reader *reader, struct nft_statement *statement)
{
	static const char *const with_value[] = {"mss", "wscale", "name"};
	int status = nft_next(reader);

	statement->text = "synproxy";
	while (status == 0) {
		bool value = false;

		for (size_t i = 0; i < sizeof(with_value) / sizeof(*with_value); i++)
			value = value || nft_at_word(reader, with_value[i]);
		if (!value && !nft_at_word(reader, "timestamp") &&
		    !nft_at_word(reader, "sack-perm"))
			break;
		status = nft_next(reader);
		if (status == 0 && value)
			status = nft_next(reader);
	}
	return status;
}

/* "dup to ADDRESS device DEVICE", "fwd ip to ADDRESS device DEVICE" */
int nft_read_dup(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_node *ignored = NULL;
	bool there = false;
	int status;

	statement->text = statement->kind == NFT_END ? "fwd" : "dup";
	statement->verdict = VERDICT_STOLEN;
	status = nft_next(reader);
	if (status == 0)
		status = read_shape(reader, statement);
	if (status == 0)
		status = nft_take_word(reader, "to", &there);
	if (status == 0 && !there)
		status = nft_unexpected(reader, "\"to\"");
	if (status == 0)
		status = nft_read_expression(reader, 0, &ignored);
	if (status == 0)
		status = nft_take_word(reader, "device", &there);
	if (status == 0 && there)
		status = nft_read_expression(reader, 0, &ignored);
	return status;
}

/* "flow add @ft": the flow's later packets may pass by; what cannot be offloaded does not match. */
int nft_read_flow(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_slice name = {"", 0};
	int status = nft_next(reader);

	statement->kind = NFT_MAYBE;
	statement->own = true;
	statement->text = "flow add";
	if (status == 0 && !nft_at_word(reader, "add") && !nft_at_word(reader, "offload"))
		return nft_unexpected(reader, "\"add\"");
	if (status == 0)
		status = nft_next(reader);
	if (status == 0)
		status = nft_take_sign(reader, '@', "\"@\" and a flowtable's name");
	return status < 0 ? status : nft_take_name(reader, "a flowtable's name", &name);
}

/* "reset tcp option sack-perm" */
int nft_read_reset(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_node *ignored = NULL;
	const int status = nft_next(reader);

	statement->text = "reset tcp option";
	return status < 0 ? status : nft_read_expression(reader, 0, &ignored);
}
