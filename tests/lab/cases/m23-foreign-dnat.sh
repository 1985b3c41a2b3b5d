#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M23: somebody else's DNAT to a container rides on the rule that lets its published port pass.
# engines: debian12 ipt29 nft29
# also: trixie sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 || exit
container inner --expose 91 || exit
ip=$(address_of web)
expect_closed world tcp "$HOST" 8035
audit
expect_no_finding any any redirect

forward=(PREROUTING -i eth0 -p tcp --dport 8035 -j DNAT --to-destination "$ip:1234")
on host iptables -t nat -A "${forward[@]}"
on host iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 8091 \
	-j DNAT --to-destination "$(address_of inner):91"
expect_open world tcp "$HOST" 8035
expect_closed lan tcp "$HOST_LAN" 8035
expect_closed world tcp "$HOST" 8091
check "the container saw the world" grep -q "$WORLD" <(arrivals web 1234/tcp)
audit
expect_finding M23 web:1234/tcp redirect eth0 \
	".severity == \"critical\" and .to == {address: \"$HOST\", port: 8035}"
check "the rule is named" rule_mentions M23 "-A PREROUTING -i eth0" "--dport 8035" "$ip:1234"
expect_no_finding M23 any any eth1
expect_no_finding any inner redirect

on host iptables -t nat -D "${forward[@]}"
expect_closed world tcp "$HOST" 8035
audit
expect_no_finding any any redirect
