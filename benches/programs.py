"""What is measured, how it is set up for the same job, and how a run starts from the same past."""

import os
import re
import shutil
from dataclasses import dataclass, field

from measures import quiet
from line import PROVIDER, WAN

HOSTNAME, LOGIN, PASSWORD = "home.example.com", "example.com-home", "secret"
NAME = "provider.lab"
# What the programs believe was published before, so that the address of the line is news.
BEFORE = "81.2.69.77"
PATH = "/nic/update?system=dyndns&hostname={hostname}&myip={address}"

DYNHOST = """config provider 'lab'
	option url 'https://{name}{path}'
config host 'home'
	option hostname '{hostname}'
	option username '{login}'
	option password '{password}'
	option provider 'lab'
"""
INADYN = """iface = wan0
custom default@lab {{
	ddns-server = {name}
	ddns-path = "/nic/update?system=dyndns&hostname=%h&myip=%i"
	username = {login}
	password = {password}
	hostname = {hostname}
}}
"""
DDCLIENT = """daemon=300
ssl=yes
ssl_ca_file=/etc/ssl/certs/ca-certificates.crt
cache={folder}/state/cache
pid={folder}/pid
use=if, if=wan0
protocol=dyndns2
server={name}
login={login}
password={password}
{hostname}
"""


@dataclass
class Program:
    """One program, set up in a folder of its own."""

    name: str
    pass_words: list
    folder: str
    resident_words: list = field(default_factory=list)
    # How the state after an update becomes one from before it: (pattern, what stands in for it).
    aged: list = field(default_factory=list)
    keeps_state: bool = True

    @property
    def state(self) -> str:
        return os.path.join(self.folder, "state")

    def first_update(self) -> None:
        """One update from nothing, and the state it leaves: as it is and as it would be before."""
        quiet(self.pass_words, check=True)
        if not self.keeps_state:
            return
        for kind in ("idle", "update"):
            shutil.copytree(self.state, self.state + "." + kind)
        for folder, _, names in os.walk(self.state + ".update"):
            for name in names:
                self.age(os.path.join(folder, name))

    def age(self, path: str) -> None:
        with open(path, "rb") as file:
            content = file.read()
        for pattern, instead in self.aged:
            content = re.sub(pattern, instead, content)
        with open(path, "wb") as file:
            file.write(content)

    def restore(self, job: str) -> None:
        """The past that a run of this job starts from."""
        if self.keeps_state:
            shutil.rmtree(self.state)
            shutil.copytree(self.state + "." + job, self.state)


def programs(folder: str, binaries: dict) -> list:
    """Every program of this run; `binaries` are dynhost's by the name they are shown under."""
    found = [dynhost(name, path, make(folder, name)) for name, path in binaries.items()]
    found += [inadyn(make(folder, "inadyn")), ddclient(make(folder, "ddclient"))]
    return [*found, curl(make(folder, "curl"))]


def dynhost(name: str, binary: str, folder: str) -> Program:
    config = write(folder, "dynhost.conf", DYNHOST)
    words = [binary, "--config", config, "--state-dir", folder + "/state"]
    aged = [(rb'"published":\{"address":"[^"]*"', b'"published":{"address":"%b"' % BEFORE.encode())]
    aged.append((rb'"(bucket_full_at)":\d+', rb'"\1":null'))
    return Program(name, [*words, "update"], folder, [*words, "run"], aged)


def inadyn(folder: str) -> Program:
    config = write(folder, "inadyn.conf", INADYN)
    words = ["inadyn", "--foreground", "--config", config, "--cache-dir", folder + "/state"]
    words += ["--pidfile", folder + "/pid", "--loglevel", "notice"]
    aged = [(WAN.encode(), BEFORE.encode())]
    return Program("inadyn", [*words, "--once"], folder, words, aged)


def ddclient(folder: str) -> Program:
    config = write(folder, "ddclient.conf", DDCLIENT)
    words = ["ddclient", "-file", config]
    # It sends nothing within 30 s of the last update, so that one lies a day back.
    aged = [(WAN.encode(), BEFORE.encode()), (rb"mtime=\d+", b"mtime=1700000000")]
    resident = [*words, "-foreground"]
    return Program("ddclient", [*words, "-daemon=0"], folder, resident, aged)


def curl(folder: str) -> Program:
    """The same GET, with the address already known: no address to find, nothing to remember."""
    url = f"https://{NAME}" + PATH.format(hostname=HOSTNAME, address=WAN)
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    words = ["curl", "-sS", "--cacert", bundle, "-u", f"{LOGIN}:{PASSWORD}", url]
    return Program("curl", words, folder, keeps_state=False)


def make(folder: str, name: str) -> str:
    path = os.path.join(folder, name.replace(" ", "-"))
    os.makedirs(os.path.join(path, "state"))
    return path


def write(folder: str, name: str, text: str) -> str:
    path = os.path.join(folder, name)
    values = {"hostname": HOSTNAME, "login": LOGIN, "password": PASSWORD, "name": NAME}
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        # {hostname} and {address} of the path are for the program to fill in.
        file.write(text.format(folder=folder, path=PATH, provider=PROVIDER, **values))
    return path
