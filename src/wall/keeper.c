/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holding the socket that owns the table, and lending it. */
#include "wall/keeper.h"

#include "base/cleanup.h"
#include "base/detach.h"
#include "base/directories.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { PATIENCE_MSEC = 2000, END_MSEC = 2000, BACKLOG = 16 };

/* The address of its unix socket. False when the directory's name is too long. */
static bool address_of(struct sockaddr_un *address)
{
	int len;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	len = snprintf(address->sun_path, sizeof(address->sun_path), "%s/keeper",
	               runtime_directory());
	return len > 0 && (size_t)len < sizeof(address->sun_path);
}

/* Whether a process is in the network namespace that we are in: what it lends is for that one. */
static bool shares_netns(pid_t pid)
{
	struct stat ours, its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &its) == 0 &&
	       ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
}

/* Connects, and finds out who answers. A descriptor or a negative errno. */
static int connect_keeper(struct ucred *ret_peer)
{
	const struct timeval patience = {.tv_sec = PATIENCE_MSEC / 1000};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret_peer);
	struct sockaddr_un address;

	if (fd < 0)
		return -errno;
	if (!address_of(&address))
		return -ENAMETOOLONG;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ECONNREFUSED ? -ENOENT : -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &len) < 0)
		return -errno;
	/* What it lends will be trusted. */
	if (ret_peer->uid != geteuid())
		return -EPERM;
	if (!shares_netns(ret_peer->pid))
		return -ENOENT;
	return steal_fd(&fd);
}

int keeper_borrow(void)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct ucred peer;
	_cleanup_close_ int fd = connect_keeper(&peer);
	char byte;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
	                         .msg_iovlen = 1,
	                         .msg_control = control.room,
	                         .msg_controllen = sizeof(control.room)};
	const struct cmsghdr *part;
	ssize_t n;
	int lent;

	if (fd < 0)
		return fd;
	n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	part = CMSG_FIRSTHDR(&message);
	if (n == 0 || !part || part->cmsg_type != SCM_RIGHTS ||
	    part->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&lent, CMSG_DATA(part), sizeof(lent));
	return lent;
}

/* Lends the socket to who connected, if that is root. */
static void lend(int fd, int netlink_fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
	                        .cmsg_level = SOL_SOCKET,
	                        .cmsg_type = SCM_RIGHTS}};
	struct iovec data = {"+", 1};
	const struct msghdr message = {.msg_iov = &data,
	                               .msg_iovlen = 1,
	                               .msg_control = control.room,
	                               .msg_controllen = sizeof(control.room)};
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != 0)
		return;
	memcpy(CMSG_DATA(&control.header), &netlink_fd, sizeof(netlink_fd));
	(void)sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/*
 * Gives up all rights: the socket has them. It stays root's process by name, so that nobody else's
 * may send it a signal or look into it.
 */
static void drop_rights(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[2] = {0};

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED);
	(void)syscall(SYS_capset, &header, none);
}

/* Opens the unix socket; the lock of changes sees to it that there is no other keeper. A
 * descriptor or a negative errno. */
static int listen_unix(void)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	int status = runtime_directory_make();

	if (fd < 0)
		return -errno;
	if (status == 0 && !address_of(&address))
		status = -ENAMETOOLONG;
	if (status < 0)
		return status;
	(void)unlink(address.sun_path);
	(void)umask(077);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* The keeper's life. Does not return. */
static void keep(int netlink_fd, int ready)
{
	const int kept[] = {netlink_fd, ready};
	int listener, status;

	detach(kept, sizeof(kept) / sizeof(*kept));
	(void)prctl(PR_SET_NAME, "seawall-keeper");
	listener = listen_unix();
	status = listener < 0 ? listener : 0;
	(void)!write(ready, &status, sizeof(status));
	close(ready);
	if (listener < 0)
		_exit(1);
	drop_rights();
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			usleep(100 * 1000);
		if (fd < 0)
			continue;
		lend(fd, netlink_fd);
		close(fd);
	}
}

int keeper_start(int netlink_fd)
{
	int ready[2], status = -EIO;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	/* Twice, so that nobody has to wait for its end. */
	pid = fork();
	if (pid == 0) {
		if (fork() == 0)
			keep(netlink_fd, ready[1]);
		_exit(0);
	}
	close(ready[1]);
	if (pid < 0)
		status = -errno;
	else if (read(ready[0], &status, sizeof(status)) != (ssize_t)sizeof(status))
		status = -EIO;
	close(ready[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return status;
}

pid_t keeper_pid(void)
{
	struct ucred peer = {0};
	_cleanup_close_ int fd = connect_keeper(&peer);

	return fd < 0 ? 0 : peer.pid;
}

void keeper_end(void)
{
	pid_t pid = keeper_pid();
	_cleanup_close_ int handle = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd ends = {.fd = handle, .events = POLLIN};
	struct sockaddr_un address;

	if (handle >= 0 && syscall(SYS_pidfd_send_signal, handle, SIGKILL, NULL, 0) == 0)
		(void)poll(&ends, 1, END_MSEC);
	if (address_of(&address))
		(void)unlink(address.sun_path);
}
