#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M15: a rule that translates to 127.0.0.1 leads to a loopback port once route_localnet is set.
# engines: sid ipt29 nft29
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 || exit
container other -p 127.0.0.1:1235:1235 || exit
on host iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 9996 \
	-j DNAT --to-destination 127.0.0.1:1234

expect_closed world tcp "$HOST" 9996
audit
expect_no_finding any web redirect
expect_no_finding M15 any

on host sysctl -qw net.ipv4.conf.eth0.route_localnet=1
expect_open world tcp "$HOST" 9996
expect_closed world tcp "$HOST" 1234
check "one connection" equal "$(count web 1234/tcp)" 1
audit
expect_finding M15 web:1234/tcp redirect eth0 \
	".severity == \"critical\" and .to == {address: \"$HOST\", port: 9996}"
check "the rule is named" rule_mentions M15 "--dport 9996" "127.0.0.1:1234"
expect_no_finding M15 web any eth1
expect_no_finding any other redirect
