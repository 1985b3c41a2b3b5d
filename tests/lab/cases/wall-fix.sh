#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The host of the story is closed by `seawall fix`; `seawall init` writes a policy that opens nothing.
# engines: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"
# shellcheck source=demo/host.sh
. "$LAB_REPO/demo/host.sh"

lab_up
demo_containers && demo_services && demo_firewall || exit
expect_open world tcp "$HOST" 1234
audit
critical() {
	jq '[.findings[] | select(.kind == "exposure" or .kind == "bypass")] | length' "$LAB_DIR/audit.json"
}
check 'there are problems' test "$(critical)" -gt 0

seawall fix >"$LAB_DIR/said" 2>&1
check 'fix ends with 0' ended $? 0
check 'it shows its policy' grep -q '^default: declared' "$LAB_DIR/said"
check 'it says how to keep it' grep -q 'seawall confirm' "$LAB_DIR/said"
seawall confirm >/dev/null
check 'it is kept' equal $? 0
expect_closed world tcp "$HOST" 1234
expect_closed world tcp "$HOST" 8035
expect_closed lan tcp "$HOST_LAN" 1234
expect_open world tcp "$HOST" 443
expect_open world tcp "$HOST" 8080
audit
check 'no way in is left that was not meant' equal "$(critical)" 0
seawall remove >/dev/null

# A first policy.
seawall init -o "$LAB_DIR/policy.yaml" >"$LAB_DIR/said" 2>&1
code=$?
check 'init ends with 0 or 3' test $code -eq 0 -o $code -eq 3
seawall init -o "$LAB_DIR/policy.yaml" >"$LAB_DIR/said" 2>&1
check 'it does not overwrite' equal $? 2
seawall plan "$LAB_DIR/policy.yaml" >"$LAB_DIR/said" 2>&1
check 'its policy can be planned' ended $? 1
check 'status is in it' grep -q '^  - .*status"' "$LAB_DIR/policy.yaml"
check 'what is published on loopback has no line' not grep -q '^  - .*1236' "$LAB_DIR/policy.yaml"
seawall apply "$LAB_DIR/policy.yaml" >"$LAB_DIR/said" 2>&1
check 'and applied' ended $? 0
expect_closed world tcp "$HOST" 1234
expect_open world tcp "$HOST" 8080
seawall remove >/dev/null
