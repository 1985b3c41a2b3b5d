#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Labels set on a container are told from its image's, as a real engine hands them out.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
image dressed 'LABEL seawall.allow=world' 'LABEL com.docker.compose.project=shop' \
	'LABEL com.docker.compose.service=db' 'LABEL secret=s3cr3t'
container plain -p 127.0.0.1:80:80 --label seawall.allow=lan --label other=s3cr3t || exit
docker run -d --name evil --label seawall.allow.80=none dressed tcp:80 >/dev/null || exit

seawall capture -o "$LAB_DIR/host.capture"
# Prints the labels that the capture has of the image of a container.
image_labels() {
	local id
	id=$(docker inspect -f '{{.Image}}' "$1")
	jq -rc --arg id "$id" 'select(.document.request == "image") | .document.json |
		select(.Id == $id) | .Config.Labels // {} | keys | join(" ")' "$LAB_DIR/host.capture"
}
check "the dressed image was asked for its own labels" equal "$(image_labels evil)" \
	"com.docker.compose.project com.docker.compose.service seawall.allow"
check "the plain image has none" equal "$(image_labels plain)" ""
check "no other label is in the capture" not grep -q s3cr3t "$LAB_DIR/host.capture"
seawall audit --json >"$LAB_DIR/audit.json"
check "an image's word makes nobody a project's service" equal \
	"$(jq -r '[.endpoints[] | select(.container == "evil") | .project] | unique | join(",")' "$LAB_DIR/audit.json")" ""
