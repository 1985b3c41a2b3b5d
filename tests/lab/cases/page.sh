#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The story's host as a page and as SARIF: the same facts as the JSON, and nothing that could be loaded.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"
# shellcheck source=demo/host.sh
. "$LAB_REPO/demo/host.sh"

lab_up
demo_containers && demo_services && demo_firewall || exit

page=$LAB_DIR/page.html
on host "$SEAWALL" audit --json --html "$page" >"$LAB_DIR/audit.json"
check "the page does not change the exit code" equal "$?" 1
check "the page is nobody else's to read" equal "$(stat -c %a "$page")" 600
sed -n '/<script type="application\/json" id="data">/,/<\/script>/p' "$page" |
	sed -e '1s/.*id="data">//' -e 's,</script>.*,,' >"$LAB_DIR/page.json"
check "the page holds the audit that was printed" cmp <(jq -S . "$LAB_DIR/audit.json") <(jq -S . "$LAB_DIR/page.json")
check "nothing on it is loaded" equal "$(grep -Eci '(src|href)=|@import|url\(' "$page")" 0

# Many ways are one problem: none of them may look as if it were meant.
check "each way to what is this host's only is a problem" jq -es '.[0].endpoints | map(select(.container == "service-1234")) |
	length == 1 and (.[0].reach | length > 10 and all(.problem != null))' "$LAB_DIR/audit.json"
check "and what is open on purpose is none" jq -es '.[0].endpoints | map(select(.container == "status")) |
	.[0].reach | any(.path == "published" and .problem == null)' "$LAB_DIR/audit.json"

on host "$SEAWALL" audit --sarif >"$LAB_DIR/audit.sarif"
check "SARIF does not change the exit code" equal "$?" 1
check "a result for each finding" equal "$(jq '.runs[0].results | length' "$LAB_DIR/audit.sarif")" \
	"$(jq '.findings | length' "$LAB_DIR/audit.json")"
# shellcheck disable=SC2016
check "each result names a rule that is there" jq -e '.runs[0] | .tool.driver.rules as $rules |
	all(.results[]; $rules[.ruleIndex].id == .ruleId)' "$LAB_DIR/audit.sarif"

# What cannot be written is said, and the old page stays.
on host sh -c 'mount -t tmpfs -o size=64k none /mnt && echo old >/mnt/page.html'
on host "$SEAWALL" audit --quiet --html /mnt/page.html >/dev/null 2>"$LAB_DIR/full"
check "a full disk is exit code 2" equal "$?" 2
check "and is said" grep -q "/mnt/page.html: No space left on device; no page was written" "$LAB_DIR/full"
check "and the old page is there, alone" equal "$(on host sh -c 'cat /mnt/*')" old
