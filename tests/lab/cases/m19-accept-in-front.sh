#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M19: an ACCEPT in front of the engine's rules lets through what they would drop.
# engines: debian12 sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web --expose 91 || exit
ip=$(address_of web)
route_to 172.17.0.0/16 from neighbour
expect_closed neighbour tcp "$ip" 91
audit
expect_safe web

# As WireGuard's PostUp and many firewall scripts have it. Docker 28 drops it in raw all the same.
on host iptables -I FORWARD -i eth0 -j ACCEPT
if [[ $LAB_ENGINE == sid ]]; then
	expect_closed neighbour tcp "$ip" 91
	audit
	expect_safe web
	on host iptables -t raw -I PREROUTING -i eth0 -d "$ip" -j ACCEPT
fi
expect_open neighbour tcp "$ip" 91
audit
expect_finding M19 web:91/tcp direct eth0 ".to == {address: \"$ip\", port: 91}"
check "the rule is named" rule_mentions M19 "-A FORWARD -i eth0 -j ACCEPT"
expect_no_finding any web any eth1
