#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a large ruleset of one of four kinds, always the same for the same numbers.

usage: rules.py department|block|allow|tuples|chains COUNT [--seed N] [--nft] [--edit]

department: a forward chain as a university department grows it: a chain for each of its networks,
            jumped to by interface or by prefix, with state, prefixes, ports and groups of ports, and
            chains of its servers below those
block:      a list of addresses to drop, then everything is let in
allow:      a list of addresses to let in, then everything is dropped
tuples:     rules of source, destination, protocol and both ports that overlap at random
chains:     COUNT rules in COUNT / 50 chains, in nft's own words (for reading)
--edit:     with one rule in the middle that differs
"""
import argparse
import random


def prefix(r, least=8, most=32, base=None):
    """A random IPv4 prefix without host bits."""
    length = r.randint(least, most)
    value = r.getrandbits(32) if base is None else base | r.getrandbits(16)
    value &= (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
    return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}/{length}"


def ports(r):
    """A port or a range of ports."""
    first = r.randint(1, 65535)
    return f"{first}" if r.random() < 0.5 else f"{first}:{min(65535, first + r.randint(1, 2000))}"


def save(chains, lines):
    """The file of iptables-save around chains and rules."""
    yield "*filter"
    yield ":INPUT ACCEPT [0:0]"
    yield ":FORWARD DROP [0:0]"
    yield ":OUTPUT ACCEPT [0:0]"
    yield from (f":{name} - [0:0]" for name in chains)
    yield from lines
    yield "COMMIT"


def department(r, count):
    """The forward chain of a department with count rules."""
    chains, lines = [], ["-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                         "-A FORWARD -m conntrack --ctstate INVALID -j DROP"]
    network = 0
    while len(lines) < count:
        name, base = f"net-{network}", 0x81000000 | (network % 4096) << 12
        own = f"{base >> 24}.{base >> 16 & 255}.{base >> 8 & 255}.0/20"
        chains += [f"{name}-in", f"{name}-out"]
        lines.append(f"-A FORWARD -o vlan{network} -d {own} -j {name}-in")
        lines.append(f"-A FORWARD -i vlan{network} -s {own} -j {name}-out")
        for server in range(r.randint(2, 5)):
            host = base | r.randint(1, 4094)
            chain = f"{name}-srv{server}"
            chains.append(chain)
            lines.append(f"-A {name}-in -d {host >> 24}.{host >> 16 & 255}.{host >> 8 & 255}.{host & 255}/32 -j {chain}")
            for _ in range(r.randint(2, 10)):
                kind, source = r.random(), prefix(r, 12, 30)
                if kind < 0.4:
                    lines.append(f"-A {chain} -s {source} -p tcp -m tcp --dport {ports(r)} -j ACCEPT")
                elif kind < 0.6:
                    lines.append(f"-A {chain} -p tcp -m multiport --dports {r.randint(1, 1023)},{r.randint(1024, 9999)} -j ACCEPT")
                elif kind < 0.8:
                    lines.append(f"-A {chain} -s {source} -j DROP")
                else:
                    lines.append(f"-A {chain} -s {source} -p udp -m udp --dport {ports(r)} -j ACCEPT")
            lines.append(f"-A {chain} -j RETURN")
        lines.append(f"-A {name}-in -p icmp -j ACCEPT")
        lines.append(f"-A {name}-in -j DROP")
        lines.append(f"-A {name}-out -p tcp -m tcp --dport 25 ! -d 129.0.0.0/20 -j REJECT --reject-with icmp-port-unreachable")
        lines.append(f"-A {name}-out -j ACCEPT")
        network += 1
    return save(chains, lines)


def listed(r, count, verdict, rest):
    """A list of count prefixes with one verdict, then the other one for the rest."""
    lines = [f"-A FORWARD -s {prefix(r, 20, 32)} -j {verdict}" for _ in range(count)]
    return save([], lines + [f"-A FORWARD -j {rest}"])


def tuples(r, count):
    """Rules of five values each that overlap."""
    lines = []
    for _ in range(count):
        proto = r.choice(["tcp", "udp"])
        lines.append(f"-A FORWARD -s {prefix(r, 4, 28)} -d {prefix(r, 4, 28)} -p {proto} -m {proto} "
                     f"--sport {ports(r)} --dport {ports(r)} -j {r.choice(['ACCEPT', 'DROP'])}")
    return save([], lines)


def in_chains(r, count):
    """Rules in chains of fifty each, as nft lists them."""
    chains = max(1, count // 50)
    yield "table inet many {"
    for i in range(chains):
        yield f"\tchain c{i} {{"
        for _ in range(50):
            yield f"\t\tip saddr {prefix(r, 9, 32).removesuffix('/32')} tcp dport {r.randint(1, 65535)} counter packets 0 bytes 0 accept"
        yield "\t}"
    yield "\tchain forward {"
    yield "\t\ttype filter hook forward priority filter; policy drop;"
    for i in range(chains):
        yield f"\t\tip daddr 10.{i >> 8}.{i & 255}.0/24 jump c{i}"
    yield "\t}"
    yield "}"


def main():
    """Writes what the arguments ask for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["department", "block", "allow", "tuples", "chains"])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--edit", action="store_true")
    args = parser.parse_args()
    r = random.Random(args.seed)
    made = list({"department": lambda: department(r, args.count),
                 "block": lambda: listed(r, args.count, "DROP", "ACCEPT"),
                 "allow": lambda: listed(r, args.count, "ACCEPT", "DROP"),
                 "tuples": lambda: tuples(r, args.count),
                 "chains": lambda: in_chains(r, args.count)}[args.kind]())
    if args.edit:
        at = next(i for i in range(len(made) // 2, len(made)) if made[i].endswith(("ACCEPT", "DROP")))
        made[at] = made[at].replace("ACCEPT", "XX").replace("DROP", "ACCEPT").replace("XX", "DROP")
    print("\n".join(made))


main()
