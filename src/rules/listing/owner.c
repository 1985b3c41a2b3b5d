/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose rule it is.
 *
 * Theory of operation. nf_tables and xtables do not say who wrote a rule. What is
 * written by programs stands in chains and tables that they name after themselves;
 * those names are the table below. In a built-in chain a rule that jumps into such
 * a chain is the program's too. Docker alone writes rules of its own into built-in
 * chains that jump nowhere (exposures.md 2.1-2.6); they are told by their exact
 * shape and by the name of a Docker bridge in them: one that Docker chose, or one
 * that traffic is sent to chain DOCKER for. Anything else is the admin's.
 */
#include "rules/listing/find.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

static const struct owner_name {
	bool is_table; /* of a table, else of a chain */
	bool prefix;   /* the name only begins so */
	enum rule_owner owner;
	const char *text;
	const char *name;
} owner_names[] = {
    {false, false, OWNER_ADMIN, "DOCKER-USER", "yours"},
    {false, true, OWNER_DOCKER, "DOCKER", "Docker"},
    {true, false, OWNER_DOCKER, "docker-bridges", "Docker"},
    {false, true, OWNER_UFW, "ufw-", "ufw"},
    {false, true, OWNER_UFW, "ufw6-", "ufw"},
    {true, false, OWNER_FIREWALLD, "firewalld", "firewalld"},
    {true, false, OWNER_FIREWALLD, "firewalld_policy_drop", "firewalld"},
    {false, true, OWNER_FIREWALLD, "IN_", "firewalld"},
    {false, true, OWNER_FIREWALLD, "OUT_", "firewalld"},
    {false, true, OWNER_FIREWALLD, "FWD_", "firewalld"},
    {false, true, OWNER_FIREWALLD, "FWDI_", "firewalld"},
    {false, true, OWNER_FIREWALLD, "FWDO_", "firewalld"},
    {false, true, OWNER_FIREWALLD, "PRE_", "firewalld"},
    {false, true, OWNER_FIREWALLD, "POST_", "firewalld"},
    {false, true, OWNER_FIREWALLD, "INPUT_ZONES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "INPUT_POLICIES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "INPUT_direct", "firewalld"},
    {false, true, OWNER_FIREWALLD, "FORWARD_IN_ZONES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "FORWARD_OUT_ZONES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "FORWARD_POLICIES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "FORWARD_direct", "firewalld"},
    {false, true, OWNER_FIREWALLD, "OUTPUT_POLICIES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "OUTPUT_direct", "firewalld"},
    {false, true, OWNER_FIREWALLD, "PREROUTING_ZONES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "PREROUTING_POLICIES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "PREROUTING_direct", "firewalld"},
    {false, true, OWNER_FIREWALLD, "POSTROUTING_ZONES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "POSTROUTING_POLICIES", "firewalld"},
    {false, true, OWNER_FIREWALLD, "POSTROUTING_direct", "firewalld"},
    {false, true, OWNER_OTHER, "NETAVARK", "netavark"},
    {true, false, OWNER_OTHER, "netavark", "netavark"},
    {false, true, OWNER_OTHER, "CNI-", "CNI"},
    {true, true, OWNER_OTHER, "cni_", "CNI"},
    {false, true, OWNER_OTHER, "KUBE-", "Kubernetes"},
    {true, true, OWNER_OTHER, "kube-proxy", "Kubernetes"},
    {false, true, OWNER_OTHER, "cali-", "Calico"},
    {false, true, OWNER_OTHER, "CILIUM_", "Cilium"},
    {false, true, OWNER_OTHER, "FLANNEL-", "flannel"},
    {false, true, OWNER_OTHER, "LIBVIRT_", "libvirt"},
    {true, true, OWNER_OTHER, "libvirt_", "libvirt"},
    {true, false, OWNER_OTHER, "seawall", "Seawall"},
    {false, true, OWNER_OTHER, "SEAWALL", "Seawall"},
    {false, true, OWNER_OTHER, "ts-", "Tailscale"},
    {false, true, OWNER_OTHER, "CROWDSEC", "CrowdSec"},
    {true, true, OWNER_OTHER, "crowdsec", "CrowdSec"},
    {false, true, OWNER_OTHER, "f2b-", "fail2ban"},
    {true, true, OWNER_OTHER, "f2b-", "fail2ban"},
    {false, false, OWNER_OTHER, "sshguard", "sshguard"},
    {true, false, OWNER_OTHER, "sshguard", "sshguard"},
    {false, true, OWNER_OTHER, "MINIUPNPD", "miniupnpd"},
    {true, false, OWNER_OTHER, "lxd", "LXD"},
    {true, false, OWNER_OTHER, "incus", "Incus"},
    {true, true, OWNER_OTHER, "wg-quick-", "wg-quick"},
    {false, true, OWNER_OTHER, "nixos-fw", "NixOS"},
    {true, false, OWNER_OTHER, "nixos-fw", "NixOS"},
};

/*
 * Rules that Docker writes into built-in chains, word by word: "BR" stands for the name that
 * Docker gives a bridge, "*" for any one word.
 */
static const char *const docker_shapes[] = {
    "-A FORWARD -o BR -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -i BR ! -o BR -j ACCEPT",
    "-A FORWARD -i BR -o BR -j ACCEPT",
    "-A FORWARD -i BR -o BR -j DROP",
    "-A POSTROUTING -s * ! -o BR -j MASQUERADE",
    "-A POSTROUTING -o BR -m addrtype --src-type LOCAL -j MASQUERADE",
    "-A PREROUTING -d * ! -i BR -j DROP",
    "-A PREROUTING -d * ! -i BR -p * -m * --dport * -j DROP",
    "-A PREROUTING -d 127.0.0.1/32 ! -i lo -p * -m * --dport * -j DROP",
    "-A POSTROUTING -s * -d * -p tcp -m tcp --dport * -j MASQUERADE",
    "-A POSTROUTING -s * -d * -p udp -m udp --dport * -j MASQUERADE",
    "-A POSTROUTING -s * -d * -p sctp -m sctp --dport * -j MASQUERADE",
};

/* Sets that ban programs fill and refer to from built-in chains. */
static const struct {
	const char *text, *name;
} set_owners[] = {
    {" --match-set crowdsec", "CrowdSec"},
    {" --match-set f2b-", "fail2ban"},
};

/* The owner that a table's or chain's name tells, or NULL. */
static const struct owner_name *owner_of(const char *table, const char *chain)
{
	for (size_t i = 0; i < sizeof(owner_names) / sizeof(*owner_names); i++) {
		const struct owner_name *owner = &owner_names[i];
		const char *name = owner->is_table ? table : chain;

		if (!name)
			continue;
		if (owner->prefix ? strncmp(name, owner->text, strlen(owner->text)) == 0
		                  : strcmp(name, owner->text) == 0)
			return owner;
	}
	return NULL;
}

enum rule_owner rule_owner(const struct rule_ref *rule)
{
	const struct owner_name *owner = owner_of(rule->table, rule->chain);

	return owner ? owner->owner : OWNER_ADMIN;
}

/* "docker0", "docker_gwbridge" or "br-" and twelve hex digits: what Docker calls a bridge. */
static bool is_docker_bridge(const char *word, size_t len)
{
	enum { BRIDGE_LEN = 15 };

	if ((len == 7 && strncmp(word, "docker0", len) == 0) ||
	    (len == BRIDGE_LEN && strncmp(word, "docker_gwbridge", len) == 0))
		return true;
	return len == BRIDGE_LEN && strncmp(word, "br-", 3) == 0 &&
	       strspn(word + 3, "0123456789abcdef") >= BRIDGE_LEN - 3;
}

/* A search for the rule that sends what leaves by a bridge to chain DOCKER. */
struct bridge_search {
	const char *name; /* of the bridge, not ended by a NUL */
	size_t len;
};

/* Stops with 1 at "-A FORWARD -o NAME -j DOCKER" or the same of DOCKER-BRIDGE. */
static int is_bridge_jump(const struct rule_ref *ref, const char *text, void *data)
{
	const struct bridge_search *search = data;
	const char *name = strstr(text, " -o ");

	if (!same_name(ref->table, "filter") || !name)
		return 0;
	name += strlen(" -o ");
	return strncmp(name, search->name, search->len) == 0 &&
	       strcmp(name + search->len, " -j DOCKER") == 0;
}

/* A bridge whose name the admin chose for a network of Docker. */
static bool is_named_bridge(const struct netview *view, uint8_t family, const char *word,
                            size_t len)
{
	struct bridge_search search = {.name = word, .len = len};

	return rules_of_chain(view, family, "filter", "FORWARD", is_bridge_jump, &search) == 1 ||
	       rules_of_chain(view, family, "filter", "DOCKER-BRIDGE", is_bridge_jump, &search) ==
	           1;
}

/*
 * The rule's text has a shape, word by word. *ret_bridge is the first word that must be a bridge
 * of Docker's, NULL when there is none; further ones are the same.
 */
static bool has_shape(const char *text, const char *shape, const char **ret_bridge)
{
	const char *bridge = NULL;
	size_t bridge_len = 0;

	while (*text && *shape) {
		size_t word = strcspn(text, " "), want = strcspn(shape, " ");
		bool fits = want == 1 && *shape == '*';

		if (want == 2 && strncmp(shape, "BR", 2) == 0) {
			fits = !bridge || (word == bridge_len && strncmp(text, bridge, word) == 0);
			bridge = text;
			bridge_len = word;
		} else if (!fits) {
			fits = word == want && strncmp(text, shape, word) == 0;
		}
		if (!fits)
			return false;
		text += word + (text[word] == ' ');
		shape += want + (shape[want] == ' ');
	}
	*ret_bridge = bridge;
	return !*text && !*shape;
}

/* Docker wrote a rule of this text into a built-in chain. */
static bool is_docker_text(const struct netview *view, uint8_t family, const char *text)
{
	for (size_t i = 0; i < sizeof(docker_shapes) / sizeof(*docker_shapes); i++) {
		const char *bridge;
		size_t len;

		if (!has_shape(text, docker_shapes[i], &bridge))
			continue;
		len = bridge ? strcspn(bridge, " ") : 0;
		if (!bridge || is_docker_bridge(bridge, len) ||
		    is_named_bridge(view, family, bridge, len))
			return true;
	}
	return false;
}

/* Where an nft rule jumps: borrowed from the view, or NULL. */
static const char *nft_jump(const struct nft_rule *rule)
{
	struct span rest = rule->expressions;
	struct nft_verdict verdict;
	struct nft_expr expr;

	while (nft_expr_next(&rest, &expr))
		if (strcmp(expr.name, "immediate") == 0 &&
		    attr_verdict(expr.attrs.by_type[NFTA_IMMEDIATE_DATA], &verdict) &&
		    verdict.chain)
			return verdict.chain;
	return NULL;
}

/* Where a rule jumps: borrowed from the view, or NULL. */
static const char *jump_of(const struct netview *view, const struct rule_ref *ref)
{
	const struct xtables_table *table;
	struct legacy_entry entry;
	struct nft_rule nft;
	struct xt_rule rule;
	const char *jump = NULL;
	unsigned line;

	if (!ref->legacy)
		return rule_find_nft(view, ref, &nft, &line) ? nft_jump(&nft) : NULL;
	if (!rule_find_legacy(view, ref, &table, &entry) ||
	    xt_rule_from_legacy(table, &entry, &rule) < 0)
		return NULL;
	if (rule.action == XT_ACTION_JUMP || rule.action == XT_ACTION_GOTO)
		jump = rule.target.name;
	xt_rule_done(&rule);
	return jump;
}

/* The owner that the text of a rule in a built-in chain tells, or NULL. */
static const char *owner_by_text(const struct netview *view, uint8_t family, const char *text)
{
	if (is_docker_text(view, family, text))
		return "Docker";
	for (size_t i = 0; i < sizeof(set_owners) / sizeof(*set_owners); i++)
		if (strstr(text, set_owners[i].text))
			return set_owners[i].name;
	return NULL;
}

const char *rule_owner_name(const struct netview *view, const struct rule_ref *rule)
{
	const struct owner_name *owner = owner_of(rule->table, rule->chain);
	const char *jump, *name;
	_cleanup_free_ char *text = NULL;

	if (owner)
		return owner->name;
	if (rule->policy || !rule->table || !rule->chain)
		return "yours";
	jump = jump_of(view, rule);
	/* The jump to the admin's own DOCKER-USER was written by Docker. */
	if (jump && strcmp(jump, "DOCKER-USER") == 0)
		return "Docker";
	owner = owner_of(NULL, jump);
	if (owner)
		return owner->name;
	text = rule_text(view, rule);
	name = text ? owner_by_text(view, rule->family, text) : NULL;
	return name ? name : "yours";
}
