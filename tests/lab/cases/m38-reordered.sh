#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M38: new networks, and later the engine's restart, put its rules above a drop of the admin's in FORWARD.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container old -p 0.0.0.0:8080:80 || exit
on host iptables -I FORWARD -i eth0 -j DROP
expect_closed world tcp "$HOST" 8080
audit
check "it is closed" no_reach old published eth0

docker network create later >/dev/null
container new --network later -p 0.0.0.0:8081:80 || exit
if [[ $LAB_ENGINE == sid ]]; then
	expect_closed world tcp "$HOST" 8081
	audit
	check "28 keeps the order here" no_reach new published eth0
	docker kill old new >/dev/null
	engine_restart
	docker start old new >/dev/null
	container_await old && container_await new || exit
	expect_open world tcp "$HOST" 8080
	expect_open world tcp "$HOST" 8081
	audit
	check "but not over a restart" reach old:80/tcp published eth0
	exit
fi
expect_open world tcp "$HOST" 8081
expect_closed world tcp "$HOST" 8080
audit
check "the new one is open" reach new:80/tcp published eth0
check "the old one is closed" no_reach old published eth0
