#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M12: without the rules that Docker 28 keeps in table raw, loopback and direct access are back.
# engines: sid ipt29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 127.0.0.1:1234:1234 || exit
container inner --expose 91 || exit
ip=$(address_of web)
route_to 172.17.0.0/16 from neighbour

expect_closed neighbour tcp "$ip" 1234
expect_raw_closed neighbour tcp 127.0.0.1 1234
audit
expect_safe web inner

on host iptables -t raw -F
expect_open neighbour tcp "$ip" 1234
expect_raw_open neighbour tcp 127.0.0.1 1234
expect_closed neighbour tcp "$(address_of inner)" 91
audit
expect_finding M12 web:1234/tcp direct eth0 '.to.address | startswith("172.17.")'
expect_finding M12 web:1234/tcp loopback eth0 '.to == {address: "127.0.0.1", port: 1234}'
expect_no_finding M11 any
expect_no_finding M17 any
expect_safe inner

[[ $LAB_ENGINE == sid ]] || exit 0

# What the finding says to do does it.
docker kill web inner >/dev/null
engine_restart
docker start web inner >/dev/null
container_await web && container_await inner || exit
expect_closed neighbour tcp "$(address_of web)" 1234
expect_raw_closed neighbour tcp 127.0.0.1 1234
audit
expect_safe web inner

# The engine's own switch, which turns them off.
docker kill web inner >/dev/null
export DOCKER_INSECURE_NO_IPTABLES_RAW=1
engine_restart
docker start web inner >/dev/null
container_await web && container_await inner || exit
expect_open neighbour tcp "$(address_of web)" 1234
expect_raw_open neighbour tcp 127.0.0.1 1234
audit
expect_finding M12 web:1234/tcp direct eth0
expect_finding M12 web:1234/tcp loopback eth0
expect_safe inner
