#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M39: firewalld's zones do not restrict published ports, and its reload takes away what stood in DOCKER-USER.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Starts firewalld, and the bus that it and the engine talk on.
firewalld_start() {
	on host mkdir -p /run/dbus
	on host dbus-daemon --system --fork --nopidfile
	on host firewalld --nofork --nopid </dev/null >"$LAB_DIR/firewalld.log" 2>&1 &
	wait_until on host firewall-cmd --quiet --state
}

# Tells whether the engine has written all its rules again: the filter's come last.
engine_rules() {
	on host iptables-save -t nat | grep -q -- '--dport 8080 -j DNAT' &&
		on host iptables-save -t filter | grep -q -- '-A FORWARD -j DOCKER-USER'
}

# Reloads firewalld and waits until the engine has noticed.
reload() {
	on host firewall-cmd --quiet --reload && wait_until engine_rules
}

command -v firewalld >/dev/null || lab_skip "firewalld is not installed"
# The engine looks for it once, when it starts.
lab_up --before firewalld_start
docker network create two >/dev/null
container web -p 0.0.0.0:8080:80 || exit
container other --network two -- tcp:80 udp:80 || exit
server host plain tcp:8090

# The zone denies both ports; it keeps the host's own.
expect_closed world tcp "$HOST" 8090
expect_open world tcp "$HOST" 8080
audit
expect_finding M01 web:80/tcp published eth0 \
	'.kind == "bypass" and .severity == "high" and (.why | contains("firewalld denies it"))'
expect_no_finding any other

# Allowed there as well it is as meant.
on host firewall-cmd --quiet --add-port=8080/tcp
expect_open world tcp "$HOST" 8080
audit
expect_no_finding any web

# What works, until the next reload.
on host iptables -I DOCKER-USER -i eth0 -p tcp --dport 80 -j DROP
expect_closed world tcp "$HOST" 8080
expect_closed container:web tcp "$(address_of other)" 80
audit
check "it is closed" no_reach web published eth0
expect_no_finding any other

check "firewalld reloads" reload
expect_open world tcp "$HOST" 8080
audit
check "it is open" reach web:80/tcp published eth0
expect_finding M01 web:80/tcp published eth0 '.kind == "bypass"'

# Nor does the engine write all of its own again (CVE-2025-54410): the networks are not kept apart.
if [[ $LAB_ENGINE == debian12 ]]; then
	expect_open container:web tcp "$(address_of other)" 80
	expect_finding M52 other:80/tcp direct docker0 '.severity == "low"'
	expect_finding M52 other:80/udp direct docker0 '.why | contains("/udp")'
	exit
fi
expect_closed container:web tcp "$(address_of other)" 80
expect_no_finding any other
