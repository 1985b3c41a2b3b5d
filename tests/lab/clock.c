/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clock of day that jumps, for the processes that it is loaded into (LD_PRELOAD): it is ahead of
 * the machine's by as many seconds as the file that $LAB_CLOCK names says, in eight bytes that are
 * looked at each time. Asks the kernel itself, for it runs before any library is ready.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead;

__attribute__((constructor)) static void clock_open(void)
{
	const char *path = getenv("LAB_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *page;

	if (fd < 0)
		return;
	page = mmap(NULL, sizeof(*ahead), PROT_READ, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED)
		ahead = page;
	close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int status = (int)syscall(SYS_clock_gettime, clock, ret_time);

	if (status == 0 && ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret_time->tv_sec += *ahead;
	return status;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*ret_time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *ret_time)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret_time)
		*ret_time = now.tv_sec;
	return now.tv_sec;
}
