#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The live page: it changes as the host does, has no rights, and answers nobody else.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

base=http://127.0.0.1:9478
told() {
	grep -q -e "$1" "$LAB_DIR/serve.log"
}
# Starts the server: `serve_up ARG...`.
serve_up() {
	: >"$LAB_DIR/serve.log"
	seawall serve "$@" 2>>"$LAB_DIR/serve.log" &
	server=$!
	wait_until told 'the page is at'
}
serve_down() {
	on host pkill -TERM -o -x seawall
	wait "$server"
}
# The status that a request gets: `status_of ROLE CURL-ARG...`.
status_of() {
	on "$1" curl -s -o "$LAB_DIR/answer" --max-time 5 -w '%{http_code}' "${@:2}"
}
state_has() {
	status_of host "$base/state.json" >/dev/null
	jq -es ".[0] | $1" "$LAB_DIR/answer" >/dev/null
}
# Tells whether the page's process, which must be one, has no rights: not root, no capability.
has_no_rights() {
	local pid
	pid=$(on host pgrep -x seawall-page) || return
	on host cat "/proc/$pid/status" | awk '
		/^Uid:/ { bad += ($2 == 0 || $3 == 0 || $4 == 0) } /^Gid:/ { bad += ($2 == 0 || $3 == 0) }
		/^Groups:/ { bad += NF > 1 } /^Cap(Prm|Eff|Inh|Amb):/ { bad += $2 != "0000000000000000" }
		/^NoNewPrivs:/ { bad += $2 != 1 } /^Seccomp:/ { bad += $2 != 2 } END { exit bad != 0 }'
}

lab_up
container web -p 443:80 || exit
runs 2 serve --listen 192.0.2.10:80
said 'wants a loopback address'
runs 2 serve --listen nowhere
printf 'short\n' >"$LAB_DIR/token"
runs 2 serve --token "$LAB_DIR/token"
said '16 characters or more'

serve_up
check 'there is a document' wait_until state_has '.audit.endpoints | any(.container == "web")'
check 'what answers has no rights' has_no_rights
check 'the page is there' equal "$(status_of host "$base/")" 200
check 'and may ask nobody but this server' grep -q "connect-src 'self'" "$LAB_DIR/answer"
check 'nothing else is' equal "$(status_of host "$base/etc/passwd")" 404
check 'only GET' equal "$(status_of host -X POST "$base/")" 405
check 'a name of somebody else is refused' equal "$(status_of host -H 'Host: evil.example' "$base/state.json")" 403
check 'and another site' equal "$(status_of host -H 'Origin: http://evil.example' "$base/state.json")" 403
check 'and what a browser says is one' equal "$(status_of host -H 'Sec-Fetch-Site: cross-site' "$base/state.json")" 403
check 'nobody from outside' equal "$(status_of world "http://$HOST:9478/")" 000

# A container that comes is on the page of a browser, which is not loaded again.
# Others may be at work on this machine: of three the quickest counts.
quickest=99999
for _ in 1 2 3; do
	docker rm -f late >/dev/null 2>&1
	wait_until state_has '.audit.endpoints | all(.container != "late")'
	took=$(on host "$LAB_REPO/tests/page/live" "$base/" env PATH="/usr/bin:$PATH" DOCKER_HOST=unix:///run/docker.sock \
		docker run -d --name late -p 8080:80 lab --name late tcp:80 2>"$LAB_DIR/live")
	check "a browser sees it: $(<"$LAB_DIR/live")" test "$took" -gt 0
	((took > 0 && took < quickest)) && quickest=$took
	((quickest < 1000)) && break
done
check "within a second: $quickest ms" test "$quickest" -lt 1000

# Connections that hang and clients that go keep nobody from being served.
for _ in {1..70}; do
	on host timeout 20 curl -s -N "$base/events" >/dev/null &
done
on host sleep 1
on host pkill -f 'curl -s -N'
LAB_PATIENCE=60 check 'it serves on' wait_until state_has '.audit.endpoints | any(.container == "late")'
on host pkill -KILL -x seawall-page
wait "$server"
check 'without its half it ends' equal $? 3
said_so() { grep -q 'has ended' "$LAB_DIR/serve.log"; }
check 'and says so' said_so

# Where the host cannot be looked at any more the page says so, and shows no verdict of before.
printf 'version: 1\n' >"$LAB_DIR/policy.yaml"
serve_up --policy "$LAB_DIR/policy.yaml"
check 'by a policy' wait_until state_has '.audit.endpoints | length > 0'
echo 'version: never' >"$LAB_DIR/policy.yaml"
docker rm -f late >/dev/null
check 'a look that fails is no audit' wait_until state_has '.failed and (has("audit") | not)'
check 'and is said' wait_until told 'policy.yaml:1:'
serve_down

# By a unix socket, for root alone; and for others with a token.
serve_up --listen unix:/run/page.sock
check 'by a unix socket' wait_until on host curl -s -o /dev/null --fail --unix-socket /run/page.sock http://host/state.json
check 'for root alone' equal "$(on host stat -c %a /run/page.sock)" 600
serve_down
check 'which is gone afterwards' not on host test -e /run/page.sock
printf 'a-token-of-16-or-more\n' >"$LAB_DIR/token"
serve_up --listen "$HOST:9478" --token "$LAB_DIR/token"
outside=http://$HOST:9478
check 'without the token nothing' equal "$(status_of world "$outside/state.json")" 401
check 'nor with another' equal "$(status_of world "$outside/?token=a-token-of-16-or-less")" 401
check 'with it a cookie' equal "$(status_of world -c "$LAB_DIR/jar" "$outside/?token=a-token-of-16-or-more")" 303
check 'which opens the page' equal "$(status_of world -b "$LAB_DIR/jar" "$outside/")" 200
check 'or a header' equal "$(status_of world -H 'Authorization: Bearer a-token-of-16-or-more' "$outside/state.json")" 200
check 'scripts cannot read it' grep -q '^#HttpOnly_' "$LAB_DIR/jar"
serve_down
check 'it ends when told to' equal $? 0
