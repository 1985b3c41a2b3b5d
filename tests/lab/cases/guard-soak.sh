#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The soak at reduced length (make soak runs all of it): hundreds of containers come and go, the guard's memory stays.
# engines: none
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# What was freed counts as freed, not as kept to be watched.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=0:thread_local_quarantine_size_kb=0
said=$("$LAB_HOME/../bench/soak" --cycles "${LAB_CYCLES:-800}" --growth 5)
check "it does not grow: $said" equal $? 0
check 'containers were let in by their own doors' grep -qE '; [1-9][0-9]* let in by their own doors' <<<"$said"
exit $((LAB_FAILED > 0))
