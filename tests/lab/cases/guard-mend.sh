#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What others do to parts of the wall's table is undone, each once, and nothing is left of it.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:443:80 || exit
container db -p 0.0.0.0:5432:5432 || exit
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
zones:
  lan: { interfaces: [eth1] }
allow:
  - { container: web, host_port: 443/tcp, from: [lan] }
END
seawall guard --policy "$LAB_DIR/policy.yaml" 2>"$LAB_DIR/guard.log" &
guard=$!
# The table as it is but for handles and counters: rules in order, elements in any.
listing() {
	on host nft -j -s list table inet seawall 2>/dev/null | jq -S '
		[.nftables[] | del(.. | .handle?)] as $all |
		{others: [$all[] | select(.rule | not) | if .set.elem then .set.elem |= sort else . end |
			if .map.elem then .map.elem |= sort else . end] | sort,
		 rules: [$all[] | select(.rule) | .rule] | group_by(.chain)}'
}
is_whole() {
	listing >"$LAB_DIR/now" && diff -q "$LAB_DIR/whole" "$LAB_DIR/now" >/dev/null
}
heals() {
	grep -c 'put up again' "$LAB_DIR/guard.log"
}
healed() {
	(($(heals) >= $1))
}
author_told() {
	tail -n 3 "$LAB_DIR/guard.log" | grep -q 'changed the wall (nft, process'
}
check 'the guard proves its wall' wait_until grep -q 'proved with' "$LAB_DIR/guard.log"
on host sleep 1
listing >"$LAB_DIR/whole"
check 'which has maps' jq -e '[.others[].map.elem // [] | length] | add > 2' "$LAB_DIR/whole"
known=$(heals)
# Does something to the table by one transaction of nft, and sees that it is undone, once.
damage() {
	local what=$1
	known=$((known + 1))
	if ! printf '%s\n' "${@:2}" | on host nft -f - 2>"$LAB_DIR/said"; then
		check "$what can be done" equal "$(cat "$LAB_DIR/said")" ''
		known=$((known - 1))
		return
	fi
	wait_until healed "$known"
	check "$what is undone" wait_until is_whole
	on host sleep 0.2
	check '  once' equal "$(heals)" "$known"
	check '  by whom is told' author_told
}
# A map with elements, and one of those as nft writes it.
read -r map element verdict < <(on host nft -j list table inet seawall | python3 -c '
import json, sys
def word(value):
    if isinstance(value, dict) and "concat" in value:
        return "_".join(word(part) for part in value["concat"])
    if isinstance(value, dict):
        return next(k + ("" if v is None else ":" + v["target"]) for k, v in value.items())
    return str(value)
for item in json.load(sys.stdin)["nftables"]:
    found = item.get("map", {})
    for key, value in found.get("elem", []):
        print(found["name"], word(key), word(value))
        sys.exit()')
key=${element//_/ . }
to=${verdict/:/ }
other=$(sed -E 's/[0-9]+$/4711/' <<<"$key")
echo "# $map: $key : $to, and $other"

damage 'an element that is deleted' "delete element inet seawall $map { $key }"
damage 'one that is added' "add element inet seawall $map { $other : accept }"
damage 'one that leads elsewhere' "delete element inet seawall $map { $key }" "add element inet seawall $map { $key : accept }"
damage 'a map that is flushed' "flush map inet seawall $map"
damage 'a chain that is flushed' 'flush chain inet seawall doors'
damage 'a base chain that is flushed' 'flush chain inet seawall forward'
damage 'one that is deleted' 'flush chain inet seawall input' 'delete chain inet seawall input'
damage 'a rule in front' 'insert rule inet seawall doors accept'
damage 'a rule behind' 'add rule inet seawall turned_away accept'
damage 'a chain of theirs' 'add chain inet seawall theirs { type filter hook forward priority -500; policy accept; }'
damage 'a set of theirs' 'add set inet seawall theirs { type ipv4_addr; }'
damage 'an element and a chain' "delete element inet seawall $map { $key }" 'flush chain inet seawall doors'
damage 'an element and a set' "delete element inet seawall $map { $key }" 'add set inet seawall theirs { type ipv4_addr; }'
damage 'a table that is flushed' 'flush table inet seawall'
damage 'a table that is deleted' 'delete table inet seawall'
damage 'a table that sleeps' 'add table inet seawall { flags dormant; }'
check 'the port is shut' not client world tcp "$HOST" 5432 --timeout 200
check 'the other is open to the LAN' client lan tcp "$HOST_LAN" 443
check 'and not to the world' not client world tcp "$HOST" 443 --timeout 200
# Whoever changes other tables changes nothing here.
on host nft add table inet theirs
on host nft delete table inet theirs
on host sleep 0.3
check 'other tables are others'"'" equal "$(heals)" "$known"
echo "# $(grep -o 'put up again in .*' "$LAB_DIR/guard.log" | paste -sd' ')"
on host pkill -TERM -x seawall
wait $guard
