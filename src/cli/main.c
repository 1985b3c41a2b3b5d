/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: reads the command line, runs a command, and sees that the answer was written. */
#include "cli/commands.h"
#include "cli/help.h"
#include "report/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void complain(const struct settings *settings, const char *format, ...)
{
	_cleanup_free_ char *text = NULL, *safe = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	safe = printable(text ? text : "out of memory");
	fprintf(stderr, "%s: %s\n", settings->program->name, safe ? safe : "out of memory");
}

/*
 * Sees that descriptors 0 to 2 are taken, so that no file that we open gets their numbers.
 * Returns whether standard output was there.
 */
static bool claim_descriptors(void)
{
	bool output = fcntl(STDOUT_FILENO, F_GETFD) >= 0;

	for (int fd = open("/dev/null", O_RDWR | O_CLOEXEC); fd >= 0;
	     fd = open("/dev/null", O_RDWR))
		if (fd > STDERR_FILENO) {
			close(fd);
			break;
		}
	return output;
}

/* Does what the settings ask for; returns the exit code. */
static int run(const struct settings *settings)
{
	if (settings->help && settings->command == settings->program->commands[0])
		help_write_program(settings->program, stdout);
	else if (settings->help)
		help_write_command(settings->program, settings->command, stdout);
	else if (settings->version)
		printf("%s %s\n", settings->program->name, SEAWALL_VERSION);
	else
		return settings->command->run(settings);
	return CODE_FINE;
}

/* Whether all that was printed has got out: a full disk or a closed pipe is an error of ours. */
static int finish_output(const struct settings *settings, int code)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return code;
	complain(settings, "standard output: %s",
	         errno ? strerror(errno) : "not everything could be written");
	return exit_code_merge(code, CODE_USAGE);
}

/* Makes the host that --host names what is read instead of this one. False having complained. */
static bool settle_hosts(struct settings *settings)
{
	if (!settings->hosts.n)
		return true;
	if (settings->capture) {
		complain(settings, "--host and --capture are two hosts: give one");
		return false;
	}
	if (settings->hosts.n > 1 && settings->command != &audit_command) {
		complain(settings, "%s looks at one host: give --host once",
		         settings->command->name);
		return false;
	}
	settings->capture = settings->hosts.items[0];
	return true;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *error = NULL;
	struct settings settings = {.program = &seawall_program};
	bool output = claim_descriptors();

	setlocale(LC_CTYPE, "");
	/* A reader that went away is an error to be told, not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(&seawall_program, argc, argv, &settings, &error) < 0) {
		complain(&settings, "%s", error_message(error));
		return CODE_USAGE;
	}
	if (!settle_hosts(&settings))
		return CODE_USAGE;
	/* Later it may be too late to ask: in a user namespace everybody is root. */
	settings.root = geteuid() == 0;
	if (!output) {
		complain(&settings, "standard output is closed");
		return CODE_USAGE;
	}
	return finish_output(&settings, run(&settings));
}
