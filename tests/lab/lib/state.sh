# SPDX-License-Identifier: GPL-2.0-or-later
# Starting, finding and ending labs: their directories, locks, supervisors and control groups.
# shellcheck shell=bash disable=SC2034

# Holds one directory for each lab, seawall-lab.NAME.
LAB_STATE=${SEAWALL_LAB_STATE:-/var/tmp}

# Prints the name of the lab whose directory is $1.
state_name() {
	local dir=${1%/}
	echo "${dir##*/seawall-lab.}"
}

# Removes the control groups of lab $1.
cgroups_remove() {
	local dir
	[[ $1 ]] || return 0
	while read -r dir; do
		rmdir "$dir" 2>/dev/null
	done < <(find /sys/fs/cgroup -depth -type d -path "*/seawall-lab.$1*" 2>/dev/null)
	return 0
}

# Removes what dead labs left behind. A lab lives exactly as long as its lock is held. One that a case
# kept, and whose runner is gone, is killed; the next sweep removes it.
lab_sweep() {
	local dir fd runner
	for dir in "$LAB_STATE"/seawall-lab.*/; do
		[[ -e $dir/lock ]] || continue
		runner=''
		[[ -s $dir/for && -s $dir/pid ]] && read -r runner _ <"$dir/for"
		if [[ $runner && ! -d /proc/$runner ]] && lab_alive "$(state_name "$dir")"; then
			kill -9 "$(<"$dir/pid")"
		fi
		exec {fd}<"$dir/lock" || continue
		if flock -n "$fd"; then
			cgroups_remove "$(state_name "$dir")"
			rm -rf "$dir"
		fi
		exec {fd}<&-
	done
	return 0
}

# Makes the directory of lab $1 and takes its lock on descriptor LAB_LOCK.
state_create() {
	local all rc=0
	mkdir -p "$LAB_STATE" || return
	exec {all}>"$LAB_STATE/seawall-lab-all.lock"
	flock "$all"
	lab_sweep
	LAB_NAME=$1 LAB_DIR=$LAB_STATE/seawall-lab.$1
	if mkdir "$LAB_DIR"; then
		exec {LAB_LOCK}>"$LAB_DIR/lock"
		flock "$LAB_LOCK"
	else
		LAB_NAME='' LAB_DIR='' rc=1 # not ours: nothing of it may end with us
	fi
	exec {all}>&-
	return $rc
}

# Starts the supervisor of the lab. $1: ip_forward of the host, $2: the engine's file system or "",
# $3: "keep" for a lab that outlives this shell; any other lab dies with it, even by kill -9.
supervisor_start() {
	local tie=(setpriv --pdeathsig KILL)
	[[ $3 == keep ]] && tie=(setsid)
	"${tie[@]}" unshare --mount --pid --net --uts --fork --mount-proc --kill-child \
		--propagation private "$LAB_HOME/lib/supervise" "$LAB_DIR" "$1" "$2" \
		</dev/null >"$LAB_DIR/log" 2>&1 &
	LAB_UNSHARE=$!
	exec {LAB_LOCK}>&-
	wait_until supervisor_settled || lab_fail "the lab did not start within 20 s"
	if [[ -e $LAB_DIR/failed ]]; then
		cat "$LAB_DIR/log" "$LAB_DIR/failed" >&2
		lab_fail "the lab did not start"
	fi
	LAB_PID=$(ps -o pid= --ppid "$LAB_UNSHARE")
	LAB_PID=${LAB_PID//[[:space:]]/}
	echo "$LAB_PID" >"$LAB_DIR/pid"
	LAB_ROOT=/proc/$LAB_PID/root LAB_PROC=/proc/$LAB_PID/root/proc
}

# Tells whether the supervisor is ready, has failed or has died.
supervisor_settled() {
	[[ -e $LAB_DIR/up || -e $LAB_DIR/failed ]] && return
	kill -0 "$LAB_UNSHARE" 2>/dev/null && return 1
	echo "the supervisor died" >"$LAB_DIR/failed"
}

# Uses the running lab $1.
lab_attach() {
	LAB_NAME=$1 LAB_DIR=$LAB_STATE/seawall-lab.$1
	lab_alive "$1" || lab_fail "there is no lab \"$1\"; see: lab ls"
	LAB_PID=$(<"$LAB_DIR/pid")
	LAB_ENGINE=$(<"$LAB_DIR/engine")
	LAB_ROOT=/proc/$LAB_PID/root LAB_PROC=/proc/$LAB_PID/root/proc
	[[ -d $LAB_ROOT/var/lib/seawall-engine ]] && LAB_CHROOT=/var/lib/seawall-engine
	return 0
}

# Tells whether lab $1 runs.
lab_alive() {
	local fd rc=0
	[[ -s $LAB_STATE/seawall-lab.$1/pid ]] || return 1
	# It may be swept just now.
	{ exec {fd}<"$LAB_STATE/seawall-lab.$1/lock"; } 2>/dev/null || return 1
	flock -n "$fd" && rc=1
	exec {fd}<&-
	return $rc
}

# Prints the names of all running labs with their engines.
lab_list() {
	local dir name
	for dir in "$LAB_STATE"/seawall-lab.*/; do
		name=$(state_name "$dir")
		lab_alive "$name" && printf '%s\t%s\n' "$name" "$(<"$dir/engine")"
	done
	return 0
}

# Ends the labs that were brought up with LAB_FOR set to $1, kept ones too.
labs_end() {
	local name
	while IFS=$'\t' read -r name _; do
		[[ $(cat "$LAB_STATE/seawall-lab.$name/for" 2>/dev/null) == "$1" ]] || continue
		lab_attach "$name"
		lab_down
	done < <(lab_list)
	lab_sweep
}

# Ends the lab and removes everything of it.
lab_down() {
	[[ ${LAB_DIR-} && -d $LAB_DIR ]] || return 0
	if [[ ${LAB_PID-} ]] && lab_alive "$LAB_NAME"; then
		kill -9 "$LAB_PID"
		wait_until lab_dead || lab_note "lab $LAB_NAME does not end"
	fi
	if [[ ${LAB_UNSHARE-} ]]; then
		kill -9 "$LAB_UNSHARE" 2>/dev/null
		wait "$LAB_UNSHARE" 2>/dev/null
	fi
	cgroups_remove "$LAB_NAME"
	rm -rf "$LAB_DIR"
	LAB_PID='' LAB_UNSHARE='' LAB_DIR=''
	return 0
}

# The opposite of lab_alive, for this lab.
lab_dead() {
	! lab_alive "$LAB_NAME"
}
