#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M40: a container that restarts with the engine is up before a firewall unit that comes after it.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# What the admin's unit does, whenever its turn comes.
late_firewall() {
	on host iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP
}

lab_up
container db --restart always -p 0.0.0.0:8080:80 || exit
late_firewall
expect_closed world tcp "$HOST" 8080
audit
check "closed, as the admin knows it" no_reach db published eth0

# A boot: the rules are gone, and the engine starts its containers first.
engine_stop
on host sh -c 'iptables -F; iptables -t nat -F; iptables -t raw -F 2>/dev/null; iptables -X'
engine_start
container_await db || exit
expect_open world tcp "$HOST" 8080
audit
check "open until the unit runs" reach db:80/tcp published eth0

late_firewall
expect_closed world tcp "$HOST" 8080
audit
check "and closed from then on" no_reach db published eth0
