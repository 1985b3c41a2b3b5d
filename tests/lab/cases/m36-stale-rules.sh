#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M36: saved rules come back later, and lead to whichever container has the address by then.
# engines: sid
# also: trixie debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
docker network create --subnet 172.30.5.0/24 five >/dev/null
container old --network five --ip 172.30.5.2 -p 0.0.0.0:8080:80 || exit
on host iptables-save >"$LAB_DIR/rules.v4"
runs 1 lint --json "$LAB_DIR/rules.v4"
said saved-engine-rules
docker rm -f old >/dev/null
container inner --network five --ip 172.30.5.2 --expose 80 || exit
container other --network five --ip 172.30.5.3 --expose 80 || exit

expect_closed world tcp "$HOST" 8080
audit
expect_safe inner other

host_firewall "$LAB_DIR/rules.v4"
expect_open world tcp "$HOST" 8080
expect_open lan tcp "$HOST_LAN" 8080
check "the container saw the world" grep -q "$WORLD" <(arrivals inner 80/tcp)
audit
expect_finding M36 inner:80/tcp redirect eth0 \
	".severity == \"critical\" and .to == {address: \"$HOST\", port: 8080}"
expect_finding M36 inner:80/tcp redirect eth1 ".to == {address: \"$HOST_LAN\", port: 8080}"
check "the rule is named" rule_mentions M36 "-A DOCKER" "--dport 8080" "172.30.5.2:80"
expect_no_finding any other

# What the finding says to do does it: the rule goes.
on host iptables-save -t nat | grep -v -- '--dport 8080 -j DNAT' >"$LAB_DIR/nat.v4"
host_firewall "$LAB_DIR/nat.v4"
expect_closed world tcp "$HOST" 8080
audit
expect_no_finding M36 any
