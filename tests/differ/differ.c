/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The differential fuzzer: the model of the rules against the kernel that holds them.
 *
 * Random rulesets of nft, ipset and iptables of both kinds, also beside each other on one host, are
 * loaded into a namespace; packets at and beside what they mention are injected, and of each is
 * compared where it ends: dropped, or at which address and port, by which link. Of some, every rule
 * that they met on the way is compared with the kernel's trace. Where something differs, the case
 * is cut down to the lines that it takes and written to a file that --case takes.
 *
 * usage: differ [--seed N] [--first N] [--rulesets N] [--seconds N] [--packets N] [--jobs N]
 *               [--until-difference] [--quiet] [--said]
 *        differ --show --first N [--seed N]    writes that ruleset and its packets
 *        differ --case FILE...                 tries cases from files
 *
 * 0: nothing differs and nothing that the grammar has was left out; 1: something does, or was; 2:
 * no such option; 3: a job died, or too little was tried for a word on it; 77: not allowed here.
 */
#include "coverage.h"
#include "shrink.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	JOBS_MAX = 64,
	WAYS = 3,
	AGAIN = 3,
	UNSTEADY_ONE_IN = 1000,
	COVERED_FROM = 700,
	TOLD_MOST = 5,
	TELL_EVERY = 60,
	SKIP = 77,
	BROKEN = 3
};

struct options {
	unsigned seed, first, rulesets, seconds, packets, jobs;
	bool until_difference, quiet, show, said;
};

/* What one job found. */
struct result {
	struct counts counts;
	struct coverage coverage;
	double seconds; /* until the first difference, or the end */
};

/* Seconds since some time. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Writes a case that was cut down, to a file and for those who watch. */
static void keep_case(const struct rules_case *rules, const struct options *options,
                      unsigned number)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "differ-%u-%u.case", options->seed, number);
	file = fopen(path, "we");
	if (file) {
		fprintf(file, "seed %u, ruleset %u\n", options->seed, number);
		case_write(rules, file);
		fclose(file);
	}
	fprintf(stderr, "cut down, in %s:\n", file ? path : strerror(errno));
	case_write(rules, stderr);
}

/* Adds counts to others. */
static void add_counts(struct counts *sum, const struct counts *counts)
{
	unsigned long *to = (unsigned long *)sum;
	const unsigned long *from = (const unsigned long *)counts;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

/* Compares ends and ways. False: *ret_packet shows a difference, *ret_by_way: on its way. */
static bool check_case(const struct lab *lab, const struct rules_case *rules, FILE *told,
                       struct counts *counts, struct probe *ret_packet, bool *ret_by_way)
{
	size_t bad = 0, n = rules->packets.n;

	*ret_by_way = false;
	if (!check_ends(lab, rules->packets.items, n, told, counts, &bad)) {
		*ret_packet = rules->packets.items[bad];
		return false;
	}
	for (size_t i = 0; i < WAYS && i < n; i++) {
		*ret_packet = rules->packets.items[i];
		*ret_by_way = true;
		if (!check_way(lab, ret_packet, told, counts))
			return false;
	}
	return true;
}

/*
 * Whether a case that differed differs again. What a packet decides does so each time; what does
 * not come again was the machine's doing (a stranger's packet between two counters, a probe lost),
 * is counted by itself, and may not be more than one or a few in many.
 */
static bool differs_again(struct lab *lab, const struct rules_case *rules, struct probe *ret_packet,
                          bool *ret_by_way)
{
	struct counts counts = {0};

	for (unsigned i = 0; i < AGAIN; i++)
		if (lab_load(lab, rules) &&
		    !check_case(lab, rules, NULL, &counts, ret_packet, ret_by_way))
			return true;
	return false;
}

/* Tries the ruleset of a number. False: something differs. */
static bool try_number(struct lab *lab, const struct options *options, unsigned number,
                       struct result *result)
{
	struct counts counts = {0};
	struct rules_case rules;
	struct probe packet;
	bool by_way, same = true;

	case_random(&rules, number, options->seed, options->packets);
	if (!lab_load(lab, &rules)) {
		result->counts.refused++;
		if (options->said) {
			fprintf(stderr, "ruleset %u:\n", number);
			lab_said(lab, stderr);
		}
	} else {
		result->counts.rulesets++;
		coverage_add(&result->coverage, &rules);
		same = check_case(lab, &rules, options->quiet ? NULL : stderr, &counts, &packet,
		                  &by_way);
		if (!same && !differs_again(lab, &rules, &packet, &by_way)) {
			same = true;
			counts.differences = 0;
			counts.unsteady = 1;
			fprintf(stderr, "ruleset %u of seed %u differed once, not again\n", number,
			        options->seed);
		}
		add_counts(&result->counts, &counts);
		if (!same && !options->quiet) {
			fprintf(stderr, "ruleset %u of seed %u differs\n", number, options->seed);
			shrink(lab, &rules, &packet, by_way);
			keep_case(&rules, options, number);
		}
	}
	case_done(&rules);
	return same;
}

/* Set by a signal: the job comes to its end. */
static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* One job's part of the numbers. */
static void run_job(const struct options *options, unsigned job, struct result *result)
{
	double begin = now(), next = begin + TELL_EVERY;
	struct lab lab;
	unsigned told = 0;

	lab_new(&lab);
	for (unsigned i = job; i < options->rulesets; i += options->jobs) {
		bool same = try_number(&lab, options, options->first + i, result);

		if (!options->quiet && now() >= next) {
			next += TELL_EVERY;
			fprintf(stderr, "job %u of %u: %lu rulesets and %lu packets so far\n",
			        job + 1, options->jobs, result->counts.rulesets,
			        result->counts.packets);
		}
		if (!same && (options->until_difference || ++told == TOLD_MOST))
			break;
		if (stopped || (options->seconds && now() - begin >= options->seconds))
			break;
	}
	lab_done(&lab);
	result->seconds = now() - begin;
}

/* Adds what another job found. */
static void add_result(struct result *sum, const struct result *one)
{
	add_counts(&sum->counts, &one->counts);
	for (size_t i = 0; i < FEATURES_MAX; i++)
		sum->coverage.seen[i] += one->coverage.seen[i];
	if (one->seconds > sum->seconds)
		sum->seconds = one->seconds;
}

/* A job that runs beside others. */
struct job {
	pid_t pid;
	int wire; /* its result comes by it */
};

/* Begins a job. */
static struct job begin_job(const struct options *options, unsigned number)
{
	static struct result result;
	struct job job;
	int wire[2];

	if (pipe2(wire, O_CLOEXEC) < 0)
		abort();
	job = (struct job){.pid = fork(), .wire = wire[0]};
	if (job.pid < 0)
		abort();
	if (job.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		signal(SIGTERM, stop);
		signal(SIGINT, stop);
		run_job(options, number, &result);
		_exit(write(wire[1], &result, sizeof(result)) != sizeof(result));
	}
	close(wire[1]);
	return job;
}

/* Takes a job's result. Returns its exit code. */
static int end_job(const struct job *job, int status, struct result *sum)
{
	struct result result;

	if (read(job->wire, &result, sizeof(result)) == sizeof(result))
		add_result(sum, &result);
	close(job->wire);
	return WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == SKIP)
	           ? WEXITSTATUS(status)
	           : BROKEN;
}

/* Runs all jobs beside each other. Returns SKIP where namespaces are not allowed, BROKEN when one
 * died. */
static int run_jobs(const struct options *options, struct result *sum)
{
	struct job jobs[JOBS_MAX];
	int worst = 0;

	signal(SIGINT, SIG_IGN); /* the jobs stop, and what they found is told */
	for (unsigned i = 0; i < options->jobs; i++)
		jobs[i] = begin_job(options, i);
	for (unsigned ended = 0; ended < options->jobs; ended++) {
		int status, code = BROKEN;
		pid_t pid = wait(&status);

		for (unsigned i = 0; i < options->jobs; i++)
			if (jobs[i].pid == pid) {
				code = end_job(&jobs[i], status, sum);
				jobs[i].pid = 0;
			}
		worst = code > worst ? code : worst;
		for (unsigned i = 0; i < options->jobs; i++)
			if (jobs[i].pid > 0 && options->until_difference && sum->counts.differences)
				kill(jobs[i].pid, SIGTERM);
	}
	return worst;
}

/* Tries cases from files. Returns how many differ. */
static unsigned run_cases(char **paths, int n)
{
	struct counts counts = {0};
	struct lab lab;
	unsigned bad = 0;

	lab_new(&lab);
	for (int i = 0; i < n; i++) {
		_cleanup_error_ struct error *error = NULL;
		struct rules_case rules;
		struct probe packet;
		bool by_way;

		if (case_read(paths[i], &rules, &error) < 0 || !rules.packets.n ||
		    !lab_load(&lab, &rules)) {
			fprintf(stderr, "%s: %s\n", paths[i],
			        error             ? error_message(error)
			        : rules.packets.n ? "its tools do not take it"
			                          : "it has no packet");
			bad++;
		} else if (!check_case(&lab, &rules, stderr, &counts, &packet, &by_way)) {
			fprintf(stderr, "%s: differs\n", paths[i]);
			bad++;
		}
		case_done(&rules);
	}
	lab_done(&lab);
	printf("%d cases, %lu packets, %lu rules on their ways, %u differ\n", n, counts.packets,
	       counts.steps, bad);
	return bad;
}

/* Says what was found. Returns the exit code. */
static int tell(const struct options *options, const struct result *sum)
{
	const struct counts *counts = &sum->counts;
	unsigned never = 0;

	if (!options->quiet && counts->rulesets >= COVERED_FROM)
		never = coverage_print(&sum->coverage, stdout);
	printf("seed %u: %lu rulesets (%lu refused by their tools), %lu packets compared, %lu "
	       "arrived, %lu translated, %lu rules on the ways of %lu; %lu open (%lu in too many "
	       "ways), %lu unknown, %lu "
	       "differences (%lu not again), in %.1f s\n",
	       options->seed, counts->rulesets, counts->refused, counts->packets, counts->arrived,
	       counts->translated, counts->steps, counts->traced, counts->open, counts->incomplete,
	       counts->unknown, counts->differences, counts->unsteady, sum->seconds);
	if (never)
		printf("%u features were never generated\n", never);
	if (counts->differences || counts->unknown || never)
		return 1;
	if (counts->unsteady > 1 + counts->rulesets / UNSTEADY_ONE_IN) {
		printf("too much of it did not come again\n");
		return BROKEN;
	}
	/* What the tools refuse, or nothing gets through, shows nothing. */
	if (counts->refused > counts->rulesets || !counts->arrived || !counts->traced) {
		printf("too little to tell anything by\n");
		return BROKEN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {{"seed", required_argument, NULL, 's'},
	                                      {"first", required_argument, NULL, 'f'},
	                                      {"rulesets", required_argument, NULL, 'r'},
	                                      {"seconds", required_argument, NULL, 't'},
	                                      {"packets", required_argument, NULL, 'p'},
	                                      {"jobs", required_argument, NULL, 'j'},
	                                      {"until-difference", no_argument, NULL, 'u'},
	                                      {"quiet", no_argument, NULL, 'q'},
	                                      {"case", no_argument, NULL, 'c'},
	                                      {"show", no_argument, NULL, 'w'},
	                                      {"said", no_argument, NULL, 'd'},
	                                      {NULL, 0, NULL, 0}};
	struct options options = {.seed = 1, .rulesets = 1000, .packets = 500, .jobs = 2};
	struct result sum = {0};
	bool cases = false;
	int option, worst;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		unsigned number = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;

		switch (option) {
		case 's':
			options.seed = number;
			break;
		case 'f':
			options.first = number;
			break;
		case 'r':
			options.rulesets = number;
			break;
		case 't':
			options.seconds = number;
			break;
		case 'p':
			options.packets = number ? number : 1;
			break;
		case 'j':
			options.jobs = number ? number % (JOBS_MAX + 1) : 1;
			break;
		case 'u':
			options.until_difference = true;
			break;
		case 'q':
			options.quiet = true;
			break;
		case 'c':
			cases = true;
			break;
		case 'd':
			options.said = true;
			break;
		case 'w':
			options.show = true;
			break;
		default:
			return 2;
		}
	}
	if (options.show) {
		struct rules_case rules;

		case_random(&rules, options.first, options.seed, options.packets);
		case_write(&rules, stdout);
		case_done(&rules);
		return 0;
	}
	if (cases)
		return run_cases(argv + optind, argc - optind) > 0;
	options.jobs += options.jobs % 2; /* each has odd numbers, or even ones: see case.c */
	worst = run_jobs(&options, &sum);
	if (worst == SKIP)
		return worst;
	if (worst)
		fputs("differ: a job died\n", stderr);
	option = tell(&options, &sum);
	return worst ? worst : option;
}
