# SPDX-License-Identifier: GPL-2.0-or-later
# The lab's image and its containers: made on the spot from one static binary.
# shellcheck shell=bash

# Compiles by the compiler that $CC names, which may be several words: "ccache gcc".
lab_compile() {
	local compiler
	read -ra compiler <<<"${CC:-gcc}"
	"${compiler[@]}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion -Wshadow "$@"
}

# Compiles labserver into the cache unless it is there and newer than its sources.
labserver_build() {
	local sources=("$LAB_HOME"/server/*.c) out=$LAB_CACHE/lab/labserver lock new
	mkdir -p "$LAB_CACHE/lab"
	exec {lock}>"$LAB_CACHE/lab/lock"
	flock "$lock"
	if [[ ! -x $out || $(find "$LAB_HOME/server" -newer "$out" -name '*.[ch]') ]]; then
		new=$(mktemp "$LAB_CACHE/lab/labserver.XXXXXX")
		lab_compile -static "${sources[@]}" -o "$new" || lab_fail "labserver could not be compiled"
		chmod 755 "$new"
		mv "$new" "$out"
		# Not on the PATH, where the engine would take it for its own.
		mkdir -p "$LAB_CACHE/lab/stand-in"
		ln -sf ../labserver "$LAB_CACHE/lab/stand-in/docker-proxy"
		ln -sf ../labserver "$LAB_CACHE/lab/stand-in/dockerd"
		tar -C "$LAB_CACHE/lab" -cf "$LAB_CACHE/lab/image.tar.new" labserver
		mv "$LAB_CACHE/lab/image.tar.new" "$LAB_CACHE/lab/image.tar"
	fi
	exec {lock}>&-
}

# Compiles a clock of day that jumps, for processes that load it first, unless it is there: clock.c.
clock_build() {
	local out=$LAB_CACHE/lab/clock.so new
	[[ $out -nt $LAB_HOME/clock.c ]] && return
	new=$(mktemp "$LAB_CACHE/lab/clock.XXXXXX")
	lab_compile -shared -fPIC "$LAB_HOME/clock.c" -o "$new" || lab_fail "clock.c could not be compiled"
	mv "$new" "$out"
}
# Sets how many seconds that clock is ahead by the file $1; behind: fewer than 0. Never makes the file shorter.
clock_set() {
	python3 -c 'import os, struct, sys
os.pwrite(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), struct.pack("=q", int(sys.argv[2])), 0)' "$1" "$2"
}

# Imports an image: `image NAME [INSTRUCTION...]`, an instruction being what a Dockerfile could say,
# such as 'EXPOSE 80/tcp' or 'LABEL a=b'.
image() {
	local name=$1 changes=(--change 'ENTRYPOINT ["/labserver","--log","/log"]' --change 'CMD ["tcp:80"]')
	shift
	while (($#)); do
		changes+=(--change "$1")
		shift
	done
	[[ $LAB_ENGINE == podman ]] && changes+=(--quiet)
	docker import "${changes[@]}" - "$name" <"$LAB_CACHE/lab/image.tar" >/dev/null
}

# The ports to serve for the published ones among docker's arguments: `-p 127.0.0.1:1:80/udp` gives
# `udp:80`. Without any it is `tcp:80 udp:80`.
container_specs() {
	local port proto specs=()
	while (($#)); do
		case $1 in
		-p | --publish | --expose) port=${2-}; shift ;;
		-p?* | --publish=* | --expose=*) port=${1#-p} port=${port#*=} ;;
		*) port='' ;;
		esac
		shift
		[[ $port ]] || continue
		proto=tcp
		[[ $port == */* ]] && proto=${port#*/}
		port=${port%/*}
		specs+=("$proto:${port##*:}")
	done
	((${#specs[@]})) || specs=(tcp:80 udp:80)
	printf '%s\n' "${specs[@]}" | sort -u
}

# Runs a container and waits until it serves: `container NAME [DOCKER-RUN-ARG...] [-- SPEC...]`.
# Without SPECs (see labserver --help) it serves what `-p` and `--expose` name, else tcp:80 and udp:80.
container() {
	local name=$1 args=() specs=()
	shift
	while (($#)) && [[ $1 != -- ]]; do
		args+=("$1")
		shift
	done
	if (($#)); then
		shift
		specs=("$@")
	else
		mapfile -t specs < <(container_specs "${args[@]}")
	fi
	if is_standin; then
		standin_container "$name" "${args[@]}" -- "${specs[@]}"
		return
	fi
	[[ $LAB_ENGINE == podman ]] && args+=(--cgroup-parent "/seawall-lab.$LAB_NAME")
	docker run -d --name "$name" "${args[@]}" "${LAB_IMAGE:-lab}" --name "$name" "${specs[@]}" >/dev/null ||
		return
	container_await "$name"
}

# Waits until container $1, however it was started, serves.
container_await() {
	local pid
	pid=$(container_pid "$1") || return
	if ((!pid)); then
		lab_note "container $1 does not run"
		return 1
	fi
	wait_until grep -qsx ready "$LAB_PROC/$pid/root/log" || {
		docker logs "$1" >&2
		lab_note "container $1 does not serve"
		return 1
	}
}

# Prints the PID of container $1 as the lab sees it.
container_pid() {
	if is_standin; then
		jq .State.Pid "$LAB_DIR/api/containers/$1/json.json"
		return
	fi
	docker inspect -f '{{.State.Pid}}' "$1"
}

# Prints the address of container $1: `address_of NAME [NETWORK]`. -6 first asks for IPv6.
address_of() {
	local field=IPAddress
	if [[ $1 == -6 ]]; then
		field=GlobalIPv6Address
		shift
	fi
	if is_standin; then
		cat "$LAB_DIR/standin/$1.ip"
	elif (($# > 1)); then
		docker inspect -f "{{(index .NetworkSettings.Networks \"$2\").$field}}" "$1"
	else
		docker inspect -f "{{range .NetworkSettings.Networks}}{{.$field}} {{end}}" "$1" | awk '{print $1}'
	fi
}

# Prints where port $2 (such as 80/tcp) of container $1 is published, ADDRESS:PORT a line.
published() {
	if is_standin; then
		awk -v port="${2%/*}" -v proto="${2#*/}" \
			'$1 == proto && $4 == port { sub("any", "0.0.0.0", $2); print $2 ":" $3 }' \
			"$LAB_DIR/standin/$1.ports"
		return
	fi
	docker port "$1" "$2"
}

# Prints how many arrivals container $1 has seen on port $2: 80/tcp connections, 53/udp datagrams,
# 80/syn segments that open a connection, whether or not the answer got home.
count() {
	arrivals "$1" "$2" | wc -l
}

# Prints these arrivals, a line each: `PROTO/PORT PEER > LOCAL [PAYLOAD]`.
arrivals() {
	local log=$LAB_DIR/standin/$1.log
	is_standin || log=$LAB_PROC/$(container_pid "$1")/root/log
	grep -s "^${2#*/}/${2%/*} " "$log"
	return 0
}

# Runs a server that is no container, in a role: `server ROLE NAME SPEC...`; it writes to the file
# $LAB_DIR/NAME.arrivals and ends with the lab.
server() {
	local role=$1 name=$2
	shift 2
	on "$role" labserver --name "$name" --log "$LAB_DIR/$name.arrivals" "$@" >/dev/null 2>&1 </dev/null &
	wait_until grep -qsx ready "$LAB_DIR/$name.arrivals"
}
