/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads one rule of iptables-save, option by option.
 *
 * An option is the rule's own (ruleset_xt_base.c) or belongs to the match or target named last that
 * has such an option; "-p tcp" names the match "tcp" as soon as one of its options is met. "!"
 * stands before an option or, in old spelling, before its value. What an extension that we do not
 * know may take is not known either: all words up to the next option are taken for its own.
 */
#include "rules/xtables/xt.h"

#include "rules/xtables/base.h"

#include <string.h>

/* Of one rule, as many as iptables takes. It bounds what is looked through for each option. */
enum { WORDS_MAX = 256 };

/* True for an unquoted exclamation mark. */
static bool is_not(const struct xt_word *word)
{
	return !word->quoted && word->text[0] == '!' && word->text[1] == '\0';
}

/* True for what begins an option. */
static bool is_option(const struct xt_word *word)
{
	return !word->quoted && word->text[0] == '-' && word->text[1] != '\0';
}

/* The place in an extension's table of an option's name; SIZE_MAX for none. */
static size_t option_place(const struct xt_extension *extension, const char *name, size_t len)
{
	const struct xt_option *options = extension ? extension->options : NULL;

	for (size_t i = 0; options && options[i].name; i++)
		if (options[i].name[0] == name[0] && strncmp(options[i].name, name, len) == 0 &&
		    options[i].name[len] == '\0')
			return i;
	return SIZE_MAX;
}

/* The use, latest first, that has an option of this name; NULL for none. */
static struct xt_use *use_with_option(struct xt_draft *draft, const char *name, size_t len,
                                      size_t *ret_place)
{
	for (size_t i = draft->uses.n; i-- > 0;) {
		*ret_place = option_place(draft->uses.items[i].extension, name, len);
		if (*ret_place != SIZE_MAX)
			return &draft->uses.items[i];
	}
	return NULL;
}

/* Uses the match of the rule's protocol, if that has an option of this name; else NULL. */
static struct xt_use *protocol_use(struct xt_draft *draft, const char *name, size_t len,
                                   size_t *ret_place)
{
	const struct xt_extension *match = NULL;

	if (draft->protocol_given)
		match = xt_protocol_match(xt_family(draft), draft->protocol);
	*ret_place = option_place(match, name, len);
	if (*ret_place == SIZE_MAX || xt_use_add(draft, match, draft->protocol_word, false) < 0)
		return NULL;
	return &draft->uses.items[draft->uses.n - 1];
}

/* Notes where an option of a use stands. */
static int mention(struct xt_draft *draft, const struct xt_use *use, size_t from, size_t to)
{
	struct xt_mention *added = vec_push(&draft->mentions);

	if (!added)
		return -ENOMEM;
	*added = (struct xt_mention){(size_t)(use - draft->uses.items), from, to};
	return 0;
}

/* One option on its way: where it is among the words, how it is negated, its value if joined. */
struct taken {
	const struct xt_word *option, *negation, *end; /* end: of the words */
	const struct xt_word *next;                    /* behind the option and its values */
	struct xt_word joined;                         /* of "--dport=80" and "-ptcp" */
	bool has_joined;
};

/* Takes the values of an option, and a "!" before them where it may be negated. */
static int take_values(struct xt_draft *draft, struct taken *taken, const struct xt_option *option,
                       struct xt_argument *ret_argument)
{
	struct xt_argument argument = {.option = taken->option, .key = option->key};

	if (!taken->has_joined && option->flags & XT_NOT && option->n_values > 0 &&
	    !taken->negation && taken->next < taken->end && is_not(taken->next))
		taken->negation = taken->next++;
	if (taken->negation && !(option->flags & XT_NOT))
		return xt_wrong(draft->reader, taken->negation,
		                "found \"!\" with %.100s, expected it not to be negated",
		                taken->option->text);
	argument.negated = taken->negation != NULL;
	argument.values = taken->has_joined ? &taken->joined : taken->next;
	if (taken->has_joined && option->n_values != 1)
		return xt_expected(draft->reader, taken->option,
		                   "this option without a value joined to it");
	if (!taken->has_joined && (size_t)(taken->end - taken->next) < option->n_values)
		return xt_wrong(draft->reader, NULL,
		                "found the end of the line, expected a value of %.100s",
		                taken->option->text);
	if (!taken->has_joined)
		taken->next += option->n_values;
	*ret_argument = argument;
	return 0;
}

/* Where the words of an option end in the line. */
static size_t taken_end(const struct taken *taken)
{
	return taken->has_joined ? taken->option->to : taken->next[-1].to;
}

/* Reads an option of a use. */
static int read_use_option(struct xt_draft *draft, struct taken *taken, struct xt_use *use,
                           size_t place)
{
	const struct xt_option *option = &use->extension->options[place];
	struct xt_argument argument;
	int status = take_values(draft, taken, option, &argument);

	if (status < 0)
		return status;
	if (use->seen >> place & 1 && !(option->flags & XT_AGAIN))
		return xt_wrong(draft->reader, taken->option,
		                "found %.100s a second time, expected it once",
		                taken->option->text);
	use->seen |= (uint64_t)1 << place;
	status = mention(draft, use, (taken->negation ? taken->negation : taken->option)->from,
	                 taken_end(taken));
	if (status < 0 || !option->read)
		return status;
	return option->read(draft, use, &argument);
}

/* Takes an option of an extension that is unknown: all up to the next option is its value. */
static int read_unknown_option(struct xt_draft *draft, struct taken *taken)
{
	struct xt_use *use = draft->uses.n > 0 ? &draft->uses.items[draft->uses.n - 1] : NULL;

	if (!use || use->extension)
		return xt_wrong(draft->reader, taken->option,
		                "found \"%.100s\", expected an option of %s", taken->option->text,
		                use ? use->extension->name : "iptables or of a match named before");
	while (!taken->has_joined && taken->next < taken->end && !is_option(taken->next) &&
	       !(is_not(taken->next) && taken->next + 1 < taken->end && is_option(taken->next + 1)))
		taken->next++;
	return mention(draft, use, (taken->negation ? taken->negation : taken->option)->from,
	               taken_end(taken));
}

/* Parts "-ptcp" and "--dport=80" into the option's name and the value joined to it. */
static size_t split_joined(struct taken *taken, bool *ret_long)
{
	const char *text = taken->option->text;
	size_t len = strlen(text), name_len;

	*ret_long = text[1] == '-';
	name_len = *ret_long ? xt_part(text, '=') - 2 : 1;
	if (name_len + (*ret_long ? 2 : 1) == len)
		return name_len;
	taken->has_joined = true;
	taken->joined = *taken->option;
	/* One more for the equals sign of a long one. */
	len = name_len + (*ret_long ? 3 : 1);
	taken->joined.text += len;
	taken->joined.from += len;
	return name_len;
}

/* Reads one option with its values. */
static int read_option(struct xt_draft *draft, struct taken *taken)
{
	bool is_long;
	size_t len = split_joined(taken, &is_long), place;
	const char *name = taken->option->text + (is_long ? 2 : 1);
	/* A match may have an option that is short for one of the rule's own: policy's --proto. */
	struct xt_use *use = is_long ? use_with_option(draft, name, len, &place) : NULL;
	const struct xt_option *base = use ? NULL : xt_base_option(name, len, is_long);
	struct xt_argument argument;
	int status;

	if (base) {
		status = take_values(draft, taken, base, &argument);
		return status < 0 ? status : base->read(draft, NULL, &argument);
	}
	if (!use && is_long)
		use = protocol_use(draft, name, len, &place);
	return use ? read_use_option(draft, taken, use, place) : read_unknown_option(draft, taken);
}

/* Reads all options from a word on. */
static int read_options(struct xt_draft *draft, const struct xt_word *word,
                        const struct xt_word *end)
{
	while (word < end && !draft->other_family) {
		struct taken taken = {.end = end};
		int status;

		if (is_not(word))
			taken.negation = word++;
		if (word == end || is_not(word) || !is_option(word))
			return word == end ? xt_wrong(draft->reader, NULL,
			                              "found the end of the line, expected an "
			                              "option behind \"!\"")
			                   : xt_expected(draft->reader, word, "an option");
		taken.option = word;
		taken.next = word + 1;
		status = read_option(draft, &taken);
		if (status < 0)
			return status;
		word = taken.next;
	}
	return 0;
}

/* A rule's protocol must be one that an extension is for. */
static int check_protocol(const struct xt_draft *draft, const struct xt_use *use)
{
	const struct xt_extension *extension = use->extension;
	size_t n = 0;

	if (!extension || !extension->protocols[0])
		return 0;
	for (; n < sizeof(extension->protocols) && extension->protocols[n]; n++)
		if (draft->protocol_given && !draft->protocol_negated &&
		    draft->protocol == extension->protocols[n])
			return 0;
	return xt_wrong(draft->reader, &use->name, "found %.100s in a rule %s, expected -p %s%s",
	                extension->name,
	                draft->protocol_given ? "for another protocol" : "for any protocol",
	                xt_protocol_name(extension->protocols[0]), n > 1 ? " or the like" : "");
}

/* Makes steps of what a use kept. */
static int finish_use(struct xt_draft *draft, struct xt_use *use)
{
	int status = check_protocol(draft, use);

	if (status < 0)
		return status;
	if (!use->extension)
		return use->target ? xt_finish_unknown_target(draft, use)
		                   : xt_finish_unknown(draft, use);
	if (use->extension->whole) {
		status = xt_match_whole(draft);
		if (status < 0)
			return status;
	}
	return use->extension->finish ? use->extension->finish(draft, use) : 0;
}

/* Makes steps of all uses, matches first, and of the verdict. */
static int finish_rule(struct xt_draft *draft)
{
	for (unsigned targets = 0; targets < 2; targets++) {
		vec_foreach(use, &draft->uses) {
			int status = use->target == (targets == 1) ? finish_use(draft, use) : 0;

			if (status < 0)
				return status;
		}
	}
	return draft->verdict.kind == VERDICT_CONTINUE ? 0 : xt_verdict(draft, draft->verdict);
}

/* Releases the steps that the draft holds, and forgets all else of the rule before. */
static void draft_clear(struct xt_draft *draft)
{
	vec_foreach(step, &draft->rule.steps) {
		vec_done(&step->boxes);
		vec_done(&step->verdicts);
	}
	draft->rule.steps.n = 0;
	draft->uses.n = 0;
	draft->mentions.n = 0;
	draft->conditions.n = 0;
	draft->verdict = (struct verdict){0};
	draft->jump = draft->protocol_word = NULL;
	draft->protocol_given = draft->protocol_negated = false;
	draft->whole = draft->other_family = false;
	draft->errors_step = 0;
	draft->counters_from = draft->counters_to = 0;
}

void xt_draft_done(struct xt_draft *draft)
{
	draft_clear(draft);
	vec_done(&draft->rule.steps);
	vec_done(&draft->uses);
	vec_done(&draft->mentions);
	vec_done(&draft->conditions);
}

/* The rule as it stands in the line, without counters. */
static const char *rule_words(struct xt_reader *reader)
{
	const struct xt_draft *draft = &reader->draft;
	size_t from = reader->words.items[0].from;
	size_t to = reader->words.items[reader->words.n - 1].to;
	struct arena *arena = &reader->ruleset->arena;

	if (!draft->counters_to)
		return arena_strndup(arena, reader->line + from, to - from);
	return arena_printf(arena, "%.*s%.*s", (int)(draft->counters_from - from),
	                    reader->line + from, (int)(to - draft->counters_to),
	                    reader->line + draft->counters_to);
}

/* Moves the draft's steps into a new rule of a chain, given by its place in the table. */
static int rule_add(struct xt_reader *reader, size_t place)
{
	struct xt_draft *draft = &reader->draft;
	const char *words = rule_words(reader);
	struct chain *chain = &xt_table(reader)->chains.items[place];
	struct rule *rule = words ? chain_add_rule(chain) : NULL;
	int status;

	if (!rule)
		return -ENOMEM;
	rule->line = reader->line_number;
	rule->text = words;
	status = rule_pack(reader->ruleset, &draft->rule, rule);
	return status < 0 || !draft->errors_step ? status : xt_add_errors_rule(draft, chain);
}

int xt_rule_read(struct xt_reader *reader)
{
	struct xt_draft *draft = &reader->draft;
	const struct xt_word *words = reader->words.items, *end = words + reader->words.n;
	const struct chain *chain;
	size_t place;
	int status;

	draft_clear(draft);
	if (words + 1 == end)
		return xt_wrong(reader, NULL, "found the end of the line, expected a chain");
	chain = xt_chain_find(reader, words[1].text);
	if (!chain)
		return xt_expected(reader, &words[1], "a chain of this table, declared before");
	if (++reader->n_rules > XT_RULES_MAX)
		return error_set(reader->ret_error, E2BIG, "%s:%u:1: expected at most %d rules",
		                 reader->path, reader->line_number, XT_RULES_MAX);
	if (reader->words.n > WORDS_MAX)
		return error_set(reader->ret_error, E2BIG,
		                 "%s:%u:1: a rule of %zu words: expected at most %d", reader->path,
		                 reader->line_number, reader->words.n, WORDS_MAX);
	/* A jump may make room for a base chain, and chains move. */
	place = (size_t)(chain - xt_table(reader)->chains.items);
	status = read_options(draft, words + 2, end);
	if (status < 0 || draft->other_family)
		return status;
	status = finish_rule(draft);
	return status < 0 ? status : rule_add(reader, place);
}
