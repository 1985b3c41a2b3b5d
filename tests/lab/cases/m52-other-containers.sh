#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M52: containers of other networks reach a published port by any address of the host but 127.0.0.1.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
docker network create --subnet 172.30.7.0/24 seven >/dev/null
container web -p "$HOST_LAN:8082:80" || exit
container loop -p 127.0.0.1:1234:1234 || exit
container stranger --network seven -- tcp:80 || exit

expect_open container:stranger tcp "$HOST_LAN" 8082
expect_closed container:stranger tcp "$(address_of web)" 80
expect_closed container:stranger tcp 172.30.7.1 1234
expect_closed container:stranger tcp "$HOST_LAN" 1234
audit
bridge=br-$(docker network inspect -f '{{printf "%.12s" .Id}}' seven)
expect_finding M52 web:80/tcp any "$bridge" '.severity == "low"'
expect_no_finding M52 loop
expect_no_finding any stranger

on host iptables -I DOCKER-USER -i "$bridge" -o docker0 -j DROP
on host iptables -I INPUT -i "$bridge" -j DROP
expect_closed container:stranger tcp "$HOST_LAN" 8082
audit
expect_no_finding M52 any
