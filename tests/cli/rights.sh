# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Without rights: what can be known is said, with the word sudo, and exit code 3.

# Runs the program as nobody, in an empty network namespace where that can be made.
as_nobody() {
	if ((EUID)); then
		"$seawall" "$@"
	else
		unshare -n setpriv --reuid=65534 --regid=65534 --clear-groups "$work/seawall" "$@"
	fi
}

# Whether running as nobody gives an exit code and, on either end, a pattern.
nobody_says() {
	local code=$1 pattern=$2
	shift 2
	as_nobody "$@" >screen 2>&1 </dev/null
	(($? == code)) && grep -q "$pattern" screen && ! grep -q Sanitizer screen
}

chmod 755 "$work"
cp "$seawall" "$work/seawall"
holds 'an audit without rights names what is missing' nobody_says 3 'nftables rules needs root'
holds 'an audit without rights says sudo' nobody_says 3 'sudo '
holds 'JSON without rights says sudo on standard error' nobody_says 3 '^seawall: .*sudo ' --json
holds 'a quiet audit without rights says sudo too' nobody_says 3 'sudo ' --quiet
holds 'a capture without rights names what is missing' nobody_says 3 '^seawall: not in the capture' capture
holds 'help needs no rights' nobody_says 0 '^Usage' --help
