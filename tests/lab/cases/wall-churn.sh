#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No open moment: closed ports are sent to without pause while containers and networks come and go and the engine restarts.
# engines: debian12
# also: sid
# timeout: 400
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# How many containers come and go.
n=${LAB_CHURN:-12} limit=$((600 + ${LAB_CHURN:-12} * 5))

lab_up
container db -p 0.0.0.0:53:53/udp -p 0.0.0.0:8053:80 || exit
container web -p 0.0.0.0:443:80 || exit
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
wall: { hard: true }
allow:
  - { container: web, host_port: 443/tcp, from: any }
END
seawall apply "$LAB_DIR/policy.yaml" >"$LAB_DIR/said" 2>&1
check 'the wall is up' equal $? 0
route_to 172.16.0.0/12 from neighbour
targets=("$HOST:53") knocks=("$HOST:8053")
for ((i = 1; i <= n; i++)); do
	knocks+=("$HOST:$((9000 + i))" "172.17.0.$((1 + i % 250)):80")
	targets+=("$HOST:$((9000 + i))" "172.17.0.$((1 + i % 250)):53" "172.18.0.$((1 + i % 250)):53" "172.19.0.$((1 + i % 250)):53")
done
flood >"$LAB_DIR/flood.py"
on neighbour nice -n 19 python3 "$LAB_DIR/flood.py" udp "$limit" "${targets[@]}" >"$LAB_DIR/sent" &
flooders=($!)
on world nice -n 19 python3 "$LAB_DIR/flood.py" udp "$limit" "$HOST:53" $(seq -f "$HOST:%g" 9001 $((9000 + n))) >"$LAB_DIR/sent-world" &
flooders+=($!)
for from in neighbour lan vpn; do
	on $from nice -n 19 python3 "$LAB_DIR/flood.py" tcp "$limit" "${knocks[@]//$HOST:/$HOST_LAN:}" >"$LAB_DIR/knocked-$from" &
	flooders+=($!)
done

# Containers come, restart, change networks and go; so do networks.
for ((i = 1; i <= n; i++)); do
	docker run -d --name "c$i" -p "0.0.0.0:$((9000 + i)):53/udp" -p "0.0.0.0:$((9000 + i)):80" \
		lab udp:53 tcp:80 >/dev/null 2>&1
	((i % 3)) || docker restart -t 0 "c$i" >/dev/null 2>&1
	if ((i % 4 == 0)); then
		docker network create "n$i" >/dev/null 2>&1
		docker network connect "n$i" "c$i" >/dev/null 2>&1
	fi
done
total=0 relayed=0
for ((i = 1; i <= n; i++)); do
	got=$(from_outside "c$i")
	((total += got, relayed += $(arrivals "c$i" 53/udp 2>/dev/null | wc -l) - got))
	((i % 2)) || docker rm -f "c$i" >/dev/null 2>&1
done
check 'no datagram came to a container that is new' equal "$total" 0
echo "# $relayed datagrams of older flows were relayed by the proxies of new ports"
engine_restart
check 'nor when the engine was restarted' equal "$(from_outside db)" 0
engine_kill
engine_start
docker start web db >/dev/null
container_await web
check 'nor when it was killed' equal "$(from_outside db)" 0
on host iptables -F FORWARD
on host iptables -P FORWARD ACCEPT
check 'nor when its rules were flushed' equal "$(from_outside db)" 0

# Whatever else reloads or flushes tables: a hard wall is passed over, another one has its moment.
if [[ $(seawall status --json | jq -r .hard) == held ]]; then
	on host iptables-save >"$LAB_DIR/saved4"
	on host nft list ruleset >"$LAB_DIR/saved"
	for _ in {1..20}; do
		on host nft flush ruleset
		on host iptables-restore <"$LAB_DIR/saved4"
		printf '*filter\n:FORWARD ACCEPT\nCOMMIT\n' | on host iptables-restore
	done
	check 'nor when all tables were flushed' equal "$(from_outside db)" 0
	check 'the wall stands' on host nft list chain inet seawall doors
	engine_restart
	docker start web db >/dev/null
	container_await web
	check 'nor when the engine came back' equal "$(from_outside db)" 0
fi

# Containers that were started again may have other addresses: the wall opens nothing to these.
seawall apply "$LAB_DIR/policy.yaml" >"$LAB_DIR/said" 2>&1
check 'the wall is put up for them' equal $? 0
expect_open world tcp "$HOST" 443

turned_away() {
	seawall status --json >"$LAB_DIR/status"
	jq -e '.as_saved and .turned_away > 1000' "$LAB_DIR/status"
}
check 'the wall counts them' wait_until turned_away
check 'all senders sent to the end' kill -0 "${flooders[@]}"
on neighbour pkill -TERM -f flood.py
wait "${flooders[@]}"
sent=$(($(cat "$LAB_DIR/sent") + 0))
check 'there were many' test "$sent" -gt 100000
knocked=$(cat "$LAB_DIR"/knocked-* | awk '{ n += $1 } END { print n }')
check 'and many connections were asked for' test "$knocked" -gt 1000
echo "# $sent datagrams from the neighbour, $(cat "$LAB_DIR/sent-world" 2>/dev/null) from the world, $knocked connections asked for"
echo "# at $(((sent + $(cat "$LAB_DIR/sent-world")) / SECONDS)) datagrams a second"
