# SPDX-License-Identifier: GPL-2.0-or-later
# Commands of seawall whose exit code and words are checked.
# shellcheck shell=bash

# Runs a command of seawall; its exit code must be $1. What it says is in $LAB_DIR/said.
runs() {
	local want=$1 got
	seawall "${@:2}" >"$LAB_DIR/said" 2>&1
	got=$?
	check "seawall ${*:2} ends with $want" ended "$got" "$want"
}

# Tells whether an exit code is the one that was wanted; shows what was said otherwise.
ended() {
	equal "$1" "$2" || { tail -n 25 "$LAB_DIR/said"; return 1; }
}

# Checks that the last command said something.
said() {
	check "it says: $1" grep -q -e "$1" "$LAB_DIR/said"
}

# Tells whether TCP port $1 of the host lets role $2 in at this moment, the world where none is
# named; and whether it does not. For wait_until: the others of check.sh wait longer for an answer.
open_now() {
	local to=$HOST
	[[ ${2-} == lan ]] && to=$HOST_LAN
	client "${2:-world}" tcp "$to" "$1" --timeout 300 >/dev/null
}
shut_now() {
	not open_now "$@"
}

# Closes what the last audit found, and takes the wall away again: `fix_all ARG...`. The wall must be
# put up, or refused for what no wall can do; behind it nothing that a wall answers for is left, and
# without it the rules are as they were.
fix_all() {
	local before after
	before=$(on host nft -s list ruleset 2>/dev/null)
	seawall fix --confirm 0 --json "$@" >"$LAB_DIR/fix.json" 2>"$LAB_DIR/fix.err"
	check 'what a wall can close is closed' fixed $?
	seawall remove >/dev/null 2>&1
	after=$(on host nft -s list ruleset 2>/dev/null)
	check 'the wall leaves no trace' equal "$after" "$before"
}

# Tells whether a fix that ended with code $1 did what it can.
fixed() {
	[[ $1 == 0 || ! -s $LAB_DIR/fix.json ]] && [[ $1 -le 1 || $1 == 3 ]] && return
	printf 'exit code %s\n' "$1"
	cat "$LAB_DIR/fix.err"
	jq -c '{exposed, lost}' "$LAB_DIR/fix.json"
	return 1
}
