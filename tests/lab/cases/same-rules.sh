#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One ruleset by iptables-nft, iptables-legacy and iptables-restore-translate gives one answer, for 4 of them (LAB_RULESETS).
# engines: none
# timeout: 420
# What nft lists as JSON is asked of the translated rules only: of iptables-nft's own it leaves the matches out.
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

readonly RULESETS=${LAB_RULESETS:-4} SEED=${LAB_SEED:-11}

lab_up --engine none

# Prints the i-th ruleset of a seed: INPUT and FORWARD, chains that jump into each other downwards, prefixes,
# ranges, negations, interfaces with wildcards, ports, states, types of ICMP, marks that are set and asked for.
generate() {
	cat <<-'END'
		import random, sys
		pick = random.Random(int(sys.argv[1]) * 1000 + int(sys.argv[2]))
		chains = ["a", "b", "c"]
		def prefix():
		    length = pick.choice([8, 12, 16, 20, 24, 29, 32])
		    value = pick.getrandbits(32) >> (32 - length) << (32 - length)
		    return ".".join(str(value >> s & 255) for s in (24, 16, 8, 0)) + f"/{length}"
		def address():
		    return prefix().split("/")[0]
		def maybe(chance=0.5):
		    return pick.random() < chance
		def no():
		    return "! " if maybe(0.2) else ""
		def port():
		    return pick.choice([22, 53, 80, 443, 1000, 1234, 8080, 65535])
		def ports():
		    first = port()
		    return f"{first}:{pick.randint(first + 1, 65535)}" if maybe(0.3) and first < 65535 else str(first)
		def match(chain):
		    words = []
		    if maybe(): words.append(f"{no()}-s {prefix()}")
		    if maybe(0.3): words.append(f"{no()}-d {prefix()}")
		    if maybe(0.3): words.append(f"{no()}-i " + pick.choice(["eth0", "eth1", "wg+", "lo"]))
		    if maybe(0.2) and chain == "FORWARD": words.append(f"{no()}-o " + pick.choice(["eth0", "br+"]))
		    kind = pick.random()
		    if kind < 0.35:
		        proto = pick.choice(["tcp", "udp"])
		        words.append("-p " + proto)
		        # iptables-translate 1.8.9 forgets the "!" of UDP's ports (docs/layouts.md).
		        if maybe(0.7): words[-1] += f" -m {proto} {no() if proto == 'tcp' else ''}--dport {ports()}"
		        elif maybe(): words[-1] += f" -m multiport {no()}--dports " + ",".join(sorted({ports() for _ in range(3)}))
		    elif kind < 0.45:
		        words.append("-p icmp -m icmp --icmp-type " + pick.choice(["echo-request", "3", "11"]))
		    elif kind < 0.55:
		        low, high = sorted((address(), address()), key=lambda a: [int(x) for x in a.split(".")])
		        words.append(f"-m iprange {no()}--src-range {low}-{high}")
		    if maybe(0.2): words.append("-m conntrack --ctstate " + pick.choice(["NEW", "RELATED,ESTABLISHED", "NEW,ESTABLISHED"]))
		    if maybe(0.1): words.append(f"-m mark {no()}--mark 0x{pick.choice([1, 2])}")
		    return " ".join(words)
		lines = ["*filter"]
		for chain in ("INPUT", "FORWARD"):
		    lines.append(f":{chain} {pick.choice(['ACCEPT', 'DROP'])} [0:0]")
		lines.append(":OUTPUT ACCEPT [0:0]")
		lines += [f":{chain} - [0:0]" for chain in chains]
		for chain in ["INPUT", "FORWARD"] + chains:
		    below = chains[chains.index(chain) + 1:] if chain in chains else chains
		    for _ in range(pick.randint(2, 7)):
		        ends = ["ACCEPT", "DROP", "REJECT"] + (["RETURN"] if chain in chains else []) + below
		        lines.append(f"-A {chain} {match(chain)} -j {pick.choice(ends)}")
		print("\n".join(lines + ["COMMIT"]))
	END
}

# The answers to some questions, a line each: who gets in, for certain or not.
answers() {
	local hook in asked port
	for hook in input forward; do
		for in in eth0 wg7; do
			for asked in tcp:22 tcp:1234 udp:53 icmp; do
				port=()
				[[ $asked == *:* ]] && port=(--dport "${asked#*:}")
				"$SEAWALL" reach --rules "$1" --hook "$hook" --in "$in" --proto "${asked%:*}" "${port[@]}" --json |
					jq -r --arg of "$hook $in $asked" \
						'$of + ": " + ([.accepted[] | .certainty as $c | .sources[] | . + " " + $c] | sort | join(", "))'
			done
		done
	done
}

SEAWALL=${SEAWALL:-$LAB_REPO/build/seawall}
generate >"$LAB_DIR/generate.py"
same=0 telling=0 unlike=''
for ((i = 0; i < RULESETS; i++)); do
	python3 "$LAB_DIR/generate.py" "$SEED" "$i" >"$LAB_DIR/rules"
	on host nft flush ruleset
	on host iptables-legacy-restore <"$LAB_DIR/rules" || { unlike+=" $i(legacy)"; continue; }
	on host iptables-legacy-save >"$LAB_DIR/legacy"
	on host iptables-legacy -F
	on host iptables-nft-restore <"$LAB_DIR/rules" || { unlike+=" $i(nft)"; continue; }
	on host iptables-nft-save >"$LAB_DIR/save" 2>/dev/null
	on host nft list ruleset >"$LAB_DIR/list" 2>/dev/null
	on host nft flush ruleset
	on host iptables-restore-translate -f "$LAB_DIR/rules" >"$LAB_DIR/translated" || { unlike+=" $i(translate)"; continue; }
	on host nft -f "$LAB_DIR/translated" 2>"$LAB_DIR/refused" || { unlike+=" $i(refused)"; continue; }
	on host nft list ruleset >"$LAB_DIR/native"
	on host nft -j list ruleset >"$LAB_DIR/json"
	for form in legacy save list native json; do
		answers "$LAB_DIR/$form" >"$LAB_DIR/answers.$form" 2>&1
	done
	grep -q ' must' "$LAB_DIR/answers.legacy" && telling=$((telling + 1))
	for form in save list native json; do
		diff "$LAB_DIR/answers.legacy" "$LAB_DIR/answers.$form" >"$LAB_DIR/diff" && continue
		unlike+=" $i($form)"
		head -n 6 "$LAB_DIR/diff"
		continue 2
	done
	same=$((same + 1))
done
check "legacy, nft and translated give one answer:$unlike" equal "$same" "$RULESETS"
check "somebody gets in by most of them ($telling)" test "$telling" -ge $((RULESETS * 2 / 3))
