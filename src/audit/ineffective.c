/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that were meant to close something and cannot. */
#include "audit/ineffective.h"
#include "rules/listing/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* What is known of DOCKER-USER while its rules are read in order. */
struct user_chain {
	struct audit *audit;
	uint8_t family; /* AF_INET or AF_INET6 */
	bool hooked, returned;
};

/* The word after an option of a rule's text, cut into value; false when the option is not there or
 * negated. */
static bool option_value(const char *text, const char *option, char *value, size_t size)
{
	const char *at = strstr(text, option);
	size_t len = strlen(option), word;

	while (at && (at == text || at[-1] != ' ' || at[len] != ' '))
		at = strstr(at + 1, option);
	if (!at || (at >= text + 2 && at[-2] == '!'))
		return false;
	word = strcspn(at + len + 1, " ");
	if (word >= size)
		return false;
	memcpy(value, at + len + 1, word);
	value[word] = 0;
	return true;
}

/* Whether a rule's text closes: it drops or rejects. */
static bool rule_closes(const char *text)
{
	char target[64];

	return option_value(text, "-j", target, sizeof(target)) &&
	       (strcmp(target, "DROP") == 0 || strcmp(target, "REJECT") == 0);
}

/* Whether a port is one that containers are published by but none listens on inside. */
static bool only_a_host_port(const struct audit *audit, unsigned long port)
{
	bool host_port = false;

	vec_foreach(endpoint, &audit->endpoints) {
		if (endpoint->port == port)
			return false;
		vec_foreach(published, &endpoint->published)
			host_port |= published->host_port == port;
	}
	return host_port;
}

/* Whether the rule matches what is already translated in DOCKER-USER: a host port or a host
 * address. */
static bool matches_before_translation(const struct audit *audit, const char *text,
                                       unsigned *ret_port)
{
	char value[64], *end;
	struct prefix prefix;
	unsigned long port;

	if (option_value(text, "--dport", value, sizeof(value))) {
		port = strtoul(value, &end, 10);
		if (*end == 0 && only_a_host_port(audit, port)) {
			*ret_port = (unsigned)port;
			return true;
		}
	}
	if (!option_value(text, "-d", value, sizeof(value)) || !prefix_parse(value, &prefix) ||
	    prefix.len != address_size(prefix.address.family) * 8)
		return false;
	vec_foreach(own, &audit->snapshot->net.addresses)
		if (address_equal(&own->address, &prefix.address))
			return true;
	return false;
}

/* Whether the rule names an interface that this host does not have. */
static bool names_no_interface(const struct audit *audit, const char *text)
{
	char name[64];

	return option_value(text, "-i", name, sizeof(name)) && !strchr(name, '+') &&
	       !netview_link_by_name(&audit->snapshot->net, name);
}

/* Makes the finding of one ineffective rule. */
static int rule_finding(struct audit *audit, enum mechanism mechanism, const struct rule_ref *ref,
                        const char *text, unsigned port)
{
	struct mechanism_facts facts = {.rule = arena_strdup(&audit->arena, text), .port = port};
	struct finding *finding =
	    facts.rule ? finding_add(audit, FINDING_INEFFECTIVE, SEVERITY_MEDIUM, mechanism, &facts)
	               : NULL;

	if (!finding)
		return -ENOMEM;
	finding->subject = "DOCKER-USER";
	finding->who = "a rule of yours";
	finding->rule = (struct rule_note){
	    .family = ref->family == AF_INET6 ? "ip6" : "ip",
	    .table = "filter",
	    .chain = "DOCKER-USER",
	    .text = facts.rule,
	    .handle = ref->legacy ? 0 : ref->handle,
	    .line = ref->legacy ? rule_line(&audit->snapshot->net, ref) : 0,
	    .legacy = ref->legacy,
	    .owner = "yours",
	};
	return 0;
}

/* Judges one rule of DOCKER-USER. */
static int see_user_rule(const struct rule_ref *ref, const char *text, void *data)
{
	struct user_chain *chain = data;
	unsigned port = 0;

	if (strcmp(text, "-A DOCKER-USER -j RETURN") == 0) {
		chain->returned = true;
		return 0;
	}
	if (!rule_closes(text))
		return 0;
	if (!chain->hooked)
		return rule_finding(chain->audit, M37_NOT_HOOKED, ref, text, 0);
	if (chain->returned)
		return rule_finding(chain->audit, M27_AFTER_RETURN, ref, text, 0);
	if (matches_before_translation(chain->audit, text, &port))
		return rule_finding(chain->audit, M25_POST_DNAT, ref, text, port);
	if (names_no_interface(chain->audit, text))
		return rule_finding(chain->audit, M26_SELECTOR, ref, text, 0);
	return 0;
}

/* Notes whether a rule of FORWARD leads to DOCKER-USER. */
static int see_forward_rule(const struct rule_ref *ref, const char *text, void *data)
{
	struct user_chain *chain = data;
	char target[64];

	(void)ref;
	chain->hooked |=
	    option_value(text, "-j", target, sizeof(target)) && strcmp(target, "DOCKER-USER") == 0;
	return 0;
}

int ineffective_findings(struct audit *audit)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < sizeof(families); i++) {
		struct user_chain chain = {.audit = audit, .family = families[i]};
		int status = rules_of_chain(&audit->snapshot->net, families[i], "filter", "FORWARD",
		                            see_forward_rule, &chain);

		if (status == 0)
			status = rules_of_chain(&audit->snapshot->net, families[i], "filter",
			                        "DOCKER-USER", see_user_rule, &chain);
		if (status < 0)
			return status;
	}
	return 0;
}
