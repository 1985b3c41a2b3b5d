# SPDX-License-Identifier: GPL-2.0-or-later
# What an audit of the lab's host said: running it once, and asking its JSON about findings and reach.
# shellcheck shell=bash
#
# An audit is kept in $LAB_DIR/audit.json until the next one. MECHANISM is a number of
# docs/exposures.md, CONTAINER a container's name, or with a port `web:80/tcp`, or `host` for what is
# about the host itself; PATH and IN are those of the JSON. `any`, or leaving it out, is any of them.
# TEST is a jq expression about one finding or reach entry, for what the words cannot say.

# Audits the host and checks how that ended: `audit [--exit CODE] [--incomplete TEXT] [--kept NAME]
# [ARG...]`. Without options the code must be 1 when there are findings and 0 when there are none, and
# nothing may be incomplete. With --incomplete one of the things that are must contain TEXT; then the
# code may be 3 as well. --kept saves the answer in $LAB_DIR/NAME.json too. ARGs are for seawall.
audit() {
	local code='' incomplete='' kept='' got
	while [[ ${1-} == --exit || ${1-} == --incomplete || ${1-} == --kept ]]; do
		case $1 in
		--exit) code=$2 ;;
		--incomplete) incomplete=$2 ;;
		--kept) kept=$2 ;;
		esac
		shift 2
	done
	seawall audit --json "$@" >"$LAB_DIR/audit.json" 2>"$LAB_DIR/audit.err"
	got=$?
	# What is no audit has neither findings nor their absence; jq takes an empty file for true.
	if ! jq -es 'length == 1 and .[0].version == 1' "$LAB_DIR/audit.json" >/dev/null 2>&1; then
		head -c 500 "$LAB_DIR/audit.json" >>"$LAB_DIR/audit.err"
		echo '{"findings": null, "endpoints": null}' >"$LAB_DIR/audit.json"
	fi
	[[ $kept ]] && cp "$LAB_DIR/audit.json" "$LAB_DIR/$kept.json"
	check "the audit answers" audit_sane "$got" "$code" "$incomplete"
	[[ ${LAB_EXPLAIN-} ]] && explain_all "$@"
	[[ ${LAB_FIX-} && " $* " != *" --"* ]] && fix_all "$@"
	return 0
}

# Explains each problem of the last audit, at most LAB_EXPLAIN of them (a number; unset: none), and
# checks that model and kernel told the same.
explain_all() {
	local number said code
	for ((number = 1; number <= LAB_EXPLAIN; number++)); do
		said=$(seawall explain "$@" "$number" 2>&1)
		code=$?
		[[ $code == 2 && $said == *"there is no problem"* ]] && return
		check "problem $number is explained" explained "$code" "$said"
	done
}

# Tells whether an explanation $2 that ended with code $1 is one.
explained() {
	[[ $1 == 1 || $1 == 3 ]] || printf '%s\nexit code %s\n' "$2" "$1"
	[[ $1 == 1 || $1 == 3 ]]
}

# Tells whether an audit that ended with code $1 is one that was asked for: with code $2 (""
# for what its findings call for), incomplete for $3 ("" for not at all).
audit_sane() {
	local want=$2 missing
	if ! jq -e '.version == 1' "$LAB_DIR/audit.json" >/dev/null 2>&1; then
		printf 'no audit, exit code %s\n' "$1"
		cat "$LAB_DIR/audit.err"
		return 1
	fi
	if [[ ! $want ]]; then
		want=$(jq 'if .findings == [] then 0 else 1 end' "$LAB_DIR/audit.json")
		[[ $3 && $want == 0 ]] && want=3
	fi
	missing=$(jq -r '.incomplete[]' "$LAB_DIR/audit.json")
	if [[ ! $3 && $missing ]] || [[ $missing != *"$3"* ]]; then
		printf 'incomplete: %s\n' "${missing:-nothing}"
		return 1
	fi
	equal "exit code $1" "exit code $want" || { cat "$LAB_DIR/audit.err"; return 1; }
}

# The jq program that keeps what meets the words: of findings with $what "findings", of the reach of
# endpoints with "reach".
# shellcheck disable=SC2016
LAB_AUDIT_JQ='
	def of($name): $name == "any" or if . == null then $name == "host" else
		($name | split(":")) as $part | startswith($part[0] + "/") and
		($part[1] == null or endswith(":" + $part[1])) end;
	def is($want): $want == "any" or . == $want;
	[if $what == "findings" then .findings[] else .endpoints[] | .id as $id | .reach[] | .endpoint = $id end
		| select((.endpoint | of($name)) and (.path | is($path)) and (.in | is($in)) and
			($what == "reach" or (.mechanism | is($mechanism))))]'

# Tells whether some entry of $1 (findings, reach) meets mechanism $2, container $3, path $4, interface
# $5 and test $6; shows what there is about the container otherwise. A test that jq does not
# understand is met by nothing, and says so.
audit_has() {
	local args=(--arg what "$1" --arg mechanism "${2:-any}" --arg name "${3:-any}")
	jq -e "${args[@]}" --arg path "${4:-any}" --arg in "${5:-any}" \
		"$LAB_AUDIT_JQ | any(.[]; ${6:-true})" "$LAB_DIR/audit.json" >/dev/null && return
	jq -c --arg what "$1" --arg mechanism any --arg name "${3:-any}" --arg path any --arg in any \
		"$LAB_AUDIT_JQ"' | .[] | [.endpoint, .kind, .severity, .mechanism, .path, .in, .to, .sources,
		.rule.text]' "$LAB_DIR/audit.json"
	return 1
}

# Tells whether no entry meets the words; arguments as audit_has. A test that jq does not understand
# is an error here as well.
audit_has_none() {
	local found
	found=$(jq -c --arg what "$1" --arg mechanism "${2:-any}" --arg name "${3:-any}" \
		--arg path "${4:-any}" --arg in "${5:-any}" \
		"$LAB_AUDIT_JQ | .[] | select(${6:-true})
			| [.endpoint, .kind, .severity, .mechanism, .path, .in, .to, .sources, .rule.text]" \
		"$LAB_DIR/audit.json" 2>&1) && [[ ! $found ]] && return
	printf '%s\n' "$found"
	return 1
}

# Tells whether there is such a finding: `finding MECHANISM CONTAINER [PATH [IN [TEST]]]`.
finding() {
	audit_has findings "$@"
}

# Tells whether there is no such finding; arguments as finding.
no_finding() {
	audit_has_none findings "$@"
}

# Tells whether a container is reached like that: `reach CONTAINER [PATH [IN [TEST]]]`.
reach() {
	audit_has reach any "$@"
}

# Tells whether it is not; arguments as reach.
no_reach() {
	audit_has_none reach any "$@"
}

# Tells whether a finding of MECHANISM names a rule that contains each TEXT: `rule_mentions MECHANISM
# TEXT...`.
rule_mentions() {
	jq -e --arg mechanism "$1" '[.findings[] | select(.mechanism == $mechanism) | .rule.text // ""]
		| any(.[]; . as $rule | $ARGS.positional | all(.[]; . as $text | $rule | contains($text)))' \
		"$LAB_DIR/audit.json" --args -- "${@:2}" >/dev/null && return
	jq -c --arg mechanism "$1" '.findings[] | select(.mechanism == $mechanism) | .rule' "$LAB_DIR/audit.json"
	return 1
}

# Checks that there is such a finding; arguments as finding.
expect_finding() {
	check "the audit finds $*" finding "$@"
}

# Checks that there is no such finding; arguments as finding.
expect_no_finding() {
	check "the audit does not find $*" no_finding "$@"
}

# Checks that nothing is said against a container: `expect_safe CONTAINER...`.
expect_safe() {
	local name
	for name; do
		check "the audit has nothing against $name" no_finding any "$name"
		check "the audit knows $name" audit_knows "$name"
	done
}

# Tells whether the audit has an endpoint of container $1.
audit_knows() {
	jq -e --arg name "$1" 'any(.endpoints[]; .container == $name)' "$LAB_DIR/audit.json" >/dev/null
}
