#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M18: up to Docker 27 only the policy of FORWARD guards ports that are not published.
# engines: debian12 sid
# also: trixie
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# A host that forwards already: the engine leaves the policy at ACCEPT.
lab_up --forward 1
container web --expose 91 || exit
ip=$(address_of web)
route_to 172.17.0.0/16 from neighbour
check "the policy is left alone" grep -qx -- "-P FORWARD ACCEPT" <(on host iptables -S FORWARD)
if [[ $LAB_ENGINE == sid ]]; then
	expect_closed neighbour tcp "$ip" 91
	audit
	expect_safe web
	exit
fi

expect_open neighbour tcp "$ip" 91
audit
expect_finding M18 web:91/tcp direct eth0 ".to == {address: \"$ip\", port: 91}"
expect_finding M18 web:91/tcp direct eth1
check "the policy is named" rule_mentions M18 FORWARD

# The policy that the engine sets where it turns forwarding on itself.
on host iptables -P FORWARD DROP
expect_closed neighbour tcp "$ip" 91
audit
expect_safe web
