/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that the guard leaves to a process of its own. */
#include "guard/job.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NICENESS = 5 };

/* The child's life. Does not return. */
static void run_child(const struct job_kind *kind, int fd, pid_t parent,
                      int (*work)(FILE *out, const void *data), const void *data)
{
	const struct rlimit limit = {kind->seconds_most, kind->seconds_most};
	FILE *out = fdopen(fd, "w");
	sigset_t none;
	int code;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, kind->name);
	if (getppid() != parent || !out)
		_exit(1);
	(void)setrlimit(RLIMIT_CPU, &limit);
	(void)alarm(kind->seconds_most);
	if (kind->modest) {
		_cleanup_close_ int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

		(void)setpriority(PRIO_PROCESS, 0, NICENESS);
		(void)!write(score, "500", 3);
	}
	code = work(out, data);
	_exit(fclose(out) == 0 ? code : 1);
}

int job_begin(struct job *job, const struct job_kind *kind, struct events *events, int bit,
              int (*work)(FILE *out, const void *data), const void *data)
{
	pid_t parent = getpid(), pid;
	int fd = memfd_create(kind->name, MFD_CLOEXEC), status;

	pid = fd < 0 ? -1 : fork();
	if (pid == 0)
		run_child(kind, fd, parent, work, data);
	if (pid < 0) {
		status = -errno;
		if (fd >= 0)
			close(fd);
		return status;
	}
	*job = (struct job){
	    .pid = pid, .fd = fd, .handle = (int)syscall(SYS_pidfd_open, pid, 0), .bit = bit};
	events_read_also(events, bit, job->handle);
	return 0;
}

int job_wait(struct job *job)
{
	int status = 0;

	while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
		;
	job->pid = -job->pid; /* ended */
	return status;
}

void job_end(struct job *job, struct events *events)
{
	if (job->pid == 0)
		return;
	if (job->pid > 0) {
		(void)kill(job->pid, SIGKILL);
		(void)job_wait(job);
	}
	events_read_also(events, job->bit, -1);
	close(job->handle);
	close(job->fd);
	*job = (struct job){0};
}
