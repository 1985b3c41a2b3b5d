# SPDX-License-Identifier: GPL-2.0-or-later
# Senders that do not stop, and what of it came to whom.
# shellcheck shell=bash

# Prints a program that sends datagrams to ports of addresses, or asks for connections of TCP many at a
# time, round and round, until it is killed or its seconds are over; it says how many:
# flood.py udp|tcp SECONDS TO...
flood() {
	cat <<-'END'
		import collections, signal, socket, sys, time
		udp, n, asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0, collections.deque()
		udp.setblocking(False)
		def end(*_):
		    print(n)
		    sys.stdout.flush()
		    sys.exit(0)
		def send(target):
		    try:
		        udp.sendto(b"x", target)
		        return 1
		    except OSError:
		        return 0
		def ask(target):
		    out = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
		    out.setblocking(False)
		    out.connect_ex(target)
		    asked.append(out)
		    if len(asked) > 500:
		        asked.popleft().close()
		    return 1
		signal.signal(signal.SIGTERM, end)
		signal.signal(signal.SIGALRM, end)
		signal.alarm(int(sys.argv[2]))
		targets = [(a, int(p)) for a, p in (t.rsplit(":", 1) for t in sys.argv[3:])]
		step = send if sys.argv[1] == "udp" else ask
		while True:
		    for target in targets:
		        n += step(target)
		    # The processors are for those who open and close, too.
		    time.sleep(0.001)
	END
}

# Prints a program that asks a port for a connection each 10 ms and writes down, a line each, when it
# asked and whether it was let in within 300 ms: beat.py ADDRESS PORT FILE
beat() {
	cat <<-'END'
		import selectors, socket, sys, time
		address, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
		waiting, pick = {}, selectors.DefaultSelector()
		with open(path, "w", buffering=1) as out:
		    def told(ask, word):
		        print(f"{waiting.pop(ask):.3f} {word}", file=out)
		        pick.unregister(ask)
		        ask.close()
		    while True:
		        begun = time.time()
		        ask = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
		        ask.setblocking(False)
		        if ask.connect_ex((address, port)) in (0, 115):
		            waiting[ask] = begun
		            pick.register(ask, selectors.EVENT_WRITE)
		        else:
		            print(f"{begun:.3f} no", file=out)
		            ask.close()
		        while time.time() < begun + 0.01:
		            for key, _ in pick.select(max(0, begun + 0.01 - time.time())):
		                bad = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
		                told(key.fileobj, "no" if bad else "in")
		        for late in [a for a, when in waiting.items() if when < begun - 0.3]:
		            told(late, "no")
	END
}

# Prints what came to a container that nobody outside may reach. A sender whose flow began before the
# container did is relayed by the engine's proxy, from the bridge's own address, until the wall knows
# that socket: this is counted apart.
from_outside() {
	{
		arrivals "$1" 53/udp
		arrivals "$1" 80/tcp
	} 2>/dev/null | grep -cvE '^(udp/53|tcp/80) 172\.(1[6-9]|2[0-9]|3[01])\.0\.1:'
}
