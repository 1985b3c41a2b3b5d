#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An audit by a policy: zones, prefixes, labels, what is accepted; and what is wrong with a policy.
# engines: debian12 sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:443:80 || exit
container db -p 0.0.0.0:5432:5432 || exit
container local -p 127.0.0.1:1234:1234 || exit
container shut --label seawall.allow=none -p 0.0.0.0:9000:9000 || exit
route_to 172.17.0.0/16 from neighbour
policy=$LAB_DIR/policy.yaml
cat >"$policy" <<'END'
version: 1
default: closed
zones:
  lan: { sources: [10.9.0.0/24] }
  vpn: { interfaces: [wg0] }
allow:
  - { container: web, container_port: 80/tcp, from: [world, lan, vpn] }
  - { container: db, host_port: 5432/tcp, from: [lan, 10.8.0.2] }
  - { container: nothing, from: [lan] }
accept:
  - { container: local, reason: only neighbours, until: 2099-01-01 }
END

# All of them answer the world: what differs is what was meant.
for port in 443 5432 9000; do
	expect_open world tcp "$HOST" $port
done
audit --policy "$policy"
expect_no_finding any web:80/tcp
expect_finding - db:5432/tcp published eth0 '.severity == "critical" and .sources == ["0.0.0.0/0"]'
expect_finding - db:5432/tcp published wg0
check 'who is in the zone of the entry is meant' test "$(jq '[.findings[] | select(.path == "published" and
	.in != "wg0" and (.endpoint | startswith("db/"))) | .sources[]] | index("10.9.0.0/24")' "$LAB_DIR/audit.json")" = null
check 'so is the one address that it names' test "$(jq '[.findings[] | select(.path == "published" and
	(.endpoint | startswith("db/"))) | .sources[]] | index("10.8.0.2/32")' "$LAB_DIR/audit.json")" = null
# shellcheck disable=SC2016 # jq's own variable
check 'the line of the policy is named' jq -e --arg place "$policy:8:5" 'any(.findings[];
	.why | contains($place))' "$LAB_DIR/audit.json"
expect_finding - shut:9000/tcp published eth0 '.why | contains("label seawall.allow")'
check 'intent says who, and by what' jq -e '.endpoints[] | select(.container == "db") | .intent == [
	{zone: "lan", from: "policy"}, {source: "10.8.0.2/32", from: "policy"}]' "$LAB_DIR/audit.json"
check 'reach has the zones of the policy' jq -e '[.endpoints[].reach[].zone] | unique ==
	["containers", "lan", "vpn", "world"] or unique == ["lan", "vpn", "world"]' "$LAB_DIR/audit.json"
expect_no_finding any local
[[ $LAB_ENGINE == debian12 ]] && check 'what is accepted is said' jq -e 'any(.notes[]; startswith("accepted until 2099-01-01: local: ")
	and endswith("(only neighbours)"))' "$LAB_DIR/audit.json"
check 'so is an entry that matches nothing' jq -e 'any(.notes[]; contains(":9:5: ") and
	contains("matches nothing"))' "$LAB_DIR/audit.json"

# A date that has passed, and a kind that it is not.
sed -i 's/until: .*}/until: 2020-01-01 }/' "$policy"
audit --policy "$policy"
[[ $LAB_ENGINE == debian12 ]] && expect_finding M17 local:1234/tcp
sed -i 's/until: .*}/kind: bypass }/' "$policy"
audit --policy "$policy"
[[ $LAB_ENGINE == debian12 ]] && expect_finding M17 local:1234/tcp

# Without a policy a label closes all the same, and bind addresses count.
audit
expect_no_finding - db:5432/tcp
expect_finding - shut:9000/tcp published eth0

# INPUT denies it, and the policy lets it in by name: no problem; the rest of the policy is.
on host iptables -P INPUT DROP
audit
expect_finding M01 web:80/tcp published eth0
audit --policy "$policy"
expect_no_finding any web:80/tcp
on host iptables -P INPUT ACCEPT

# A policy that cannot be read: the place, exit code 2, and no audit.
sed -i 's/from: \[lan, 10/from: [lann, 10/' "$policy"
said=$(seawall --policy "$policy" 2>&1)
code=$?
check 'its exit code is 2' equal $code 2
check 'line and column are named' grep -q "policy.yaml:8:.*lann" <<<"$said"
said=$(seawall --policy "$LAB_DIR/missing.yaml" 2>&1)
code=$?
check 'so it is of one that is not there' equal $code 2
head -c 20000000 /dev/zero >"$LAB_DIR/large.yaml"
said=$(seawall --policy "$LAB_DIR/large.yaml" 2>&1)
code=$?
check 'or too large' equal $code 2
