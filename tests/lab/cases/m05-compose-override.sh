#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M05: lists of ports add up over Compose's files: an override, `extends` or a profile opens more.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
mkdir "$LAB_DIR/site"
cd "$LAB_DIR/site" || exit
cat >docker-compose.yml <<'END'
services:
  db:
    image: lab
    command: ["--name", "db", "tcp:5432"]
    ports: ["127.0.0.1:5432:5432"]
END
cat >base.yml <<'END'
services:
  base:
    image: lab
    ports: ["9000:80"]
END
cat >override.yml <<'END'
services:
  db:
    ports: ["5433:5432"]
  admin:
    extends: { file: base.yml, service: base }
    profiles: ["debug"]
    ports: ["127.0.0.1:9001:80"]
END

# Tells the names of the project's containers of service $1, and waits until they serve.
service() {
	local name
	name=$(docker ps --filter "label=com.docker.compose.service=$1" --format '{{.Names}}')
	container_await "$name" && echo "$name"
}

# The file alone: on loopback, as written.
check "compose up" compose -p site up -d --timeout 0
db=$(service db) || exit
expect_closed world tcp "$HOST" 5433
expect_closed world tcp "$HOST" 9000
audit
check "the audit lists nobody from afar" no_reach "$db" published eth0
check "nor by docker-proxy" no_reach "$db" proxy eth0

# An override beside it is loaded in silence; its port is added, loopback stays.
mv override.yml docker-compose.override.yml
export COMPOSE_PROFILES=debug
check "compose up again" compose -p site up -d --timeout 0
db=$(service db) && admin=$(service admin) || exit
expect_open world tcp "$HOST" 5433
expect_open world tcp "$HOST6" 5433
expect_open world tcp "$HOST" 9000
expect_closed world tcp "$HOST" 9001
audit
check "the port of the override is listed" reach "$db" published eth0 ".to == {address: \"$HOST\", port: 5433}"
check "the port of the base is listed" reach "$admin" published eth0 ".to == {address: \"$HOST\", port: 9000}"
expect_finding M02 "$db:5432/tcp" proxy eth0 ".to == {address: \"$HOST6\", port: 5433}"
expect_finding M02 "$admin:80/tcp" proxy eth0 '.to.port == 9000'
check "both mappings are there" equal "$(jq -c --arg name "$db" '.endpoints[] | select(.container == $name)
	| .published | map(select(.host_address != "::") | [.host_address, .host_port]) | sort' \
	"$LAB_DIR/audit.json")" '[["0.0.0.0",5433],["127.0.0.1",5432]]'

# What takes the port out again.
rm docker-compose.override.yml
check "compose up without it" compose -p site up -d --timeout 0 --remove-orphans
db=$(service db) || exit
expect_closed world tcp "$HOST" 5433
expect_closed world tcp "$HOST" 9000
audit
check "and it is gone" no_reach "$db" published eth0
expect_no_finding M02 any
