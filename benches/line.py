"""The line between the programs and the provider, which can be made long.

Two TUN devices, one in the network of the programs (`wan0`) and one in a network of the lab's own,
with this process carrying packets between them. The delay makes round trips countable from
outside: what an update takes longer on a longer line, over what the line is longer, is how often
it waited for the other side. What passed is counted, too.

Reads commands from standard input, one a line, and answers each with a line of JSON: `delay
SECONDS` (one way), `count` (what passed since the last time).
"""

import ctypes
import fcntl
import heapq
import json
import os
import select
import struct
import subprocess
import sys
import time

WAN = "81.2.69.10"
PROVIDER = "81.2.69.1"
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x1, 0x1000
SYN, ACK = 0x02, 0x10


def tun(name: str, address: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    # Without IPv6 there is nothing on the line but what the programs send.
    with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as switch:
        switch.write("1")
    ip = f"link set lo up; address add {address}/24 dev {name}; link set {name} up"
    for words in [*ip.split("; "), f"route add default dev {name}"]:
        subprocess.run(["ip", *words.split()], check=True)
    return device


def main() -> None:
    lab, folder = sys.argv[1:]
    near = tun("wan0", WAN)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        sys.exit("line: cannot make a network for the lab")
    far = tun("isp0", PROVIDER)
    with open(os.path.join(folder, "ready"), "w") as ready:
        server = subprocess.Popen(
            [lab, "serve", "--dir", folder, "--https", f"{PROVIDER}:443", "--dns", f"{PROVIDER}:53"],
            stdin=subprocess.DEVNULL,
            stdout=ready,
        )
    try:
        carry(near, far)
    finally:
        server.kill()
        server.wait()


def carry(near: int, far: int) -> None:
    """Until standard input ends."""
    delay, waiting, order, passed = 0.0, [], 0, fresh()
    other = {near: far, far: near}
    while True:
        wait = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for ready in select.select([near, far, 0], [], [], wait)[0]:
            if ready == 0:
                words = os.read(0, 100).decode().split()
                if not words:
                    return
                if words[0] == "delay":
                    delay = float(words[1])
                print(json.dumps(passed), flush=True)
                passed = fresh()
                continue
            packet = os.read(ready, 65536)
            note(passed, packet, ready == near)
            if delay == 0.0:
                os.write(other[ready], packet)
                continue
            order += 1
            heapq.heappush(waiting, (time.monotonic() + delay, order, other[ready], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(waiting)
            os.write(device, packet)


def fresh() -> dict:
    return {"packets": 0, "bytes": 0, "dns_questions": 0, "tcp_connections": 0}


def note(passed: dict, packet: bytes, outward: bool) -> None:
    """Counts one IPv4 packet."""
    passed["packets"] += 1
    passed["bytes"] += len(packet)
    if not outward or packet[0] >> 4 != 4:
        return
    transport = packet[(packet[0] & 0xF) * 4 :]
    if packet[9] == 17 and transport[2:4] == b"\0\x35":
        passed["dns_questions"] += 1
    if packet[9] == 6 and transport[13] & (SYN | ACK) == SYN:
        passed["tcp_connections"] += 1


if __name__ == "__main__":
    main()
