#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An engine that hangs, is stopped, or may not be asked: one clear word each, and never "clean".
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Runs seawall as somebody without rights.
nobody() {
	on host setpriv --reuid 65534 --regid 65534 --clear-groups \
		env DOCKER_HOST=unix:///run/docker.sock "${SEAWALL:-$LAB_REPO/build/seawall}" "$@"
}

# Tells whether a command ends with code 3 and says each word: `incomplete "WORDS" CMD...`.
incomplete() {
	local said
	said=$("${@:2}" 2>&1)
	if ! equal "exit code $?" "exit code 3" || ! grep -qE "$1" <<<"${said//$'\n'/ }"; then
		printf '%s\n' "$said"
		return 1
	fi
}

lab_up
container web -p 0.0.0.0:8080:80 || exit
expect_open world tcp "$HOST" 8080
audit --exit 0

# The screen that people see must not have the word for "nothing found".
check "without rights it says sudo" incomplete 'NOT KNOWN.*sudo' nobody audit
check "and does not say that all is well" not grep -q 'ALL AS MEANT' <(nobody audit 2>&1)
check "without rights a capture says sudo" incomplete 'sudo' nobody capture -o /dev/null

engine_freeze
expect_open world tcp "$HOST" 8080
audit --exit 1 --incomplete "hangs"
engine_thaw
audit --exit 0

# The engine is dead, its rules and containers are not: more of that in m41-dead-engine.sh.
engine_kill
expect_open world tcp "$HOST" 8080
audit --exit 1 --incomplete "the engine is stopped"
rm -f "$LAB_ROOT/run/docker.sock"
audit --exit 1 --incomplete "there is no such socket"
check "where nothing tells of an engine" grep -q 'no container engine was found' \
	<(on host "${SEAWALL:-$LAB_REPO/build/seawall}" audit)
expect_open world tcp "$HOST" 8080
