# SPDX-License-Identifier: GPL-2.0-or-later
# Podman as one more engine: rootful, netavark, its Docker-compatible API on its own socket.
# shellcheck shell=bash

# Writes Podman's configuration: no service manager, and limits that a container may keep.
podman_configure() {
	local etc=$LAB_ROOT$LAB_CHROOT/etc/containers
	cat >"$etc/containers.conf" <<-'END'
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
		[network]
		network_backend = "netavark"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "runc"
	END
	cat >"$etc/storage.conf" <<-'END'
		[storage]
		driver = "overlay"
		graphroot = "/var/lib/containers/storage"
		runroot = "/run/containers/storage"
	END
}

# Starts Podman's API and waits until it answers.
podman_start() {
	podman_configure
	in_engine mkdir -p /run/podman
	in_engine setsid podman system service --time=0 unix:///run/podman/podman.sock \
		</dev/null >>"$LAB_DIR/podman.log" 2>&1 &
	wait_until podman_answers || {
		tail -n 20 "$LAB_DIR/podman.log" >&2
		lab_fail "podman did not start"
	}
}

# Tells whether Podman's API answers.
podman_answers() {
	curl -fso /dev/null --unix-socket "$LAB_ROOT/run/podman/podman.sock" http://engine/_ping
}
