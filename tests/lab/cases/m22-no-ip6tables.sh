#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M22: a network with IPv6 and an engine that writes no IPv6 rules: every port on its own address.
# engines: debian12 sid
# also: trixie
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

args=(--)
[[ $LAB_DEFAULT_ENGINE == sid ]] && args=(-- --ip6tables=false)
lab_up "${args[@]}"
docker network create --ipv6 --subnet 2001:db8:17::/64 six >/dev/null
container web --network six --expose 91 || exit
container four --expose 91 || exit
ip=$(address_of -6 web six)
route_to 2001:db8:17::/64 from neighbour
route_to 2001:db8:17::/64 from world

expect_open neighbour tcp "$ip" 91
expect_open world tcp "$ip" 91
expect_closed neighbour tcp "$ip" 92
audit
expect_finding M22 web:91/tcp direct eth0 '.to.address == "'"$ip"'" and .severity == "critical"'
expect_finding M22 web:91/tcp direct eth1
expect_no_finding any web any any '.to.address | contains(":") | not'
expect_safe four

# An engine that writes its IPv6 rules, or a policy where it cannot.
if [[ $LAB_ENGINE == sid ]]; then
	LAB_DOCKERD_ARGS=()
	docker kill web four >/dev/null
	engine_restart
	docker start web four >/dev/null
	container_await web && container_await four || exit
	ip=$(address_of -6 web six)
else
	on host ip6tables -P FORWARD DROP
fi
expect_closed neighbour tcp "$ip" 91
audit
expect_safe web four
