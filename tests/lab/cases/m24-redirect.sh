#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M24: a REDIRECT of the admin's lands on docker-proxy, around the engine's own rules.
# engines: sid ipt29
# also: trixie debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 || exit
container loop -p 127.0.0.1:1234:1234 || exit
on host iptables -I DOCKER-USER -i eth0 -j DROP
expect_closed world tcp "$HOST" 8080
audit
expect_no_finding any web redirect

on host iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 9998 -j REDIRECT --to-ports 8080
on host iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 9999 -j REDIRECT --to-ports 1234
expect_closed world tcp "$HOST" 8080
expect_open world tcp "$HOST" 9998
expect_closed world tcp "$HOST" 9999
audit
expect_finding M24 web:80/tcp redirect eth0 ".to == {address: \"$HOST\", port: 9998}"
check "the rule is named" rule_mentions M24 "-A PREROUTING -i eth0" "--dport 9998" "REDIRECT"
expect_no_finding any any redirect eth1
expect_no_finding any loop redirect

on host iptables -I INPUT -i eth0 -p tcp --dport 8080 -j DROP
expect_closed world tcp "$HOST" 9998
audit
expect_no_finding any any redirect
