#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# After a start of the machine: closed before the engine runs, open again when the policy was applied, and how long that takes.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
docker network create --opt com.docker.network.bridge.name=shopnet shop >/dev/null
container web -p 0.0.0.0:443:80 --network shop || exit
container db -p 0.0.0.0:5432:5432 || exit
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
allow:
  - { container: web, host_port: 443/tcp, from: any }
END

# Where no wall was wanted none is put up.
seawall boot >/dev/null
check 'boot without a state puts nothing up' not on host nft list table inet seawall

seawall apply "$LAB_DIR/policy.yaml" >/dev/null
check 'the wall is up' equal $? 0

# The machine goes down, and its rules with it; the engine comes later than the wall.
engine_stop
on host nft flush ruleset
seawall status >"$LAB_DIR/said"
check 'status says that it is gone' equal $? 1
seawall boot >/dev/null
check 'boot puts up what is closed' on host nft list table inet seawall
check 'a bridge with a name of its own is in it' grep -q shopnet <(on host nft list set inet seawall bridges)
engine_start
docker start web db >/dev/null
container_await web
container_await db
expect_closed world tcp "$HOST" 443
expect_closed world tcp "$HOST" 5432
begun=${EPOCHREALTIME/[.,]/}
seawall apply "$LAB_DIR/policy.yaml" >/dev/null
check 'the policy can be applied' equal $? 0
echo "# what is allowed was opened in $(((${EPOCHREALTIME/[.,]/} - begun) / 1000)) ms"
expect_open world tcp "$HOST" 443
expect_closed world tcp "$HOST" 5432

# A damaged state keeps closed what is called like Docker's.
on host sh -c 'echo x >>/var/lib/seawall/state'
on host nft flush table inet seawall
seawall boot >/dev/null
expect_closed world tcp "$HOST" 5432
