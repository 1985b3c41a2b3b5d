#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A generated Engine API on a unix socket, for measuring with more containers than a machine has.

    engine_server.py SOCKET [--containers N] [--later N] [--pids FILE] [--seconds FILE]

Answers GET like Docker 28, from bytes made beforehand, so that its own time is small; that time is
written to the file of --seconds at the end, to be taken off a measurement. --pids names a file with
a process id a line, which the containers are said to have: their namespaces are real then. Writes
"ready" once it listens; ends with its standard input. For a line "start" there it starts another
container, published on every address from port 20000 on (--later says for how many there are process
ids): it tells of it, and writes when, in seconds of the monotonic clock. For a line "stop" the oldest
of these is no more.
"""
import argparse
import asyncio
import json
import os
import socket
import sys
import time

NETWORK = "4682" * 16
LISTING = "/containers/json?all=1"


def identity(i):
    """The id of a container: 64 hex digits."""
    return f"{i:08x}" * 8


def address(i):
    """The address of a container in 172.16.0.0/12."""
    return f"172.17.{(i + 2) // 256 % 256}.{(i + 2) % 256}"


def attachment(i):
    """How a container stands on the network."""
    return {
        "bridge": {
            "IPAMConfig": None, "Links": None, "Aliases": None, "NetworkID": NETWORK,
            "EndpointID": identity(i), "Gateway": "172.17.0.1", "IPAddress": address(i),
            "IPPrefixLen": 16, "IPv6Gateway": "", "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0, "MacAddress": f"02:42:ac:11:{i // 256 % 256:02x}:{i % 256:02x}",
            "DriverOpts": None, "GwPriority": 0, "DNSNames": None,
        }
    }


def labels(i):
    """The labels that Compose sets."""
    return {
        "com.docker.compose.project": f"project{i // 10}", "com.docker.compose.service": f"s{i % 10}",
        "com.docker.compose.oneoff": "False", "com.docker.compose.version": "2.40.3",
        "com.docker.compose.config-hash": identity(i),
        "com.docker.compose.project.working_dir": f"/srv/project{i // 10}",
        "org.opencontainers.image.title": "a service",
    }


def listed(i, later=None):
    """A container as the list has it; of one that comes later, as which."""
    address, port = ("127.0.0.1", 10000 + i % 50000) if later is None else ("0.0.0.0", 20000 + later % 40000)
    return {
        "Id": identity(i), "Names": [f"/project{i // 10}-s{i % 10}-1"], "Image": "example/service:1",
        "ImageID": "sha256:" + "f2fa" * 16, "Command": "/bin/service --serve", "Created": 1795467757,
        "Ports": [{"IP": address, "PrivatePort": 80, "PublicPort": port, "Type": "tcp"}],
        "Labels": labels(i), "State": "running", "Status": "Up 3 days",
        "HostConfig": {"NetworkMode": "bridge"}, "NetworkSettings": {"Networks": attachment(i)},
        "Mounts": [{"Type": "volume", "Name": "data", "Source": "", "Destination": "/data"}],
    }


def inspected(i, pid, later=None):
    """A container's details, about as long as a real engine's."""
    address, port = ("127.0.0.1", 10000 + i % 50000) if later is None else ("0.0.0.0", 20000 + later % 40000)
    ports = {"80/tcp": [{"HostIp": address, "HostPort": str(port)}], "9090/tcp": None}
    return {
        "Id": identity(i), "Created": "2026-11-23T21:02:34.703400172Z", "Path": "/bin/service",
        "Args": ["--serve"] * 8,
        "State": {"Status": "running", "Running": True, "Paused": False, "Restarting": False,
                  "OOMKilled": False, "Dead": False, "Pid": pid, "ExitCode": 0, "Error": "",
                  "StartedAt": "2026-11-23T21:02:35Z", "FinishedAt": "0001-01-01T00:00:00Z"},
        "Image": "sha256:" + "f2fa" * 16, "ResolvConfPath": "/var/lib/docker/" + identity(i),
        "LogPath": "/var/lib/docker/containers/" + identity(i), "Name": f"/project{i // 10}-s{i % 10}-1",
        "RestartCount": 0, "Driver": "overlay2", "Platform": "linux",
        "HostConfig": {
            "Binds": ["data:/data:rw"], "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}},
            "NetworkMode": "bridge", "PortBindings": {"80/tcp": ports["80/tcp"]}, "CapAdd": None,
            "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}, "Privileged": False,
            "PublishAllPorts": False, "ConsoleSize": [0, 0], "Ulimits": [],
            "MaskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list"] * 2,
            "ReadonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"],
            **{f"Limit{k}": 0 for k in range(30)},
        },
        "GraphDriver": {"Data": {"LowerDir": "/var/lib/docker/overlay2/" + ":".join([identity(i)] * 8)},
                        "Name": "overlay2"},
        "Mounts": [{"Type": "volume", "Name": "data", "Source": "/var/lib/docker/volumes/data/_data",
                    "Destination": "/data", "Driver": "local", "Mode": "rw", "RW": True}],
        "Config": {"Hostname": identity(i)[:12], "Env": [f"VARIABLE_{k}=value" for k in range(20)],
                   "Cmd": ["--serve"], "Image": "example/service:1", "Entrypoint": ["/bin/service"],
                   "ExposedPorts": {"80/tcp": {}, "9090/tcp": {}}, "Labels": labels(i)},
        "NetworkSettings": {"SandboxID": identity(i), "Ports": ports, "SandboxKey": "/run/netns",
                            "Networks": attachment(i)},
    }


def answers(n, later, pids):
    """All answers by path without the version, as whole HTTP responses."""
    found = {
        "/version": {"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24",
                     "Components": [{"Name": "Engine", "Version": "28.5.2"}]},
        "/info": {"ServerVersion": "28.5.2", "OperatingSystem": "generated", "LiveRestoreEnabled": False,
                  "SecurityOptions": [], "Swarm": {"LocalNodeState": "inactive", "ControlAvailable": False},
                  "FirewallBackend": {"Driver": "iptables"}},
        "/networks": [{"Name": "bridge", "Id": NETWORK, "Scope": "local", "Driver": "bridge",
                       "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]},
                       "Options": {"com.docker.network.bridge.name": "docker0"}}],
        LISTING: [listed(i) for i in range(n)],
    }
    for i in range(n):
        pid = pids[i] if i < len(pids) else 0
        found[f"/containers/{identity(i)}/json"] = inspected(i, pid)
    for i in range(n, n + later):
        pid = pids[i] if i < len(pids) else 0
        found[f"/containers/{identity(i)}/json"] = inspected(i, pid, i - n)
    return {path: response(200, json.dumps(value).encode()) for path, value in found.items()}


def response(status, body):
    """A whole HTTP response."""
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Server(asyncio.Protocol):
    """One connection; requests come one at a time on it."""

    found = {}
    n = started = stopped = 0
    listeners = []
    missing = response(404, b'{"message":"page not found"}')

    def connection_made(self, transport):
        self.transport = transport
        self.pending = b""

    def data_received(self, data):
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, self.pending = self.pending.split(b"\r\n\r\n", 1)
            path = head.split(b" ", 2)[1].decode()
            if path.startswith("/v1."):
                path = path[path.index("/", 1):]
            if path.startswith("/events?"):
                Server.listeners.append(self.transport)
                self.transport.write(b"HTTP/1.1 200 -\r\nContent-Type: application/json\r\n\r\n")
            else:
                if path == LISTING and path not in self.found:
                    self.show()
                self.transport.write(self.found.get(path, self.missing))

    @classmethod
    def show(cls):
        """Lists those that run."""
        runs = range(cls.stopped, cls.started)
        listing = [*(listed(i) for i in range(cls.n)), *(listed(cls.n + k, k) for k in runs)]
        cls.found[LISTING] = response(200, json.dumps(listing).encode())

    @classmethod
    def stop(cls):
        """Stops the oldest of those that were started."""
        cls.found.pop(f"/containers/{identity(cls.n + cls.stopped)}/json", None)
        cls.stopped += 1
        cls.found.pop(LISTING, None)

    @classmethod
    def start(cls):
        """Starts one more container."""
        i = cls.n + cls.started
        path = f"/containers/{identity(i)}/json"
        if path not in cls.found:
            cls.found[path] = response(200, json.dumps(inspected(i, 0, cls.started)).encode())
        event = {"Type": "container", "Action": "start", "Actor": {"ID": identity(i), "Attributes": labels(i)}}
        cls.started += 1
        cls.found.pop(LISTING, None)
        print(time.monotonic(), flush=True)
        for listener in cls.listeners:
            listener.write(json.dumps(event).encode() + b"\n")


async def serve(path):
    """Answers until standard input ends."""
    loop = asyncio.get_running_loop()
    listener = socket.socket(socket.AF_UNIX)
    if os.path.exists(path):
        os.unlink(path)
    listener.bind(path)
    listener.listen(128)
    server = await loop.create_unix_server(Server, sock=listener)
    ended = asyncio.Event()

    def take_line():
        if not (line := os.read(sys.stdin.fileno(), 4096)):
            ended.set()
        for word in line.split():
            (Server.stop if word == b"stop" else Server.start)()

    loop.add_reader(sys.stdin.fileno(), take_line)
    print("ready", flush=True)
    before = time.process_time()
    await ended.wait()
    server.close()
    os.unlink(path)
    return time.process_time() - before


def main():
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("socket")
    parser.add_argument("--containers", type=int, default=1000)
    parser.add_argument("--later", type=int, default=0)
    parser.add_argument("--pids")
    parser.add_argument("--seconds")
    options = parser.parse_args()
    pids = []
    if options.pids:
        with open(options.pids, encoding="ascii") as file:
            pids = [int(line) for line in file]
    Server.found = answers(options.containers, options.later, pids)
    Server.n = options.containers
    seconds = asyncio.run(serve(options.socket))
    if options.seconds:
        with open(options.seconds, "w", encoding="ascii") as file:
            print(f"{seconds:.3f}", file=file)


if __name__ == "__main__":
    main()
