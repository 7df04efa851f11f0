"""Where the programs play: the line, the lab at its end, and what they find in /etc."""

import json
import os
import subprocess
import sys
import time

import measures
from line import PROVIDER
from programs import Program

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# One way; twice this is far above what the machine's own pace adds.
DELAY_SECONDS = 0.25
LINE_RUNS = 3


class Line:
    """The process that carries packets, and runs the lab at its end."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.join(folder, "lab")
        lab = os.path.join(ROOT, "target/debug/examples/lab")
        here = os.path.dirname(os.path.abspath(__file__))
        os.mkdir(self.folder)
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(here, "line.py"), lab, self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Line":
        ready = os.path.join(self.folder, "ready")
        deadline = time.monotonic() + 30
        while not os.path.exists(ready) or os.path.getsize(ready) == 0:
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit("bench: the lab does not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.wait(10)

    def requests(self) -> int:
        with open(os.path.join(self.folder, "requests.log")) as log:
            return len(log.readlines())

    def command(self, words: str) -> dict:
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def round_trips(self, program: Program, measure: str) -> dict:
        """How much longer an update takes on a longer line, over how much longer the line is."""
        wall_ms = {}
        for delay in (0, DELAY_SECONDS):
            self.command(f"delay {delay}")
            for _ in range(LINE_RUNS):
                program.restore("update")
                run = measures.used(measure, program.pass_words, program.folder)
                wall_ms.setdefault(delay, []).append(run["wall_ms"])
            passed = self.command("delay 0")
        # The least is the one that nothing else on the machine has held up.
        trips = (min(wall_ms[DELAY_SECONDS]) - min(wall_ms[0])) / (2000 * DELAY_SECONDS)
        passed = {name: round(count / LINE_RUNS) for name, count in passed.items()}
        return {"round_trips": round(trips, 1), **passed}


def trust_and_resolve(folder: str) -> None:
    with open(os.path.join(folder, "bundle.pem"), "w") as bundle:
        for path in (BUNDLE, os.path.join(folder, "lab/ca.pem")):
            with open(path) as authorities:
                bundle.write(authorities.read())
    with open(os.path.join(folder, "resolv.conf"), "w") as resolver:
        resolver.write(f"nameserver {PROVIDER}\n")
    for name, over in (("bundle.pem", BUNDLE), ("resolv.conf", "/etc/resolv.conf")):
        over = os.path.realpath(over)
        subprocess.run(["mount", "--bind", os.path.join(folder, name), over], check=True)


def build(folder: str, source: str, flags: list) -> str:
    out = os.path.join(folder, source.removesuffix(".c"))
    source = os.path.join(ROOT, "benches", source)
    subprocess.run(["cc", "-Os", "-Wall", "-Wextra", *flags, "-o", out, source], check=True)
    return out


def replace_in(path: str, old: str, new: str) -> None:
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(text.replace(old, new))
