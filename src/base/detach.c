/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Letting go of a parent and a terminal. */
#include "base/detach.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

enum { DESCRIPTORS_MOST = 1024 };

void detach(const int *keep, size_t n)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	(void)setsid();
	(void)!chdir("/");
	for (int fd = 0; fd < 3; fd++)
		if (null >= 0)
			(void)dup2(null, fd);
	for (int fd = 3; fd < DESCRIPTORS_MOST; fd++) {
		bool kept = false;

		for (size_t i = 0; i < n; i++)
			kept |= keep[i] == fd;
		if (!kept)
			close(fd);
	}
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	/* A daemon that made it reads its own signals otherwise. */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}
