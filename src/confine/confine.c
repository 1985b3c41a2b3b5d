/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process gives up before it reads anything from outside.
 *
 * Follows landlock(7), capabilities(7), libseccomp's seccomp_rule_add(3).
 */
#include "confine/confine.h"

#include "base/cleanup.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What may be done below the directory, and by nobody elsewhere: all that Linux 6.2 tells apart. */
enum {
	FILES = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
	        LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	        LANDLOCK_ACCESS_FS_MAKE_REG,
	ALL_OF_FIRST = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	TRUNCATE = 1 << 14, /* LANDLOCK_ACCESS_FS_TRUNCATE, of the third version */
	TRUNCATE_FROM = 3,
};

int confine_files(const char *directory)
{
	long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t more = version >= TRUNCATE_FROM ? TRUNCATE : 0;
	struct landlock_ruleset_attr ruleset = {.handled_access_fs = ALL_OF_FIRST | more};
	struct landlock_path_beneath_attr below = {.allowed_access = FILES | more};
	_cleanup_close_ int rules = -1, parent = -1;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || chdir("/") < 0)
		return -errno;
	if (version < 1)
		return 0;
	rules = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
	parent = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	below.parent_fd = parent;
	if (rules < 0 || parent < 0 ||
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return -errno;
	return 0;
}

/* Becomes another user. 0 or a negative errno. */
static int become(uid_t user, gid_t group)
{
	/* What that takes, until it is done. */
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETUID, CAP_SETGID,
	                  -1) < 0 ||
	    capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	return setgroups(0, NULL) < 0 || setresgid(group, group, group) < 0 ||
	               setresuid(user, user, user) < 0
	           ? -errno
	           : 0;
}

int confine_rights(uid_t user, gid_t group)
{
	const struct rlimit core = {0, 0};
	int status;

	(void)setrlimit(RLIMIT_CORE, &core);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	capng_clear(CAPNG_SELECT_BOTH);
	status = user ? become(user, group) : 0;
	if (status < 0)
		return status;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0 || capng_get_caps_process() < 0 ||
	    capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		return -EPERM;
	return user && setuid(0) == 0 ? -EPERM : 0;
}

/* Adds the rules to a filter. 0 or a negative errno. */
static int fill_filter(scmp_filter_ctx filter, const int *calls, size_t n, int family)
{
	for (size_t i = 0; i < n; i++) {
		int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);

		if (status < 0)
			return status;
	}
	return family < 0 ? 0
	                  : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
	                                     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
}

int confine_calls(const int *calls, size_t n, int family)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int status = filter ? fill_filter(filter, calls, n, family) : -ENOMEM;

	if (status == 0)
		status = seccomp_load(filter);
	seccomp_release(filter);
	return status;
}
