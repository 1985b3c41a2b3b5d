#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Chaos by a seed: containers, networks, engines, guards and other people's tables come and go; what is closed stays closed.
# engines: debian12
# timeout: 420
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# CHAOS_SECONDS and CHAOS_SEED say for how long and which; `make chaos` asks for more. Two thirds of
# the time there is a hard wall, then an ordinary one.
readonly SECONDS_LONG=${CHAOS_SECONDS:-180} SEED=${CHAOS_SEED:-20} CONTAINERS=6
# Where the guard's clock of day jumps to: an hour to and fro, ten years to and fro, back.
readonly JUMPS=(3600 -3600 315360000 -315360000 0)
RANDOM=$SEED
guard=''

# A number below $1. It may not be called in a subshell, where the seed would not move on.
dice() {
	rolled=$((RANDOM % $1))
}

# The time as the beat's lines have it.
now() {
	printf '%s.%s' "${EPOCHREALTIME%[.,]*}" "${EPOCHREALTIME: -6:3}"
}

# Starts a guard, unless one is there.
guard_up() {
	[[ $guard ]] && return
	on host env DOCKER_HOST=unix:///run/docker.sock LD_PRELOAD="$LAB_CACHE/lab/clock.so" LAB_CLOCK="$LAB_DIR/clock" \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
		"${SEAWALL:-$LAB_REPO/build/seawall}" guard --policy "$policy" 2>>"$LAB_DIR/guard.log" &
	guard=$!
}
guard_kill() {
	[[ $guard ]] || return
	on host pkill -KILL -x seawall
	wait "$guard" 2>/dev/null
	guard=''
}

# Puts back what an engine and its admin would have: the rules before somebody flushed them.
rules_back() {
	on host iptables-restore <"$LAB_DIR/saved4"
}

# What can happen, and how often of 23.
happens() {
	dice "$CONTAINERS"
	local c=c$((rolled + 1)) port=$((9001 + rolled))
	dice 23
	case $rolled in
	[0-3]) word="run $c"
		docker rm -f "$c" >/dev/null 2>&1
		docker run -d --name "$c" -p "0.0.0.0:$port:53/udp" -p "0.0.0.0:$port:80" lab udp:53 tcp:80 >/dev/null 2>&1
		made["$c"]=1 ;;
	[4-5]) word="restart $c"; docker restart -t 0 "$c" >/dev/null 2>&1 ;;
	6) word="stop $c"; docker stop -t 0 "$c" >/dev/null 2>&1 ;;
	[7-8]) word="move $c"
		docker network create "n$port" >/dev/null 2>&1
		docker network connect "n$port" "$c" >/dev/null 2>&1 || docker network disconnect "n$port" "$c" >/dev/null 2>&1 ;;
	9) word="no network n$port"; docker network rm "n$port" >/dev/null 2>&1 ;;
	10) word='flush all tables'; on host nft flush ruleset; rules_back ;;
	11) word='flush FORWARD'; on host sh -c 'iptables -P FORWARD ACCEPT; iptables -F FORWARD'; rules_back ;;
	12) word='restore a file'; on host sh -c 'iptables-save | iptables-restore' ;;
	13) word='engine restart'; engine_restart; containers_back ;;
	14) word='engine killed'; engine_kill; engine_start; containers_back ;;
	15 | 16) word='guard killed'; guard_kill
		dice 3
		sleep "0.$((rolled * 3))"
		happens_beside
		guard_up ;;
	17) word='full disk'
		on host sh -c 'dd if=/dev/zero of=/mnt/state/full bs=64k 2>/dev/null; sleep 0.3; rm -f /mnt/state/full' ;;
	18) word='links by the hundred'
		# shellcheck disable=SC2016
		on host sh -c 'for i in $(seq 150); do ip link add "burst$i" type bridge; done; for i in $(seq 150); do ip link del "burst$i"; done' ;;
	19) word='bad policy'
		cp "$policy" "$LAB_DIR/good.yaml"
		echo 'allow: 7' >>"$policy"
		on host pkill -HUP -xo seawall
		sleep 0.1
		cp "$LAB_DIR/good.yaml" "$policy"
		on host pkill -HUP -xo seawall ;;
	20) word='clerk and herald killed'; on host pkill -KILL -x 'seawall-clerk|seawall-herald' ;;
	21 | 22)
		dice "${#JUMPS[@]}"
		word="clock of day ${JUMPS[rolled]} s ahead"
		clock_set "$LAB_DIR/clock" "${JUMPS[rolled]}" ;;
	esac
}

# Something that happens while no guard is there.
happens_beside() {
	dice 3
	case $rolled in
	0) docker restart -t 0 c1 >/dev/null 2>&1 ;;
	1) on host nft flush ruleset; rules_back ;;
	2) docker run --rm -d -p 0.0.0.0:9020:53/udp lab udp:53 >/dev/null 2>&1 ;;
	esac
}

# Containers of before an engine that ended; and the rules as it wrote them now.
containers_back() {
	docker start web db >/dev/null 2>&1
	container_await web && container_await db
	on host iptables-save >"$LAB_DIR/saved4"
}

# Adds up what came to containers that nobody may reach, before they go.
count_leaks() {
	local c got
	for c in db "${!made[@]}"; do
		got=$(from_outside "$c" 2>/dev/null)
		((got > ${seen[$c]:-0})) && leaked=$((leaked + got - ${seen[$c]:-0}))
		seen[$c]=$got
	done
}

# Chaos for $1 seconds; each event, and when all was alive again, goes to $LAB_DIR/events.
chaos() {
	local until=$((SECONDS + $1)) word rolled
	while ((SECONDS < until)); do
		count_leaks
		word=''
		happens
		[[ $word == run* ]] && seen[${word#run }]=0
		printf '%s %s\n' "$(now)" "$word" >>"$LAB_DIR/events"
		dice 4
		sleep "0.$((rolled + 2))"
	done
	guard_up
	count_leaks
}

# From each event on, how long until the next request that was let in: "MS EVENT", longest last.
recoveries() {
	awk 'NR == FNR { if ($2 == "in") { n++; when[n] = $1 }; next }
		{ while (at < n && when[at + 1] < $1) at++
		  if (at < n) printf "%d %s\n", (when[at + 1] - $1) * 1000, substr($0, index($0, " ") + 1) }' \
		"$LAB_DIR/beat" "$LAB_DIR/events" | sort -n
}

declare -A made=() seen=()
leaked=0
lab_up
on host sh -c 'mkdir -p /mnt/state && mount -t tmpfs -o size=2m none /mnt/state'
export STATE_DIRECTORY=/mnt/state
container db -p 0.0.0.0:53:53/udp -p 0.0.0.0:8053:80 -- udp:53 tcp:80 || exit
container web -p 0.0.0.0:443:80 || exit
policy=$LAB_DIR/policy.yaml
cat >"$policy" <<'END'
version: 1
default: closed
wall: { hard: true }
allow:
  - { container: web, host_port: 443/tcp, from: any }
END
on host iptables-save >"$LAB_DIR/saved4"
seawall apply --confirm 0 "$policy" >"$LAB_DIR/said" 2>&1
check 'the wall is up' equal $? 0
check 'it is a hard one' equal "$(seawall status --json | jq -r .hard)" held
clock_build
clock_set "$LAB_DIR/clock" 0
guard_up

flood >"$LAB_DIR/flood.py"
beat >"$LAB_DIR/beat.py"
route_to 172.16.0.0/12 from neighbour
targets=("$HOST:53") knocks=("$HOST:8053")
for ((i = 1; i <= CONTAINERS; i++)); do
	targets+=("$HOST:$((9000 + i))" "172.17.0.$((1 + i)):53" "172.18.0.$((1 + i)):53")
	knocks+=("$HOST:$((9000 + i))" "172.17.0.$((1 + i)):80")
done
on neighbour nice -n 19 python3 "$LAB_DIR/flood.py" udp $((SECONDS_LONG + 120)) "${targets[@]}" >"$LAB_DIR/sent-neighbour" &
senders=($!)
on world nice -n 19 python3 "$LAB_DIR/flood.py" udp $((SECONDS_LONG + 120)) "$HOST:53" "$HOST:9001" "$HOST:9002" >"$LAB_DIR/sent-world" &
senders+=($!)
on lan nice -n 19 python3 "$LAB_DIR/flood.py" tcp $((SECONDS_LONG + 120)) "${knocks[@]//$HOST:/$HOST_LAN:}" >"$LAB_DIR/sent-lan" &
senders+=($!)
on world python3 "$LAB_DIR/beat.py" "$HOST" 443 "$LAB_DIR/beat" >/dev/null 2>&1 &

clock_set "$LAB_DIR/clock" "${JUMPS[2]}"
chaos $((SECONDS_LONG * 2 / 3))
check "behind a hard wall nothing came to what is closed" equal "$leaked" 0
hard=$(recoveries) jumped=$(grep -c ' clock of day' "$LAB_DIR/events")

# An ordinary table can be flushed by whoever is root: how long it is away is measured.
sed -i '/^wall:/d' "$policy"
on host pkill -HUP -xo seawall
clock_set "$LAB_DIR/clock" 0
is_ordinary() {
	equal "$(seawall status --json | jq -r .hard)" "not asked for"
}
check 'the guard makes it an ordinary wall' wait_until is_ordinary
sleep 1.5
: >"$LAB_DIR/events"
count_leaks
leaked=0 deleted=0 missing=0 until=$((SECONDS + SECONDS_LONG / 3)) since=${EPOCHSECONDS}
heals=$(grep -c 'put up again' "$LAB_DIR/guard.log")
while ((SECONDS < until)); do
	on host nft delete table inet seawall 2>/dev/null && deleted=$((deleted + 1))
	wait_until on host nft list chain inet seawall doors >/dev/null 2>&1 || missing=$((missing + 1))
	sleep 0.5
done
count_leaks
check "each time that the table was deleted, $deleted times, it was there again" equal "$missing" 0
check 'which was often' test "$deleted" -gt 10
check 'in the middle within 250 ms' test "$(grep -o 'put up again in [0-9]* ms' "$LAB_DIR/guard.log" | awk '{ print $5 }' | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')" -le 250
on neighbour pkill -TERM -f flood.py
on world pkill -TERM -f flood.py
on lan pkill -TERM -f flood.py
wait "${senders[@]}" 2>/dev/null

middle=$(wc -l <<<"$hard")
printf '# seed %d, %d s: %d things happened behind the hard wall, %d of them jumps of the clock of day; requests got in again after %s ms in the middle, %s at worst\n' \
	"$SEED" "$SECONDS_LONG" "$middle" $((jumped + 1)) "$(sed -n "$(((middle + 1) / 2))p" <<<"$hard" | cut -d ' ' -f 1)" "$(tail -n 1 <<<"$hard")"
printf '# ordinary table: deleted %d times, %d packets got through meanwhile; put up again after %s ms\n' "$deleted" "$leaked" \
	"$(grep -o 'put up again in [0-9]* ms' "$LAB_DIR/guard.log" | awk '{ print $5 }' | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] " in the middle, " v[NR] " at worst" }')"
printf '# sent: %s\n' "$(cat "$LAB_DIR"/sent-* | paste -sd' ')"
# How much happens in the time is up to the machine.
check 'there was much of it' test "$middle" -ge $((SECONDS_LONG / 60))
check 'requests got in again within 100 ms in the middle' test \
	"$(sed -n "$(((middle + 1) / 2))p" <<<"$hard" | cut -d ' ' -f 1)" -le 100

# What is remembered is whole, and is what happened.
on host pkill -TERM -x seawall
wait "$guard" 2>/dev/null
on host cp -a /mnt/state/. "$LAB_DIR/state/"
said_history() {
	python3 -c '
import sqlite3, sys
history = sqlite3.connect(sys.argv[1])
print(history.execute(sys.argv[2]).fetchone()[0])' "$LAB_DIR/state/history/history.db" "$1"
}
check 'it has what happened ten years ahead' test "$(said_history "SELECT count(*) FROM event WHERE time > $EPOCHSECONDS + ${JUMPS[2]} - 3600")" -gt 0
check 'the history is whole' equal "$(said_history 'PRAGMA integrity_check')" ok
check 'and has each heal' equal "$(said_history "SELECT count(*) FROM event WHERE kind = 'heal' AND time BETWEEN $since AND $EPOCHSECONDS")" \
	"$(($(grep -c 'put up again' "$LAB_DIR/guard.log") - heals))"
