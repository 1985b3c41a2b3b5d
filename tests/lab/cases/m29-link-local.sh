#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M29: since Docker 28 senders with a link-local address are served by docker-proxy, past DOCKER-USER.
# engines: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
docker network create --ipv6 --subnet 172.30.6.0/24 --subnet fd00:30::/64 six >/dev/null
container web --network six -p 8080:80 || exit
container inner --network six --expose 91 || exit
on host iptables -I DOCKER-USER -i eth0 -j DROP
on host ip6tables -I DOCKER-USER -i eth0 -j DROP

link6=$(on neighbour ip -j -6 addr show dev eth0 scope link | jq -r '.[].addr_info[]?.local // empty')
expect_closed neighbour tcp "$HOST6" 8080
expect_closed neighbour tcp "$HOST" 8080
expect_open neighbour tcp "$HOST_LINK6%eth0" 8080
expect_raw_open neighbour tcp "$HOST6" 8080 --source "$link6"
check "the container does not see who asks" not grep -q "$link6" <(arrivals web 80/tcp)
audit
expect_finding M29 web:80/tcp proxy eth0 'all(.sources[]; startswith("fe80:"))'
expect_no_finding any inner

on host ip6tables -I INPUT -i eth0 -p tcp --dport 8080 -j DROP
expect_closed neighbour tcp "$HOST_LINK6%eth0" 8080
audit
expect_no_finding M29 web any eth0
