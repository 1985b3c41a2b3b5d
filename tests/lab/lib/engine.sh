# SPDX-License-Identifier: GPL-2.0-or-later
# Container engines of the lab: fetched once, started in the host's namespace, stopped and killed.
# shellcheck shell=bash

# Directory of the cache; git ignores it.
LAB_CACHE=${SEAWALL_CACHE:-$LAB_REPO/.cache}

# Prints the file system of engine $1 ("" for what the machine has), after fetching it if need be.
# Exits with 77 and a reason where it cannot be had.
engine_root() {
	case $1 in
	none | nft29 | ipt29) return ;;
	debian12)
		command -v dockerd >/dev/null || lab_skip "docker.io is not installed" ;;
	trixie | sid | podman | clean12 | init12)
		engine_fetch "$1" "$(engine_path "$1")"
		engine_path "$1" ;;
	*) lab_fail "no such engine: \"$1\"; known: none debian12 trixie sid ipt29 nft29 podman clean12 init12" ;;
	esac
}

# Prints the suite and the packages that engine $1 is made of.
engine_recipe() {
	local tools=iptables,nftables,iproute2
	case $1 in
	trixie | sid) echo "$1" "docker.io,docker-cli,docker-compose,$tools" ;;
	clean12)
		echo bookworm "docker.io,$tools,$(paste -sd, "$LAB_REPO/packaging/debian-run.txt")" ;;
	init12)
		echo bookworm "docker.io,systemd,systemd-sysv,dbus,adduser,$tools,$(paste -sd, "$LAB_REPO/packaging/debian-run.txt")" ;;
	podman) echo bookworm "podman,netavark,runc,$tools" ;;
	esac
}

# Prints where the file system of engine $1 is or will be; a change of recipe is a new place.
engine_path() {
	local sum
	sum=$(engine_recipe "$1" | cksum)
	echo "$LAB_CACHE/engines/$1-${sum%% *}"
}

# Makes the file system of engine $1 at $2, unless the cache has it. Parallel labs wait for one
# another; a half-made one is never seen under the final name.
engine_fetch() {
	local lock new suite packages options=()
	[[ -d $2 ]] && return
	read -r suite packages < <(engine_recipe "$1")
	mkdir -p "$LAB_CACHE/engines"
	exec {lock}>"$LAB_CACHE/engines/$1.lock"
	flock "$lock"
	if [[ ! -d $2 ]]; then
		command -v mmdebstrap >/dev/null || lab_skip "mmdebstrap is not installed"
		rm -rf "$LAB_CACHE/engines/$1".new.*
		new=$(mktemp -d "$LAB_CACHE/engines/$1.new.XXXXXX")
		[[ $suite == sid ]] && options+=(--aptopt='Acquire::Check-Valid-Until "false"')
		# What it mounts goes with it, also when it is killed.
		if ! unshare --mount --propagation private mmdebstrap --quiet --variant=minbase "${options[@]}" --include="$packages" "$suite" \
			"$new" "${SEAWALL_MIRROR:-http://deb.debian.org/debian}" \
			>"$LAB_CACHE/engines/$1.log" 2>&1; then
			rm -rf "$new"
			lab_skip "Debian $suite cannot be reached"
		fi
		chmod 755 "$new"
		mv "$new" "$2"
	fi
	exec {lock}>&-
}

# Runs a command in the host role and, where the engine has a file system of its own, inside that.
in_engine() {
	if [[ $LAB_CHROOT ]]; then
		on host chroot "$LAB_CHROOT" "$@"
	else
		on host "$@"
	fi
}

# The engine's own command line client, in the host role: Debian's, whatever else a machine has in front.
docker() {
	if [[ $LAB_ENGINE == podman ]]; then
		in_engine podman "$@"
		return
	fi
	in_engine env PATH="/usr/bin:$PATH" DOCKER_HOST=unix:///run/docker.sock docker "$@"
}

# Docker Compose as the engine's Debian has it, v1 with debian12 and v2 with the others, in the host
# role: `compose ARG...`. It works in the current directory, where compose.yml and its override are
# found; that and files must lie under the source tree, /tmp or /var/tmp ($LAB_DIR does).
compose() {
	local dir=$PWD
	if [[ $LAB_CHROOT ]]; then
		[[ -d $LAB_ROOT$LAB_CHROOT$dir ]] || dir=/
		in_engine env -C "$dir" DOCKER_HOST=unix:///run/docker.sock docker compose "$@"
	else
		on host env DOCKER_HOST=unix:///run/docker.sock docker-compose "$@"
	fi
}

# Starts dockerd and waits until it answers. Arguments are added to those that lab_up was given.
# With another value of LAB_DOCKERD_ARGS, an array, later starts differ from the first.
engine_start() {
	if [[ $LAB_ENGINE == podman ]]; then
		podman_start
		return
	fi
	if [[ $LAB_ENGINE == init12 ]]; then
		init_start
		return
	fi
	in_engine setsid dockerd -H unix:///run/docker.sock --pidfile /run/docker.pid \
		--data-root /var/lib/docker --exec-root /run/docker \
		--cgroup-parent "/seawall-lab.$LAB_NAME" --exec-opt native.cgroupdriver=cgroupfs \
		"${LAB_DOCKERD_ARGS[@]}" "$@" </dev/null >>"$LAB_DIR/dockerd.log" 2>&1 &
	LAB_DOCKERD=$!
	if ! wait_until engine_settled || ! kill -0 "$LAB_DOCKERD" 2>/dev/null; then
		tail -n 20 "$LAB_DIR/dockerd.log" >&2
		lab_fail "the engine did not start"
	fi
}

# Tells whether the engine answers or has died.
engine_settled() {
	kill -0 "$LAB_DOCKERD" 2>/dev/null || return 0
	[[ -S $LAB_ROOT/run/docker.sock ]] && docker version >/dev/null 2>&1
}

# Tells whether no dockerd is left.
engine_gone() {
	! on host pgrep -x dockerd >/dev/null
}

# Stops the engine as a service manager would; with live-restore the containers go on.
engine_stop() {
	on host pkill -TERM -x dockerd
	wait_until engine_gone
}

# Kills the engine with SIGKILL. Containers go on, and nothing keeps their rules.
engine_kill() {
	on host pkill -KILL -x dockerd
	wait_until engine_gone
	rm -f "$LAB_ROOT/run/docker.pid"
}

# Halts the engine where it is: it hears its socket and never answers.
engine_freeze() {
	on host pkill -STOP -x dockerd
}

# Lets a halted engine go on, and what waits for it, which had stopped along with it.
engine_thaw() {
	on host pkill -CONT -x dockerd
	pkill -CONT -P "$LAB_DOCKERD"
	kill -CONT "$LAB_DOCKERD"
	wait_until engine_settled
}

# Stops and starts the engine; arguments as for engine_start.
engine_restart() {
	engine_stop
	engine_start "$@"
}
