#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What lint predicts is what the tools make of the same files, and what the engine then publishes.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

projects=${LAB_LINT:-24}
site=''

# Compares generated projects: `predicts TOOL SEED COMMAND...`; LAB_LINT is how many of them.
predicts() {
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 "$LAB_REPO/tests/lint/compare" "$SEAWALL" "$1" "$LAB_DIR/lint" \
		"$projects" "$2" -- "${@:3}"
}

# Prints what the engine publishes, a line each: `SERVICE ADDRESS:PORT CONTAINER-PORT/PROTO`; IPv4.
published() {
	local name
	docker ps --format '{{.Names}}' | while read -r name; do
		docker inspect "$name" | jq -r '.[0] | .Config.Labels["com.docker.compose.service"] as $service |
			.NetworkSettings.Ports | to_entries[] | .key as $port | (.value // [])[] |
			select(.HostIp | contains(":") | not) | "\($service) \(.HostIp):\(.HostPort) \($port)"'
	done | sort
}

# Prints the same by lint's word for a tool.
predicted() {
	jq -r --arg tool "$1" '.tools[] | select(.name == $tool) | .services[] | select(.active and .network_mode != "host") |
		.name as $service | .ports[] | . as $port | range(.host_port_last - .host_port + 1) |
		"\($service) \($port.host_address // "0.0.0.0"):\($port.host_port + .) \($port.container_port + .)/\($port.proto)"' \
		"$site/lint.json" | sort
}

# What a limit came to in a service's container: `limit_of SERVICE memory|cpu` prints bytes or
# thousandths of a CPU, by the cgroup, v1 or v2; "none" where none holds.
limit_of() {
	local pid group path
	pid=$(docker inspect -f '{{.State.Pid}}' "$(docker ps -q --filter "label=com.docker.compose.service=$1")")
	while IFS=: read -r _ group path; do
		case ,$group, in
		*,memory,*) [[ $2 == memory ]] && on host cat "/sys/fs/cgroup/memory$path/memory.limit_in_bytes" ;;
		*,cpu,*) [[ $2 == cpu ]] && on host cat "/sys/fs/cgroup/cpu$path/cpu.cfs_quota_us" ;;
		,,)
			[[ $2 == memory ]] && on host cat "/sys/fs/cgroup$path/memory.max" 2>/dev/null
			[[ $2 == cpu ]] && on host cut -d' ' -f1 "/sys/fs/cgroup$path/cpu.max" 2>/dev/null ;;
		esac
	done < <(on host cat "/proc/$pid/cgroup") | awk '{ print ($1 == "max" || $1 < 0 || $1 > 2^60) ? "none" : $1; exit }'
}

# Tells whether a command fails with words of a pattern.
refuses() {
	local said
	said=$("${@:2}" 2>&1) && return 1
	printf '%s\n' "$said"
	grep -qE "$1" <<<"$said"
}

lab_up
site=$LAB_DIR/site
mkdir "$LAB_DIR/lint" "$LAB_DIR/lint/p" "$site"
if [[ $LAB_CHROOT ]]; then
	tool=(nsenter --target "$LAB_PID" --mount -- chroot "$LAB_CHROOT" env -C "$LAB_DIR/lint/p" docker)
	check "Compose v2 does as predicted" predicts v2 1 "${tool[@]}" compose
	check "docker stack does as predicted" predicts stack 2 "${tool[@]}" stack
	current="Compose v2"
else
	check "docker-compose 1.29 does as predicted" predicts v1 3 docker-compose
	current="docker-compose 1.29"
fi

# What was predicted is what the engine publishes, with an override, variables and what is extended.
cat >"$site/compose.yml" <<'END'
version: '3.7'
x-lab: &lab
  image: lab
services:
  one:
    <<: *lab
    command: ["--name", "one", "tcp:80"]
    ports: ["127.0.0.1:1100:80", "1101-1102:81-82", "${BIND}1103:83/udp"]
  two:
    extends: one
    command: ["--name", "two", "tcp:80"]
    ports: !REPLACE ["${LOCAL}:1200:80"]
  three:
    <<: *lab
    command: ["--name", "three", "tcp:80"]
    ports:
      - target: 80
        published: 1300
  hidden:
    <<: *lab
    profiles: [debug]
    ports: ["1400:80"]
END
# Only the current tool takes the tag; without it both lists would be in force, and collide.
if [[ $LAB_CHROOT ]]; then
	sed -i 's/!REPLACE/!override/' "$site/compose.yml"
else
	# This one knows no address in the long syntax, which --fix would write.
	sed -i 's/ !REPLACE//; s/extends: one/image: lab/; /published: 1300/d; s/target: 80/"1300:80"/' "$site/compose.yml"
fi
printf 'services:\n  three:\n    ports: ["127.0.0.1:1301:80"]\nversion: "3.7"\n' >"$site/compose.override.yml"
echo 'LOCAL=127.0.0.1' >"$site/.env"
files=(-f "$site/compose.yml" -f "$site/compose.override.yml")
check "compose up" compose -p site "${files[@]}" up -d
"$SEAWALL" lint --json "$site" >"$site/lint.json"
check "lint finds something" equal "$?" 1
check "what was predicted is published" equal "$(published)" "$(predicted "$current")"
check "and that is more than nothing" equal "$(published | wc -l)" 7
check "the second door is found at its line" jq -e '.findings[] | select(.rule == "second-door" and .service == "three" and
	(.file | endswith("compose.yml")) and .line == 17)' "$site/lint.json"
check "the way out of the profile is not counted" equal "$(jq '[.findings[] | select(.service == "hidden")] | length' "$site/lint.json")" 0
expect_open world tcp "$HOST" 1300
expect_closed world tcp "$HOST" 1100
check "compose down" compose -p site "${files[@]}" down

# After --fix nothing is published on every address any more; comments and the rest stay.
cp "$site/compose.yml" "$site/before.yml"
"$SEAWALL" lint --fix --quiet "$site" >/dev/null
check "nothing is left to say" "$SEAWALL" lint --quiet "$site"
check "only ports were rewritten" equal "$(diff <(grep -v '[0-9]:\|published\|target\|host_ip' "$site/before.yml") \
	<(grep -v '[0-9]:\|published\|target\|host_ip' "$site/compose.yml"))" ""
check "compose up with what was fixed" compose -p site "${files[@]}" up -d
check "nobody but this host" equal "$(published | grep -vc ' 127\.0\.0\.1:')" 0
expect_closed world tcp "$HOST" 1300
check "compose down again" compose -p site "${files[@]}" down

# Limits as written, and what the container's cgroup holds: docs/limits.md.
cat >"$site/limits.yml" <<'END'
version: '3.7'
services:
  memory: {image: lab, mem_limit: 64m}
  cpu: {image: lab, cpus: 0.5}
  deploy: {image: lab, deploy: {resources: {limits: {memory: 64M, cpus: "0.5"}}}}
END
check "compose up with limits" compose -p limits -f "$site/limits.yml" up -d
check "mem_limit holds" equal "$(limit_of memory memory)" 67108864
check "cpus holds" equal "$(limit_of cpu cpu)" 50000
check "deploy's memory holds" equal "$(limit_of deploy memory)" 67108864
check "deploy's CPUs hold" equal "$(limit_of deploy cpu)" 50000
check "where none is written, none holds" equal "$(limit_of cpu memory)" none
if [[ $LAB_CHROOT ]]; then
	check "the stack refuses mem_limit" refuses 'forbidden properties|not allowed' "${tool[@]}" stack config -c "$site/limits.yml"
fi
