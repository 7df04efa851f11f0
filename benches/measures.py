"""One number after another: how each is taken."""

import glob
import os
import re
import statistics
import subprocess
import time

LIBC = re.compile(r"/(libc|libm|libdl|libpthread|ld-linux[^/]*)\.so|/ld\.so\.cache|/gconv/|/locale/")
NETWORK = {"socket", "connect", "bind", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg"}
NETWORK |= {"recvmmsg", "getsockopt", "setsockopt", "getsockname", "getpeername"}
TIMEOUT_SECONDS = 120


class Failed(Exception):
    """A program did not do its job, so that its figures mean nothing."""


def quiet(words: list, **more) -> subprocess.CompletedProcess:
    return subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, **more)


def used(measure: str, words: list, folder: str) -> dict:
    """Wall time, CPU and peak memory of one run."""
    out = os.path.join(folder, "used")
    run = quiet([measure, out, *words])
    with open(out) as file:
        wall_ns, user_us, system_us, peak_kib, code = map(int, file.read().split())
    if code != 0:
        raise Failed(f"{words[0]} ended with {code}: {run.stdout}{run.stderr}")
    cpu_ms = (user_us + system_us) / 1000
    return {"wall_ms": wall_ns / 1e6, "cpu_ms": cpu_ms, "peak_kib": peak_kib}


def spread(values: list) -> dict:
    """The median, with what half of the runs lie between."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": round(middle, 3), "from": round(low, 3), "to": round(high, 3)}


def system_calls(words: list, folder: str) -> dict:
    """How many, how many of the network (netlink and the log's socket aside), which files."""
    out = os.path.join(folder, "strace")
    quiet(["strace", "-f", "-yy", "-o", out, *words], check=True)
    calls, network, files, first = 0, 0, set(), None
    with open(out, errors="replace") as lines:
        for line in lines:
            found = re.match(r"(\d+) +(\w+)\((.*)", line)
            if not found:
                continue
            pid, name, rest = found.groups()
            first = first or pid
            calls += 1
            network += name in NETWORK and not re.search("NETLINK|UNIX", rest)
            opened = re.match(r'AT_FDCWD[^,]*, "([^"]+)".* = \d', rest) if name == "openat" else None
            if opened and pid == first and opened[1].startswith(("/usr/", "/lib")):
                files.add(os.path.realpath(opened[1]))
    files = {file for file in files if os.path.isfile(file) and not LIBC.search(file)}
    files = {file for file in files if not file.endswith(".crt")}
    return {"system_calls": calls, "network_calls": network, "files": sorted(files)}


def instructions(words: list, folder: str) -> int:
    """As callgrind counts them, of the program and of those that it starts."""
    for old in glob.glob(os.path.join(folder, "callgrind.*")):
        os.remove(old)
    log, out = (os.path.join(folder, f"callgrind.{name}.%p") for name in ("log", "out"))
    tool = ["valgrind", "--tool=callgrind", "--trace-children=yes", f"--log-file={log}"]
    quiet([*tool, f"--callgrind-out-file={out}", *words], check=True)
    total = 0
    for path in glob.glob(os.path.join(folder, "callgrind.log.*")):
        with open(path) as file:
            total += sum(int(number) for number in re.findall(r"Collected : (\d+)", file.read()))
    return total


def counted(path: str) -> int:
    """What benches/count.c wrote."""
    with open(path) as file:
        return int(re.search(r"instructions (\d+)", file.read())[1])


class Resident:
    """A service that stays, watched from its first quiet moment."""

    def __init__(self, words: list) -> None:
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def begin(self) -> None:
        self.since, self.switches = time.monotonic(), self.wakes()

    def end(self) -> dict:
        seconds, wakes = time.monotonic() - self.since, self.wakes() - self.switches
        memory = self.memory()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return {**memory, "wakes_per_hour": round(wakes * 3600 / seconds)}

    def wakes(self) -> int:
        """How often its threads went to sleep of their own will, and woke up again."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/status"):
            with open(path) as file:
                total += int(re.search(r"\nvoluntary_ctxt_switches:\s*(\d+)", file.read())[1])
        return total

    def memory(self) -> dict:
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            text = file.read()
        kib = lambda name: int(re.search(rf"\n{name}:\s*(\d+)", text)[1])
        return {"resident_kib": kib("Rss"), "resident_anonymous_kib": kib("Anonymous")}
