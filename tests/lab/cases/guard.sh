#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guard keeps the wall: flushed, deleted, containers that come, go and change addresses, a bad policy, a dead engine.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

told() {
	grep -q -e "$1" "$LAB_DIR/guard.log"
}

lab_up
container web -p 0.0.0.0:443:80 || exit
container db -p 0.0.0.0:5432:5432 || exit
policy=$LAB_DIR/policy.yaml
cat >"$policy" <<'END'
version: 1
default: closed
allow:
  - { container: web, host_port: 443/tcp, from: any }
END

# A configuration that is checked and nothing else.
seawall guard --check-config --policy "$policy"
check 'a good policy passes' equal $? 0
printf 'version: 1\nallow: 7\n' >"$LAB_DIR/bad.yaml"
seawall guard --check-config --policy "$LAB_DIR/bad.yaml" 2>"$LAB_DIR/said"
check 'a bad one does not' equal $? 2
check 'it is told where' grep -q 'bad.yaml:2:8' "$LAB_DIR/said"

# It asks the engine by a way that can be made to wait.
on host python3 "$LAB_REPO/tests/lab/slow_socket.py" /run/slow.sock /run/docker.sock \
	"$LAB_DIR/no-answer" </dev/null >/dev/null 2>&1 &
wait_until on host test -S /run/slow.sock || exit
seawall guard --docker unix:///run/slow.sock --policy "$policy" 2>"$LAB_DIR/guard.log" &
guard=$!
check 'it puts the wall up' wait_until shut_now 5432
expect_open world tcp "$HOST" 443
check 'it proves it' wait_until told 'proved with'

# Whatever is done to the table.
on host nft flush table inet seawall
check 'flushed, it is back' wait_until told 'somebody changed the wall'
check 'and who did it is named' told 'somebody changed the wall (nft, process [0-9]*): put up again'
check 'the port is shut' shut_now 5432
on host nft delete table inet seawall
check 'deleted, it is back' wait_until shut_now 5432
on host nft flush ruleset
check 'so it is when everything was flushed' wait_until on host nft list chain inet seawall doors
echo "# $(grep -o 'put up again in .*' "$LAB_DIR/guard.log" | paste -sd' ')"
engine_restart
docker start web db >/dev/null
container_await web

# What comes later, and what comes back with another address.
check 'web is open again' wait_until open_now 443
check 'db is not' shut_now 5432
docker rm -f web >/dev/null
container first || exit
container web -p 0.0.0.0:443:80 || exit
check 'web is open at its new address' wait_until open_now 443
docker rm -f web >/dev/null
container other -p 0.0.0.0:443:80 || exit
check 'that was done by what differs' told 'by what differs'
check 'another one in its place is not' wait_until shut_now 443
on host sleep 1
check 'nor after a while' shut_now 443

# A policy that changes; one that cannot be read changes nothing.
sed -i 's/container: web/container: other/' "$policy"
on host pkill -HUP -x seawall
check 'the new policy counts' wait_until open_now 443
cp "$policy" "$policy.good"
echo 'nonsense' >"$policy"
on host pkill -HUP -x seawall
check 'a bad one is told' wait_until told 'the policy before is kept'
check 'and changes nothing' open_now 443

# What others do to the wall is their word: another policy, one that is only tried, none at all.
status_is() {
	seawall status >"$LAB_DIR/said" 2>&1
	[[ $? == "$1" ]]
}
check 'status knows the wall that the guard made' wait_until status_is 0
cat >"$LAB_DIR/second.yaml" <<'END'
version: 1
default: closed
allow:
  - { container: db, host_port: 5432/tcp, from: any }
END
seawall apply --quiet "$LAB_DIR/second.yaml"
check 'another policy can be applied beside the guard' equal $? 0
check 'it counts' open_now 5432
check 'and the one before does not' shut_now 443
on host nft flush table inet seawall
check 'the guard keeps the new one' wait_until shut_now 443
check 'db is open still' open_now 5432
printf 'version: 1\ndefault: closed\n' >"$LAB_DIR/third.yaml"
seawall apply --quiet --confirm 6 "$LAB_DIR/third.yaml"
check 'one that is only tried counts' shut_now 5432
check 'and goes back' wait_until open_now 5432
check 'status knows' wait_until status_is 0

# A wall that is put up while the guard makes another one is not overwritten by that.
touch "$LAB_DIR/no-answer"
docker rm -f web >/dev/null 2>&1
container late -p 0.0.0.0:8443:80 || exit
on host sleep 1
seawall apply --quiet "$policy.good"
check 'a policy is applied while the guard looks' open_now 443
rm "$LAB_DIR/no-answer"
on host sleep 1.5
check 'it counts when the guard has looked' open_now 443
check 'and nothing of the one before does' shut_now 5432
check 'status knows that one' wait_until status_is 0

# An engine that does not answer keeps nobody from mending the wall.
touch "$LAB_DIR/no-answer"
on host pkill -HUP -o -x seawall
on host sleep 0.7
on host nft flush table inet seawall
check 'the wall is mended while the engine hangs' wait_until shut_now 5432
rm "$LAB_DIR/no-answer"
check 'and it guards on' wait_until open_now 443

# A zone that is one by its interface alone does not hold another way to the world.
lan_now() {
	client lan tcp "$HOST_LAN" 8443 --timeout 300 >/dev/null
}
cat >"$LAB_DIR/zones.yaml" <<'END'
version: 1
default: closed
zones:
  lan: { interfaces: [eth1] }
allow:
  - { container: late, host_port: 8443/tcp, from: [lan] }
END
seawall apply --quiet "$LAB_DIR/zones.yaml"
check 'who comes in by the interface is in its zone' lan_now
on host ip route add default via "$LAN" dev eth1 metric 5
check 'until the default route moves there' wait_until not lan_now
seawall apply --quiet "$LAB_DIR/zones.yaml"
check 'and somebody applies that' lan_now
on host ip route del default via "$LAN" dev eth1
on host sleep 1.5
check 'it stays so' lan_now

# A proof is a process of its own: one that hangs keeps nobody from mending, one that dies is told.
wait_proof() {
	wait_until on host pgrep -x seawall-proof >/dev/null || wait_until on host pgrep -x seawall-proof >/dev/null
}
docker network create soon >/dev/null
check 'a proof follows' wait_proof
on host pkill -STOP -x seawall-proof
: >"$LAB_DIR/guard.log"
on host nft flush table inet seawall
check 'while it hangs the wall is mended' wait_until told 'put up again'
on host pkill -KILL -x seawall-proof
check 'that it died is told' wait_until told 'the proof ended by signal 9'
docker network rm soon >/dev/null
check 'the next one is as ever' wait_proof
check 'and proves' wait_until told 'proved with'

seawall remove >/dev/null
on host sleep 2
check 'a wall that was removed stays away' not on host nft list table inet seawall
seawall apply --quiet "$policy.good"
check 'until the next apply' shut_now 5432

# Without the engine the wall stays as it is; when the guard ends, too.
engine_kill
check 'db is shut without the engine' shut_now 5432
on host pkill -TERM -x seawall
wait $guard
check 'it ends with 0' equal $? 0
check 'the wall stays' on host nft list table inet seawall
