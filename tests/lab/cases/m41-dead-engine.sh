#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M41: the engine is dead or hangs, its containers and rules go on: the kernel tells what is open.
# engines: debian12 sid
# also: trixie
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# The name that a container has when no engine tells it: $web, $quiet, ...
short() {
	docker inspect --format '{{.Id}}' "$1" | cut -c 1-12
}

# Checks what must be said of all containers while the engine does not answer with words $1.
expect_nameless() {
	audit --exit 1 --incomplete "$1"
	check "it says why names are missing" grep -q "have no names here" <(jq -r '.incomplete[]' \
		"$LAB_DIR/audit.json")
	expect_finding M41 "$web:80/tcp" published eth0 \
		".kind == \"unknown\" and .severity == \"high\" and .to == {address: \"$HOST\", port: 8080}"
	expect_finding M41 "$outside:70/tcp" host eth0 '.kind == "unknown"'
	check "each door is asked about once" no_finding M41 "$web" loopback
	expect_no_finding M41 "$local"
	expect_no_finding any "$quiet"
	check "who is not reached is listed too" audit_knows "$quiet"
	check "nothing is called by its name" not grep -q '"web"' "$LAB_DIR/audit.json"
}

lab_up
container web -p 0.0.0.0:8080:80 || exit
container local -p 127.0.0.1:1234:1234 || exit
container quiet --expose 91 || exit
container outside --network host -- tcp:70 || exit
web=$(short web) local=$(short local) quiet=$(short quiet) outside=$(short outside)
address=$(address_of web)

expect_open world tcp "$HOST" 8080
expect_open world tcp "$HOST" 70
audit
check "alive: the name" reach web:80/tcp published eth0
expect_no_finding M41 any

engine_freeze
expect_open world tcp "$HOST" 8080
expect_nameless hangs
engine_thaw
audit
check "it answers again: the name" reach web:80/tcp published eth0
expect_no_finding M41 any

engine_kill
expect_open world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 1234
expect_nameless "the engine is stopped"
# Docker's rule itself says that this one was for this host: no question of what was meant.
if [[ $LAB_ENGINE != sid ]]; then
	expect_raw_open neighbour tcp 127.0.0.1 1234
	expect_finding M11 "$local:1234/tcp" loopback eth0 '.kind == "exposure"'
else
	expect_raw_closed neighbour tcp 127.0.0.1 1234
	expect_no_finding any "$local"
fi
check "the screen says it too" grep -q "container engine stopped, 4 containers without it" \
	<(seawall audit | tr -s ' \n' ' ')

# A capture has it all: what the file says is what the host said.
seawall capture -o "$LAB_DIR/host.capture" 2>&1
told='(.endpoints[].reach[] | .proof, .rule) = null | (.findings[] | .rule) = null
	| {endpoints, findings, incomplete}'
jq "$told" "$LAB_DIR/audit.json" >"$LAB_DIR/live.json"
audit --exit 1 --incomplete "the engine is stopped" --capture "$LAB_DIR/host.capture"
jq "$told" "$LAB_DIR/audit.json" >"$LAB_DIR/read.json"
check "the capture tells the same" diff "$LAB_DIR/live.json" "$LAB_DIR/read.json"

# A rule that leads to an address where nobody is seen, in legacy tables if they are there.
on host iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 9999 -j DNAT \
	--to-destination 172.17.0.200:99
on host iptables -I DOCKER-USER -d 172.17.0.200 -p tcp --dport 99 -j ACCEPT
audit --exit 1 --incomplete "the engine is stopped"
expect_finding M41 172.17.0.200:99/tcp published eth0 '.kind == "unknown"'

# Without its rules nobody gets in, and nobody says so.
on host iptables -t nat -F DOCKER
on host iptables -D DOCKER -d "$address/32" ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
expect_closed world tcp "$HOST" 8080
audit --exit 1 --incomplete "the engine is stopped"
expect_no_finding any "$web"
check "nobody reaches it" no_reach "$web" published
expect_finding M41 "$outside:70/tcp" host eth0

# No socket, no engine, no word of it: the containers are there all the same.
rm -f "$LAB_ROOT/run/docker.sock"
check "where nothing tells of an engine" grep -q "\"$outside/" \
	<(on host "${SEAWALL:-$LAB_REPO/build/seawall}" audit --json)
