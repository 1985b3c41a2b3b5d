#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Measurements: a real Prometheus scrapes the guard, and the alert rules fire and resolve there.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Asks the guard as somebody on this host would.
scrape() {
	on host curl -s -m 5 http://127.0.0.1:9477/metrics
}
# Tells whether the page has a line.
page_has() {
	scrape >"$LAB_DIR/page" && grep -q "^$1" "$LAB_DIR/page"
}
# Tells whether an alert fires in Prometheus, or does not; neither while it does not answer.
alert() {
	on host curl -sf -m 5 http://127.0.0.1:9090/api/v1/alerts >"$LAB_DIR/alerts" &&
		jq -e ".data.alerts | any(.labels.alertname == \"$1\" and .state == \"firing\") | $2" \
			"$LAB_DIR/alerts" >/dev/null
}
fires() {
	alert "$1" .
}
rests() {
	alert "$1" not
}
# Tells whether a request is answered with a code.
answers() {
	equal "$(on host curl -s -m 5 -o /dev/null -w '%{http_code}' "${@:2}")" "$1"
}
wait_long() {
	local i
	for ((i = 0; i < 40; i++)); do
		"$@" && return
		on host sleep 0.5
	done
	return 1
}

lab_up
container web -p 0.0.0.0:443:80 || exit
container db -p 0.0.0.0:5432:5432 || exit
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
allow:
  - { container: web, host_port: 443/tcp, from: any }
END
runs 2 guard --policy "$LAB_DIR/policy.yaml" --metrics 0.0.0.0:9477
said 'wants a loopback address'
runs 2 guard --policy "$LAB_DIR/policy.yaml" --metrics 127.0.0.1
seawall guard --policy "$LAB_DIR/policy.yaml" --metrics 127.0.0.1:9477 2>"$LAB_DIR/guard.log" &
guard=$!
check 'the wall is told to stand' wait_until page_has 'seawall_wall_up 1'
check 'so is the last proof' wait_long page_has 'seawall_last_proof_timestamp_seconds 1[0-9]'
check 'what can be reached' page_has 'seawall_endpoint_reachable{endpoint="web/172.17.0.2:80/tcp",zone="world",path="published"} 1'
check 'and nothing else' not grep -q 'endpoint="db/.*zone="world"' "$LAB_DIR/page"
check 'there is no problem' grep -q 'seawall_findings{kind="exposure",severity="critical"} 0' "$LAB_DIR/page"
check 'Prometheus has nothing against it' promtool check metrics <"$LAB_DIR/page"
client world tcp "$HOST" 5432 --timeout 200 >/dev/null
check 'who knocks counts' wait_until page_has 'seawall_knocks_total{zone="world",port="5432"} [1-9]'
on host nft flush table inet seawall
check 'so does a heal' wait_until page_has 'seawall_heals_total{cause="changed"} 1'

# One change is one heal, also where the processors are busy and the guard hears of it in parts.
hogs=()
for _ in {1..4}; do
	while :; do :; done &
	hogs+=($!)
done
told_heals() {
	(($(grep -c 'put up again' "$LAB_DIR/guard.log") >= $1))
}
for n in {2..16}; do
	on host nft flush table inet seawall
	wait_until told_heals "$n"
done
{ kill "${hogs[@]}" && wait "${hogs[@]}"; } 2>/dev/null
check 'each change is one heal' wait_until page_has 'seawall_heals_total{cause="changed"} 16$'
on host sleep 1
check 'and no more than one' page_has 'seawall_heals_total{cause="changed"} 16$'

# What it does not answer.
check 'another path is not there' answers 404 http://127.0.0.1:9477/
check 'nothing but GET is taken' answers 405 -X POST http://127.0.0.1:9477/metrics
check 'nor another host' answers 403 -H 'Host: evil.example:9477' http://127.0.0.1:9477/metrics
check 'nor from outside' not client world tcp "$HOST" 9477 --timeout 300
hanging=()
for _ in {1..60}; do
	on host timeout 3 bash -c 'exec 3<>/dev/tcp/127.0.0.1/9477; printf "GET /metr" >&3; sleep 2' >/dev/null 2>&1 &
	hanging+=($!)
done
on host nft flush table inet seawall
check 'who hangs does not keep it from mending' wait_until on host nft list chain inet seawall doors
wait "${hanging[@]}"
check 'nor from answering' wait_long page_has 'seawall_wall_up 1'

# A real Prometheus. Its rules wait for less long here.
check 'the rules are good' promtool check rules "$LAB_REPO/dist/prometheus/seawall.rules.yml"
sed 's/for: .*/for: 0s/' "$LAB_REPO/dist/prometheus/seawall.rules.yml" >"$LAB_DIR/rules.yml"
cat >"$LAB_DIR/prometheus.yml" <<END
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [$LAB_DIR/rules.yml]
scrape_configs:
  - { job_name: seawall, static_configs: [ { targets: ["127.0.0.1:9477"] } ] }
END
on host prometheus --config.file="$LAB_DIR/prometheus.yml" --storage.tsdb.path="$LAB_DIR/tsdb" \
	--web.listen-address=127.0.0.1:9090 >"$LAB_DIR/prometheus.log" 2>&1 &
prometheus=$!
up() {
	on host curl -s -m 5 -G --data-urlencode 'query=seawall_wall_up{job="seawall"}' http://127.0.0.1:9090/api/v1/query |
		jq -e '.data.result[0].value[1] == "1"' >/dev/null
}
check 'Prometheus scrapes it' wait_long up
check 'no alert fires' wait_long rests SeawallExposure
# Alerts fire, and resolve: without the wall; and while a process carries a port out, which no wall closes.
seawall remove >/dev/null
check 'an alert fires when the wall is gone' wait_long fires SeawallWallDown
runs 0 apply --confirm 0 "$LAB_DIR/policy.yaml"
check 'it resolves when it stands' wait_long rests SeawallWallDown
mkdir "$LAB_DIR/bin"
cp "$LAB_CACHE/lab/labserver" "$LAB_DIR/bin/socat"
on host "$LAB_DIR/bin/socat" --relay tcp 0.0.0.0 9001 127.0.0.1 5432 </dev/null >/dev/null 2>&1 &
relay=$!
wait_until client world tcp "$HOST" 9001 >/dev/null
docker network create first >/dev/null
check 'one fires while a process carries a port out' wait_long fires SeawallRelay
on host pkill -KILL -x socat
wait $relay 2>/dev/null
docker network create second >/dev/null
check 'it resolves when that is gone' wait_long rests SeawallRelay
on host pkill -TERM -x prometheus
wait $prometheus
on host pkill -TERM -x seawall
wait $guard

# By a socket that only root may use.
seawall guard --policy "$LAB_DIR/policy.yaml" --metrics unix:/run/seawall/metrics 2>"$LAB_DIR/guard.log" &
guard=$!
check 'it answers by a socket' wait_until on host curl -sf -m 5 --unix-socket /run/seawall/metrics http://x/metrics -o /dev/null
check 'which is for root alone' equal "$(on host stat -c %a /run/seawall/metrics)" 600
on host pkill -TERM -x seawall
wait $guard
check 'it goes with the guard' not on host test -e /run/seawall/metrics
