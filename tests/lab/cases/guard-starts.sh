#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guard's herald: a container that starts is let in by its own doors at once; engines that stop telling, or tell nonsense.
# engines: sid
# also: debian12
# timeout: 300
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

told() {
	grep -q -e "$1" "$LAB_DIR/guard.log"
}
herald() {
	on host pgrep -x seawall-herald
}
# Tells whether the wall that is up is what is made of the whole host.
is_whole() {
	seawall plan "$LAB_DIR/policy.yaml" --json 2>/dev/null | jq -e '.changes == false' >/dev/null
}

lab_up
container one -p 0.0.0.0:8001:80 || exit
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
allow:
  - { host_port: 8000-8099/tcp, from: [10.9.0.0/24, 192.0.2.0/24, 198.51.100.0/24] }
END
: >"$LAB_DIR/guard.log"
seawall guard --policy "$LAB_DIR/policy.yaml" 2>>"$LAB_DIR/guard.log" &
guard=$!
check 'the wall is up' wait_until told 'proved with'
check 'somebody listens to the engine' herald

# Three containers, one on a network of its own, one with what nobody may reach.
docker network create --subnet 172.31.7.0/24 apart >/dev/null
docker run -d --name two -p 0.0.0.0:8002:80 lab tcp:80 >/dev/null
check 'the first is let in' wait_until open_now 8002
docker run -d --name three --network apart -p 0.0.0.0:8003:80 -p 0.0.0.0:9003:81 lab tcp:80 tcp:81 >/dev/null
check 'so is the next' wait_until open_now 8003
expect_closed world tcp "$HOST" 9003
docker network connect apart two
docker restart -t 0 two >/dev/null
check 'with the looks that follow it is the wall of the whole host' wait_until is_whole
check 'it is as kept' equal "$(seawall status --json | jq .as_saved)" true
expect_open world tcp "$HOST" 8001
expect_open world tcp "$HOST" 8002

# Many at once: each has its doors, whatever a look that is under way has not seen.
runs=()
for i in {10..17}; do
	docker run -d --name "many$i" -p "0.0.0.0:80$i:80" lab tcp:80 >/dev/null &
	runs+=($!)
done
wait "${runs[@]}"
for i in 10 13 17; do
	check "container $i is let in" wait_until open_now "80$i"
done
check 'and the wall is again that of the whole host' wait_until is_whole
# On a small host a look at all may be as quick as the herald; not ten times.
check 'who starts is let in by its own doors' told 'a container has started: its doors are in the wall'
echo "# $(grep -c 'has started: its doors' "$LAB_DIR/guard.log") times of 13"
docker rm -f two >/dev/null
check 'who is gone is let in no more' wait_until shut_now 8002

# A herald that dies is replaced by the next look.
on host pkill -KILL -x seawall-herald
docker run -d --name four -p 0.0.0.0:8004:80 lab tcp:80 >/dev/null
check 'without it links tell' wait_until open_now 8004
check 'there is another' wait_until herald

# An engine that ends tells no more, and does again.
engine_restart
check 'an engine that ends is told of' wait_until told 'the engine does not tell what it starts'
check 'and one that is back' wait_until told 'the engine tells what it starts again'
docker start one >/dev/null
check 'it lets in' wait_until open_now 8001
on host pkill -TERM -x seawall
wait "$guard"

# One that says whatever it likes: what is no event is none, and nothing is let in by it.
nonsense() {
	: >"$LAB_DIR/guard.log"
	on host python3 "$LAB_REPO/tests/lab/event_socket.py" /run/nonsense.sock /run/docker.sock "$1" </dev/null >/dev/null 2>&1 &
	local liar=$! spoken
	wait_until on host test -S /run/nonsense.sock || exit
	seawall guard --docker unix:///run/nonsense.sock --policy "$LAB_DIR/policy.yaml" 2>>"$LAB_DIR/guard.log" &
	guard=$!
	check "$1: somebody listens" wait_until herald
	docker rm -f five >/dev/null 2>&1
	docker run -d --name five -p 0.0.0.0:8005:80 lab tcp:80 >/dev/null
	check "$1: who starts is let in all the same" wait_until open_now 8005
	expect_closed world tcp "$HOST" 9003
	check "$1: the guard lives" on host pgrep -x seawall
	spoken=$(grep -c 'does not tell' "$LAB_DIR/guard.log")
	check "$1: it is not said again and again" test "$spoken" -le 2
	on host pkill -TERM -x seawall
	wait "$guard"
	kill "$liar"
	on host pkill -f event_socket.py
	on host rm -f /run/nonsense.sock
}
for kind in garbage endless other-ids; do
	nonsense "$kind"
done
