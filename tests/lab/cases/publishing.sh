#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What docker run, Compose v1 and v2 and docker stack deploy make of each way to declare a port.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"
# shellcheck source=tests/lab/publishing/lib.sh
. "$LAB_HOME/publishing/lib.sh"

# Prints the versions of what was run, as remarks: they are not compared.
versions() {
	echo "# engine $(docker version --format '{{.Server.Version}}')"
	echo "# run $(docker version --format '{{.Client.Version}}')"
	echo "# v1 $(v1 version --short)"
	[[ $v2_missing ]] || echo "# v2 $(v2 version --short)"
	echo "# stack $(docker version --format '{{.Client.Version}}')"
}

# Prints the forms that tool $1 takes without a word, as far as the committed rows know.
expected_quiet() {
	awk -F '\t' -v tool="$1" '
		$1 == "form" { number[$3] = $2 }
		$1 == tool && $3 == "-" && $2 in number { print number[$2] }' "$LAB_DIR/facts" "$expected"
}

# Prints the rows of file $1 as they are to be compared. Where v2 could not be run its rows do not
# count, and where the kernel has IPVS those do not that were made without.
comparable() {
	awk -F '\t' -v no_v2="$v2_missing" -v ipvs="$ipvs" -v expected="$expected" '
		BEGIN {
			OFS = "\t"
			while ((getline line <expected) > 0) {
				split(line, cell, "\t")
				if (cell[10] == "no IPVS")
					mesh[cell[1] "\t" cell[2]] = 1
			}
		}
		/^#/ || (no_v2 && $1 == "v2") { next }
		ipvs && (($1 "\t" $2) in mesh) { $5 = $6 = $7 = $8 = $9 = $10 = "no IPVS" }
		{ print }' "$1"
}

lab_up -- --default-address-pool base=10.64.0.0/16,size=24
# The client that came with the engine, whatever else the machine has.
[[ $LAB_CHROOT ]] || PATH=/usr/bin:$PATH
unset BIND
expected=$PUBLISHING/$LAB_ENGINE.tsv
observed=$LAB_CACHE/lab/publishing-$LAB_ENGINE.tsv
v2_missing='' ipvs=''
if [[ ! $LAB_CHROOT ]]; then
	v2_missing=$(engine_root sid) && v2_missing=''
	v2_missing=${v2_missing#skip: }
fi
forms_read
for tool in run v1 v2 stack; do
	if [[ $tool == v2 && $v2_missing ]]; then
		for form in "${!FORM[@]}"; do
			SAID[v2-$form]="not run: $v2_missing"
		done
		continue
	fi
	[[ $tool == stack ]] && docker swarm init --advertise-addr "$HOST" >/dev/null
	quiet=()
	[[ ${SEAWALL_PUBLISHING_UPDATE-} ]] || mapfile -t quiet < <(expected_quiet "$tool")
	tool_try "$tool" "${quiet[@]}"
done
check "all containers serve" all_serve
[[ -e $LAB_ROOT/proc/net/ip_vs ]] && ipvs=1
published_facts
socket_facts
answer_facts
{
	versions
	rows
} >"$observed"
if [[ ${SEAWALL_PUBLISHING_UPDATE-} ]]; then
	cp "$observed" "$expected"
	exit
fi
check "a server on a port of its own is open" grep -q $'\topen' "$observed"
check "what was seen is what is written down" \
	diff -U 0 --label expected --label seen <(comparable "$expected") <(comparable "$observed")
check "docs/publishing.md is what render makes" \
	diff -U 0 "$LAB_REPO/docs/publishing.md" <("$PUBLISHING/render")
if [[ $v2_missing ]] && ((!LAB_FAILED)); then
	lab_skip "Compose v2: $v2_missing"
fi
