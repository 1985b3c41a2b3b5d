#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M42: rules of iptables-legacy are in force, and neither iptables-save nor nft shows them.
# engines: debian12 nft29
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 || exit
container other -p 0.0.0.0:8080:80 || exit
ip=$(address_of web)
expect_closed world tcp "$HOST" 8042
audit
expect_no_finding any any redirect

on host iptables-legacy -t nat -I PREROUTING -i eth0 -p tcp --dport 8042 \
	-j DNAT --to-destination "$ip:1234"
check "iptables-save and nft do not show it" not grep -q 8042 <(on host iptables-save; on host nft list ruleset)
expect_open world tcp "$HOST" 8042
expect_closed lan tcp "$HOST_LAN" 8042
# Which of two tables at one priority was registered first is in no dump: said, not guessed.
audit --incomplete "translate at the same priority"
expect_finding M23 web:1234/tcp redirect eth0 \
	".severity == \"critical\" and .to == {address: \"$HOST\", port: 8042}"
check "the rule is named" rule_mentions M23 "--dport 8042" "$ip:1234"
expect_no_finding any any redirect eth1

# A drop there closes, whatever the other tables accept.
on host iptables-legacy -I FORWARD -i eth0 -j DROP
expect_closed world tcp "$HOST" 8042
expect_closed world tcp "$HOST" 8080
expect_open lan tcp "$HOST_LAN" 8080
audit --incomplete "translate at the same priority"
expect_no_finding any any redirect
check "it closes the other one too" no_reach other published eth0
check "on that link only" reach other:80/tcp published eth1
