#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Compose in the lab, and the story's host: services on loopback behind nginx with a name for each.
# engines: debian12
# also: trixie sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
mkdir "$LAB_DIR/site"
cat >"$LAB_DIR/site/docker-compose.yml" <<'END'
version: '3.7'
services:
  one:
    image: lab
    command: ["--name", "one", "http:1234"]
    ports: ["127.0.0.1:1234:1234"]
  two:
    image: lab
    command: ["--name", "two", "http:1235"]
    ports: ["127.0.0.1:1235:1235"]
  open:
    image: lab
    command: ["--name", "open", "tcp:80"]
    ports: ["8080:80"]
END
{
	printf 'events { }\nerror_log /var/log/nginx/error.log;\nhttp {\n\taccess_log off;\n'
	for port in 1234 1235; do
		printf '\tserver {\n\t\tlisten 80;\n\t\tserver_name service-%s.example.com;\n' "$port"
		printf '\t\tlocation / { proxy_pass http://127.0.0.1:%s; }\n\t}\n' "$port"
	done
	printf '}\n'
} >"$LAB_DIR/site/nginx.conf"

check "compose up" compose -p site -f "$LAB_DIR/site/docker-compose.yml" up -d
mapfile -t names < <(docker ps --format '{{.Names}}')
check "three containers" equal "${#names[@]}" 3
for name in "${names[@]}"; do
	container_await "$name"
done
check "nginx starts" on host nginx -c "$LAB_DIR/site/nginx.conf"
check "nginx leads to the service of that name" grep -q "^two tcp/1235 " <(
	on world curl -s -H "Host: service-1235.example.com" "http://$HOST/"
)
expect_open world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 1234
check "compose down" compose -p site -f "$LAB_DIR/site/docker-compose.yml" down
check "nothing is left" equal "$(docker ps -q)" ""
