#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M55: Traefik's labels as ways: rules, middlewares, what is exposed by default. Debian has no Traefik: its process is a stand-in that serves, and leads nowhere.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
direct_off
label() {
	printf -- '--label\ntraefik.%s\n' "$@"
}
# shellcheck disable=SC2016
mapfile -t guarded < <(label 'http.routers.w.rule=Host(`wiki.example.com`) && PathPrefix(`/admin`)' http.routers.w.entrypoints=web \
	http.routers.w.middlewares=auth 'http.middlewares.auth.basicauth.users=demo:hunter2' http.services.w.loadbalancer.server.port=80)
container wiki -p 127.0.0.1:2001:80 "${guarded[@]}" || exit
# shellcheck disable=SC2016
mapfile -t past < <(label 'http.routers.s.rule=Host(`shop.example.com`)' http.routers.s.entrypoints=web http.routers.s.middlewares=auth@docker)
container shop -p 0.0.0.0:2002:80 --expose 80 "${past[@]}" || exit
container plain --expose 80 || exit
# shellcheck disable=SC2016
mapfile -t secret < <(label 'http.routers.h.rule=Host(`h.example.com`) && Header(`X-Token`, `hunter2`)' http.routers.h.entrypoints=web)
container hidden --expose 80 "${secret[@]}" || exit
container off --expose 80 --label traefik.enable=false || exit

mkdir -p "$LAB_DIR/files/etc/traefik"
cat >"$LAB_DIR/files/etc/traefik/traefik.yml" <<-END
	entryPoints:
	  web:
	    address: ":80"
	  inner:
	    address: "127.0.0.1:81"
	providers:
	  docker:
	    network: bridge
END
docker create --name proxy -p 0.0.0.0:80:80 --label traefik.enable=false --entrypoint /traefik lab --log /log --name proxy tcp:80 >/dev/null || exit
tar -C "$LAB_CACHE/lab" --transform s/labserver/traefik/ -c labserver | docker cp - proxy:/
tar -C "$LAB_DIR/files" -c etc | docker cp - proxy:/
docker start proxy >/dev/null && container_await proxy || exit

audit
check 'a name and a place lead to what the labels say' equal "$(by_map wiki.example.com /admin)" 401
check 'whose middleware is another container'"'"'s' equal "$(by_map shop.example.com)" 401
check 'what says nothing has a name of its own' equal "$(by_map plain)" plain
check 'what is off is led to by nobody' jq -e '[.endpoints[] | select(.container == "off") | .proxied[]?] == []' "$LAB_DIR/audit.json"
check 'what a header decides is a guess' jq -e '[.endpoints[] | select(.container == "hidden") | .proxied[].guess] | length > 0 and all(contains("rule decides"))' "$LAB_DIR/audit.json"
expect_finding M55 shop any any '.kind == "bypass" and (.why | contains("labels of shop"))'
expect_finding M55 plain any any '.kind == "relay" and .severity == "low" and (.why | contains("labels of plain"))'
expect_no_finding M55 wiki
expect_no_finding M55 off
seawall capture -o "$LAB_DIR/capture" >/dev/null 2>&1
check 'it is captured' grep -q traefik.http.routers "$LAB_DIR/capture"
check 'and no secret of it' not grep -q hunter2 "$LAB_DIR/capture"
seawall audit --json --capture "$LAB_DIR/capture" >"$LAB_DIR/again" 2>/dev/null
check 'a capture says the same' equal "$(jq -S '[.endpoints[].proxied]' "$LAB_DIR/again")" "$(jq -S '[.endpoints[].proxied]' "$LAB_DIR/audit.json")"

# A file of another kind, or a broken one, is not known to lead nowhere.
printf 'entryPoints: [\n' >"$LAB_DIR/files/etc/traefik/traefik.yml"
tar -C "$LAB_DIR/files" -c etc | docker cp - proxy:/
seawall audit --json >"$LAB_DIR/broken" 2>/dev/null
check 'what cannot be read is said' jq -e '.incomplete | tostring | test("traefik in proxy: where it leads is not known: /etc/traefik/traefik.yml:[0-9]+:[0-9]+")' "$LAB_DIR/broken"
