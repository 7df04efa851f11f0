#!/usr/bin/env python3
"""Variables of 50 routers, as an inventory of Ansible or as netjsonconfig's archives.

    variables.py inventory KEY USER ADDRESS...   an inventory in JSON; the first routers have addresses
    variables.py archives TEMPLATE FOLDER        what netjsonconfig makes of it for each, N.tar.gz
"""

import json
import sys

COUNT = 50
# What a password may hold; netjsonconfig 1.3 stumbles over a backslash in a variable.
ODD = ["it's", '"quoted"', "$(reboot)", "`reboot`", "#no comment", "a b", "<&>;|", "{ brace }", "é", "%s"]
FAMILIES = [["ipv4"], ["ipv6"], ["ipv4", "ipv6"]]


def password(n, more=""):
    return f"{ODD[n % len(ODD)]}-{n}{more}"


def host(n):
    options = {
        "hostname": f"router{n}.example.com",
        "username": f"example.com-router{n}",
        "password": password(n, "\\" if n % 3 == 0 else ""),
        "family": FAMILIES[n % 3],
    }
    if n % 2:
        options["interface"] = ["wan", "wanb"][: 1 + n % 4 // 2]
    return options


def inventory(key, addresses):
    hosts = {}
    for n in range(COUNT):
        hosts[f"router{n}"] = {"dynhost_hosts": {f"name{n}": host(n), f"other{n}": host(n + COUNT)}}
        if n < len(addresses):
            hosts[f"router{n}"]["ansible_host"] = addresses[n]
    routers = dict(list(hosts.items())[: len(addresses)])
    options = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": key,
        "ansible_ssh_common_args": options,
        "ansible_ssh_transfer_method": "piped",
    }
    return {
        "all": {
            "children": {
                "routers": {"hosts": {name: {} for name in routers}, "vars": variables},
                "fleet": {"hosts": hosts},
            }
        }
    }


def environment(n):
    return {
        "dynhost_name": f"router{n}.example.com",
        "dynhost_login": f"example.com-router{n}",
        "dynhost_password": password(n),
    }


def archives(template, folder):
    from netjsonconfig import OpenWrt

    with open(template, encoding="utf-8") as file:
        config = json.load(file)
    for n in range(COUNT):
        OpenWrt(config, context=environment(n)).write(name=str(n), path=folder)


def main():
    if sys.argv[1] == "inventory":
        print(json.dumps(inventory(sys.argv[2], sys.argv[3:]), indent=1))
    else:
        archives(sys.argv[2], sys.argv[3])


if __name__ == "__main__":
    main()
