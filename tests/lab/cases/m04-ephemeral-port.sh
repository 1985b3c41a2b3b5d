#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M04: -P and -p without a host port take another port at each start, so a rule on the port goes stale.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# The host port of the moment.
host_port() {
	local first
	first=$(published web 80/tcp | head -n 1)
	echo "${first##*:}"
}

lab_up
container web -p 0.0.0.0::80 || exit
container inner --expose 80 || exit
old=$(host_port)
expect_open world tcp "$HOST" "$old"
audit
check "listed at this port" reach web:80/tcp published eth0 ".to == {address: \"$HOST\", port: $old}"
expect_safe inner

on host iptables -I DOCKER-USER -p tcp -m conntrack --ctorigdstport "$old" -j DROP
expect_closed world tcp "$HOST" "$old"
audit
check "closed by the rule" no_reach web:80/tcp published

docker kill web >/dev/null
docker start web >/dev/null
container_await web || exit
new=$(host_port)
check "another port" not equal "$new" "$old"
expect_open world tcp "$HOST" "$new"
audit
check "listed at that port" reach web:80/tcp published eth0 ".to == {address: \"$HOST\", port: $new}"
check "and not at the old one" no_reach web any any ".to.port == $old"
expect_safe inner
