/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets in their internal form as text, for tests to compare. */
#include "ruleset_dump.h"

#include <arpa/inet.h>
#include <assert.h>
#include <linux/netfilter.h>
#include <string.h>

static const char *const field_names[] = {
    "family", "proto",     "state",  "in",       "out",     "src",      "dst",     "sport",
    "dport",  "tcp-flags", "icmp",   "mark",     "ct-mark", "status",   "reply",   "osrc",
    "odst",   "osport",    "odport", "dtype",    "stype",   "dtype-in", "reverse", "pkttype",
    "length", "ttl",       "dscp",   "fragment", "mac",
};
static_assert(sizeof(field_names) / sizeof(*field_names) == FIELDS, "one for each field");

/* Writes a value as a number. */
static void dump_number(FILE *file, field_value value)
{
	if (value > UINT64_MAX)
		fprintf(file, "0x%llx:%016llx", (unsigned long long)(value >> 64),
		        (unsigned long long)value);
	else if (value > UINT16_MAX)
		fprintf(file, "0x%llx", (unsigned long long)value);
	else
		fprintf(file, "%llu", (unsigned long long)value);
}

/* Writes a value as an address. */
static void dump_address(FILE *file, field_value value, uint8_t family)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)(value >> (120 - 8 * i));
	if (family != NFPROTO_IPV6 && value <= UINT32_MAX)
		inet_ntop(AF_INET, bytes + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, bytes, text, sizeof(text));
	fprintf(file, "%s", text);
}

/* Writes an interval of names: "eth0", or "eth+". */
static void dump_name(FILE *file, struct interval interval)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned char first = (unsigned char)(interval.first >> (120 - 8 * i));
		unsigned char last = (unsigned char)(interval.last >> (120 - 8 * i));

		if (first != last) {
			fputc('+', file);
			return;
		}
		if (first == 0)
			return;
		fputc(first, file);
	}
}

/* Whether an interval holds every value of a field. */
static bool is_any(enum field field, struct interval interval)
{
	unsigned bits = field_bits(field);
	field_value ones = bits >= 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1;

	return interval.first == 0 && interval.last == ones;
}

/* Whether a field's values are addresses. */
static bool is_address(enum field field)
{
	return field == FIELD_SOURCE || field == FIELD_DESTINATION ||
	       field == FIELD_ORIGINAL_SOURCE || field == FIELD_ORIGINAL_DESTINATION;
}

/* Writes one interval of a field. */
static void dump_interval(FILE *file, enum field field, struct interval interval, uint8_t family)
{
	if (is_any(field, interval)) {
		fputc('*', file);
	} else if (field == FIELD_IN || field == FIELD_OUT) {
		dump_name(file, interval);
	} else if (is_address(field)) {
		dump_address(file, interval.first, family);
		if (interval.first != interval.last) {
			fputc('-', file);
			dump_address(file, interval.last, family);
		}
	} else {
		dump_number(file, interval.first);
		if (interval.first != interval.last) {
			fputc('-', file);
			dump_number(file, interval.last);
		}
	}
}

/* Writes a verdict. */
static void dump_verdict(FILE *file, struct verdict verdict)
{
	static const char *const names[] = {"continue", "accept", "drop",  "reject", "queue",
	                                    "stolen",   "return", "jump ", "goto "};

	fprintf(file, "%s%s", names[verdict.kind], verdict.chain ? verdict.chain : "");
}

/*
 * Writes a match: "src 10.0.0.0-10.255.255.255", "!dport 1,2", "state.odport 1.7,2.*", or a map:
 * "map dport 22:accept,80:jump web".
 */
static void dump_match(FILE *file, const struct step *step, uint8_t family)
{
	fprintf(file, "%s%s", step->verdicts.n > 0 ? "map " : "", step->negated ? "!" : "");
	for (unsigned i = 0; i < step->n_fields; i++) {
		const struct operand_field *operand = &step->fields[i];

		fprintf(file, "%s%s", i ? "." : "", field_names[operand->field]);
		if (operand->mask != ~(field_value)0) {
			fputc('&', file);
			if (is_address(operand->field))
				dump_address(file, operand->mask, family);
			else
				dump_number(file, operand->mask);
		}
	}
	for (size_t i = 0; step->n_fields > 0 && i < step->boxes.n; i++) {
		unsigned place = (unsigned)(i % step->n_fields);

		fputs(place ? "." : i ? "," : " ", file);
		dump_interval(file, step->fields[place].field, step->boxes.items[i], family);
		if (step->verdicts.n > 0 && place + 1U == step->n_fields) {
			fputc(':', file);
			dump_verdict(file, step->verdicts.items[i / step->n_fields]);
		}
	}
	if (step->boxes.n == 0)
		fputs(" never", file);
}

/* Writes a translation. */
static void dump_nat(FILE *file, const struct step *step, uint8_t family)
{
	static const char *const names[] = {"dnat",     "snat",   "masquerade",
	                                    "redirect", "tproxy", "netmap"};

	fputs(names[step->nat], file);
	if (step->nat_address) {
		fputc(' ', file);
		dump_interval(file, FIELD_SOURCE, step->addresses, family);
	}
	if (step->nat_port) {
		fputs(" port ", file);
		dump_interval(file, FIELD_SOURCE_PORT, step->ports, family);
	}
}

/* Writes a change of a field. */
static void dump_change(FILE *file, const struct step *step)
{
	fprintf(file, "%s = %s&~", field_names[step->field], field_names[step->field]);
	dump_number(file, step->mask);
	fprintf(file, " ^ ");
	if (step->kind == STEP_COPY)
		fprintf(file, "%s&", field_names[step->from]);
	dump_number(file, step->value);
}

/* Writes one step. */
static void dump_step(FILE *file, const struct step *step, uint8_t family)
{
	switch (step->kind) {
	case STEP_MATCH:
	case STEP_VERDICT_MAP:
		dump_match(file, step, family);
		break;
	case STEP_UNKNOWN:
		fprintf(file, "%s {%s}", step->shared ? "shared" : "unknown", step->text);
		break;
	case STEP_VERDICT:
		dump_verdict(file, step->verdicts.items[0]);
		break;
	case STEP_ASSIGN:
	case STEP_COPY:
		dump_change(file, step);
		break;
	case STEP_NAT:
		dump_nat(file, step, family);
		break;
	case STEP_NOTRACK:
		fputs("notrack", file);
		break;
	case STEP_EFFECT:
		fprintf(file, "effect {%s}", step->text);
		break;
	case STEP_FORGET:
		fprintf(file, "forget %s&", field_names[step->field]);
		dump_number(file, step->mask);
		fprintf(file, " {%s}", step->text);
		break;
	}
}

void ruleset_dump_rule(FILE *file, const struct rule *rule, uint8_t family)
{
	const char *semicolon = "";

	vec_foreach(step, &rule->steps) {
		fputs(semicolon, file);
		dump_step(file, step, family);
		semicolon = "; ";
	}
}

/* A family as nft calls it. */
static const char *family_name(uint8_t family)
{
	static const char *const names[] = {
	    [NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",       [NFPROTO_ARP] = "arp",
	    [NFPROTO_NETDEV] = "netdev", [NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6",
	};

	return names[family];
}

void ruleset_dump(FILE *file, const struct ruleset *ruleset)
{
	vec_foreach(table, &ruleset->tables) {
		fprintf(file, "table %s %s%s\n", family_name(table->family), table->name,
		        table->dormant ? " dormant" : "");
		vec_foreach(chain, &table->chains) {
			fprintf(file, "chain %s", chain->name);
			if (chain->base) {
				fprintf(file, " hook %u priority %d type %u policy ", chain->hook,
				        chain->priority, chain->type);
				dump_verdict(file, chain->policy);
				fputs(chain->policy_line ? "" : " (unsaid)", file);
			}
			if (chain->device)
				fprintf(file, " device %s", chain->device);
			fputc('\n', file);
			vec_foreach(rule, &chain->rules) {
				fprintf(file, "%u ", rule->line);
				ruleset_dump_rule(file, rule, table->family);
				fputc('\n', file);
			}
		}
	}
}
