# SPDX-License-Identifier: GPL-2.0-or-later
# What a test case says about what it saw: checks, expectations, skips, and waiting for readiness.
# shellcheck shell=bash

LAB_FAILED=0

# Prints a remark of the lab itself.
lab_note() {
	printf 'lab: %s\n' "$*" >&2
}

# Ends the case because the lab itself does not work; tears the lab down.
lab_fail() {
	lab_note "$@"
	exit 1
}

# Ends the case as skipped, with a reason; the runner knows which skips are allowed.
lab_skip() {
	printf 'skip: %s\n' "$*"
	printf '%s\n' "$*" >"${LAB_SKIP_FILE:-/dev/null}"
	exit 77
}

# What nobody ever writes to: to read from it with a limit is a sleep that starts no process.
exec {LAB_NOTHING}<> <(:)

# Waits until a command succeeds: `wait_until CMD...`. Asks every 20 ms, at most LAB_PATIENCE seconds
# (20), and then returns 1.
wait_until() {
	local end=$((${EPOCHREALTIME/[.,]/} + ${LAB_PATIENCE:-20} * 1000000))
	until "$@"; do
		((${EPOCHREALTIME/[.,]/} < end)) || return 1
		read -rt 0.02 -u "$LAB_NOTHING"
	done
	return 0
}

# Records one check: `check DESCRIPTION CMD...` succeeds when CMD does. The case goes on either way.
check() {
	local what=$1 out
	shift
	if out=$("$@" 2>&1); then
		printf 'ok - %s\n' "$what"
	else
		LAB_FAILED=$((LAB_FAILED + 1))
		printf 'not ok - %s\n' "$what"
		printf '  # %s\n' "$*"
		[[ $out ]] && printf '  # %s\n' "${out//$'\n'/$'\n'  # }"
	fi
	return 0
}

# Succeeds when CMD fails: for `check`, as in `check "no rule" not grep -q rule file`.
not() {
	! "$@"
}

# Succeeds when the two words are equal, and shows both otherwise.
equal() {
	[[ $1 == "$2" ]] || {
		printf 'got:  %s\nwant: %s\n' "$1" "$2"
		return 1
	}
}

# Succeeds when the verdict of a client, given as CMD, is one of the words of $1.
verdict_is() {
	local words=$1 got
	shift
	got=$("$@")
	[[ $got && " $words " == *" ${got%% *} "* ]] || {
		printf 'got: %s, want: %s\n' "${got:-nothing}" "$words"
		return 1
	}
}

# Checks that a port answers: `expect_open ROLE tcp|udp|sctp ADDRESS PORT [OPTION...]`.
expect_open() {
	check "$1 reaches $2 $3 port $4" verdict_is open client "$@" --timeout 3000
}

# Checks that a port does not answer; arguments as expect_open.
expect_closed() {
	check "$1 does not reach $2 $3 port $4" verdict_is "refused timeout unreachable" \
		client "$@" --timeout "${LAB_CLOSED_MSEC:-700}"
}

# As expect_open, with a frame that is sent straight to the host's link; see raw.
expect_raw_open() {
	check "$1 reaches $2 $3 port $4 by a frame" verdict_is open raw "$@" --timeout 3000
}

# As expect_closed, with a frame that is sent straight to the host's link; see raw.
expect_raw_closed() {
	check "$1 does not reach $2 $3 port $4 by a frame" verdict_is "refused timeout unreachable" \
		raw "$@" --timeout "${LAB_CLOSED_MSEC:-700}"
}

# Ends the case: tears the lab down; the exit code tells whether each check was met.
lab_exit() {
	local rc=$?
	trap - EXIT
	[[ ${LAB_KEEP-} ]] || lab_down
	((rc == 0 && LAB_FAILED)) && rc=1
	exit $rc
}
