#!/usr/bin/env python3
"""Captures what a real kernel answers to the three dumps that src/io/netlink.rs asks for.

Each scene is built from real devices in a network namespace of its own, which ends with it.
usage: capture.py [SCENE...]     needs iproute2, unshare, and user namespaces or root
"""
import fcntl
import os
import socket
import struct
import subprocess
import sys
import time

DUMPS = (18, 22, 26)  # RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE
VETH = "ip link add {0} type veth peer name {0}-far; ip link set {0}-far up; ip link set {0} up"
LOOPBACK = "ip link set lo up"
QUIET = "sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0"

# Commands; `tun NAME` keeps a tun device open, `wait SECONDS` gives the kernel time.
SCENES = {
    "pppoe": [
        LOOPBACK, QUIET,
        "tun pppoe-wan; ip link set pppoe-wan up",
        "ip addr add 81.2.69.10 peer 10.64.0.1/32 dev pppoe-wan",
        "ip addr add 2a01:cb00:1:2::10 peer 2a01:cb00:ffff::1/128 dev pppoe-wan",
        VETH.format("lan0"),
        "ip addr add 192.168.1.1/24 dev lan0",
        "ip route add default via 192.168.1.254 dev lan0 metric 100",
        "ip route add default dev pppoe-wan",
        "ip -6 route add default dev pppoe-wan metric 512",
    ],
    "dual_stack": [
        LOOPBACK, QUIET,
        VETH.format("wan0"),
        "sysctl -qw net.ipv6.conf.wan0.use_tempaddr=2",
        "ip addr add 81.2.69.10/24 dev wan0",
        "ip addr add 81.2.69.11/24 dev wan0",
        "ip addr add 2a01:cb00:1:2::10/64 dev wan0 mngtmpaddr valid_lft 7200 preferred_lft 3600",
        "ip addr add 2a01:cb00:1:2::abc/128 dev wan0 valid_lft 7200 preferred_lft 1800",
        "ip addr add 2a01:cb00:9:9::1/64 dev wan0 valid_lft 7200 preferred_lft 0",
        "ip addr add fd12:3456:789a::1/64 dev wan0",
        "ip route add default via 81.2.69.1 dev wan0",
        "ip -6 route add default from 2a01:cb00:1:2::/64 via fe80::1 dev wan0 metric 512",
    ],
    "tentative": [
        LOOPBACK,
        VETH.format("wan0"),
        "wait 2.5",
        "ip route add default via fe80::1 dev wan0",
        "ip addr add 2a01:cb00:1:2::10/64 dev wan0",
    ],
    "duplicate": [
        LOOPBACK,
        VETH.format("wan0"),
        "ip addr add 2a01:cb00:1:2::10/64 dev wan0-far nodad",
        "wait 2.5",
        "ip addr add 2a01:cb00:1:2::10/64 dev wan0",
        "wait 2.5",
    ],
    "down": [
        LOOPBACK, QUIET,
        VETH.format("wan0"),
        "ip addr add 81.2.69.10/24 dev wan0",
        "ip link set wan0 down",
        VETH.format("wan1"),
        "ip link set wan1-far down",
    ],
    "cgnat": [
        LOOPBACK, QUIET,
        VETH.format("wan0"),
        "ip addr add 100.71.2.3/10 dev wan0",
        "ip addr add fd12:3456:789a::1/64 dev wan0",
        "ip addr add 2a01:cb00:9:9::1/64 dev wan0 valid_lft 7200 preferred_lft 0",
        "ip route add default via 100.64.0.1 dev wan0",
        VETH.format("lte0"),
        "ip addr add 100.80.1.1/10 dev lte0",
        "ip addr add fd99::1/64 dev lte0",
        "ip -6 route add default dev lte0",
    ],
    "prefix_only": [
        LOOPBACK, QUIET,
        VETH.format("wan0"),
        "ip -6 route add default from 2a01:cb00:1:20::/60 via fe80::1 dev wan0 metric 512",
        "ip link add br-lan type bridge; ip link set br-lan up",
        "ip addr add 192.168.1.1/24 dev br-lan",
        "ip addr add 2a01:cb00:1:20::1/60 dev br-lan",
        "ip addr add fd12:3456:789a::1/60 dev br-lan",
    ],
    "several_routes": [
        LOOPBACK, QUIET,
        VETH.format("wan0"),
        VETH.format("wan1"),
        VETH.format("vpn0"),
        "ip addr add 81.2.69.10/24 dev wan0",
        "ip addr add 81.2.70.10/24 dev wan1",
        "ip addr add 81.2.71.10/24 dev vpn0",
        "ip addr add 2a01:cb00:1:2::10/64 dev wan0; ip addr add 2a01:cb00:1:3::10/64 dev wan1",
        "ip route add default metric 10 nexthop via 81.2.70.1 dev wan1 nexthop via 81.2.69.1 dev wan0",
        "ip route add default via 81.2.71.1 dev vpn0 metric 20",
        "ip route add default via 81.2.71.1 dev vpn0 table 100",
        "ip route add default via 81.2.71.1 dev vpn0 table 1000",
        "ip route add unreachable default metric 5",
        "ip -6 route add default metric 10 nexthop via fe80::1 dev wan1 nexthop via fe80::1 dev wan0",
        "ip -6 route add unreachable default metric 4278198272",
    ],
}


def open_tun(name):
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1001))  # TUNSETIFF


def build(scene):
    for command in SCENES[scene]:
        for part in command.split("; "):
            words = part.split()
            if words[0] == "tun":
                open_tun(words[1])
            elif words[0] == "wait":
                time.sleep(float(words[1]))
            else:
                subprocess.run(words, check=True)


def datagrams():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.bind((0, 0))
        for kind in DUMPS:
            kernel.send(struct.pack("=IHHII16x", 32, kind, 0x301, kind, 0))
            while True:
                datagram = kernel.recv(32 * 1024)
                yield datagram
                if struct.unpack_from("=H", datagram, 4)[0] in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
                    break


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        build(sys.argv[2])
        with open(sys.argv[2] + ".bin", "wb") as file:
            for datagram in datagrams():
                file.write(struct.pack("<H", len(datagram)) + datagram)
    else:
        os.chdir(os.path.dirname(os.path.abspath(__file__)))
        for scene in sys.argv[1:] or SCENES:
            command = ["unshare", "-rn", sys.executable, __file__, "--inside", scene]
            subprocess.run(command, check=True)
