#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M19: rules as Tailscale writes them accept all that comes by its interface, in front of DOCKER-USER.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
container inner --expose 91 || exit
ip=$(address_of inner)
route_to 172.17.0.0/16 from vpn
on host iptables -I DOCKER-USER -i wg0 -j DROP
expect_closed vpn tcp "$HOST_VPN" 8080
expect_closed vpn tcp "$ip" 91
audit
check "it is closed by wg0" no_reach web published wg0
expect_no_finding M19 any
expect_safe inner

# wg0 in the place of tailscale0.
host_firewall --noflush <<-END_RULES
	*filter
	:ts-forward - [0:0]
	-I FORWARD -j ts-forward
	-A ts-forward -i wg0 -j MARK --set-xmark 0x40000/0xff0000
	-A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT
	-A ts-forward -s 100.64.0.0/10 -o wg0 -j DROP
	-A ts-forward -o wg0 -j ACCEPT
	COMMIT
END_RULES
expect_open vpn tcp "$HOST_VPN" 8080
audit
check "it is open by wg0" reach web:80/tcp published wg0 ".to == {address: \"$HOST_VPN\", port: 8080}"
if [[ $LAB_ENGINE == debian12 ]]; then
	expect_open vpn tcp "$ip" 91
	expect_finding M19 inner:91/tcp direct wg0 '.why | contains("Tailscale")'
	check "the rule is named" rule_mentions M19 "-A ts-forward" "-j ACCEPT"
	expect_no_finding M19 any any eth0
else
	# Docker 28 drops it in raw.
	expect_closed vpn tcp "$ip" 91
	expect_safe inner
fi

# As it stands after a restart of the engine, which puts its own jumps on top.
on host iptables -D FORWARD -j ts-forward
on host iptables -I FORWARD 2 -j ts-forward
expect_closed vpn tcp "$HOST_VPN" 8080
audit
check "it is closed again" no_reach web published wg0
expect_no_finding M19 any
