# SPDX-License-Identifier: GPL-2.0-or-later
# A service manager of the lab's own: the engine `init12` has systemd as PID 1, and dockerd as its service.
# shellcheck shell=bash disable=SC2034

# Starts systemd and with it the engine, and waits until both have settled.
init_start() {
	local group=/seawall-lab.$LAB_NAME
	echo "DOCKER_OPTS=\"--cgroup-parent $group --exec-opt native.cgroupdriver=cgroupfs ${LAB_DOCKERD_ARGS[*]}\"" \
		>"$LAB_ROOT$LAB_CHROOT/etc/default/docker"
	on host setsid "$LAB_HOME/lib/init" "$LAB_CHROOT" "$LAB_NAME" </dev/null >>"$LAB_DIR/init.log" 2>&1 &
	LAB_INIT=$!
	LAB_PROC=$LAB_ROOT$LAB_CHROOT/proc
	wait_until init_find
	if ! wait_until init_settled || ! docker version >/dev/null 2>&1; then
		tail -n 20 "$LAB_DIR/init.log" >&2
		lab_fail "systemd did not start the engine"
	fi
}

# Tells whether all that starts at boot has started, or failed to, or systemd has died.
init_settled() {
	kill -0 "$LAB_INIT" 2>/dev/null || return 0
	case $(systemctl is-system-running 2>/dev/null) in
	running | degraded) ;;
	*) return 1 ;;
	esac
}

# Finds the machine's number of the lab's PID 1.
init_find() {
	local pid
	kill -0 "$LAB_INIT" 2>/dev/null || return 0
	for pid in $(pgrep -x systemd); do
		grep -qs "/seawall-lab.$LAB_NAME/init" "/proc/$pid/cgroup" && [[ $(awk '/^NSpid/ { print $NF }' "/proc/$pid/status") == 1 ]] &&
			LAB_SYSTEMD=$pid && return
	done
	return 1
}

# Runs a command where systemd's services do.
in_init() {
	nsenter --target "$LAB_SYSTEMD" --mount --uts --ipc --net --pid --cgroup --root --wdns=/ -- "$@"
}

# The service manager's own client.
systemctl() {
	in_init systemctl "$@"
}

# Ends systemd and all that it started, as if the machine lost its power, and takes away what a
# kernel would forget: rules, the engine's links, what is in /run.
init_kill() {
	local link
	kill -KILL "$LAB_SYSTEMD"
	wait "$LAB_INIT" 2>/dev/null
	on host nft flush ruleset
	for link in $(on host ip -o link show type bridge | cut -d : -f 2); do
		on host ip link delete "$link"
	done
	on host sh -c "umount -R $LAB_CHROOT/proc/sys $LAB_CHROOT/proc $LAB_CHROOT/sys/fs/cgroup; rm -rf /run/docker* /run/containerd /run/seawall /run/systemd /run/dbus" 2>/dev/null
}
