"""Boots that follow one another on the same flash: power cuts and reboots.

The world outside must not forget at a cut, so the host keeps it: what the provider was asked
(the guest's second serial line is a file here) and what its records are after that.
"""

import collections
import datetime
import json
import random
import time
import urllib.parse

import emulator
import report

HOSTS = ("home", "office")
FIRST_RECORD = "81.2.69.1"
BOOT_SECONDS = 180  # of the host, however busy: an end for what hangs
# After the names are right the guest changes its address every 2.5 s; the plug goes in that time.
CUT_WITHIN_MICROSECONDS = 11_000_000
CHANGES = 5
# What the agent keeps on flash; a cut may leave a half-written file until the agent starts again.
KEPT = {"state.json", "private/lock", "private/key"}
HALF = {"state.json.tmp", "private/key.tmp", "state.journal"}
SECONDS_BETWEEN_BOOTS = 600

Request = collections.namedtuple("Request", "host address reply")


def read_requests(path):
    """The requests of one boot, in order; a line that the cut tore apart is none."""
    found = []
    for line in path.read_text(errors="replace").splitlines(keepends=True):
        fields = line.rstrip("\r\n").split("\t")
        if len(fields) == 7 and line.endswith("\n"):
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(fields[5]).query)
            host = asked.get("hostname", ["?"])[0].split(".")[0]
            found.append(Request(host, asked.get("myip", ["?"])[0], fields[6]))
    return found


class Line:
    """A router, its line and its provider over several boots."""

    def __init__(self, run, name, seed):
        self.run, self.name, self.random = run, name, random.Random(seed)
        self.memory, self.boots = run.work / f"{name}.ram", 0
        self.records = dict.fromkeys(HOSTS, FIRST_RECORD)
        self.published, self.excused, self.row = {}, 0, run.report.row(name)
        self.had_state = False
        emulator.erase_flash(self.memory)

    def boot(self, pool, changes, state, cut):
        """One boot on the flash as it is; returns the requests that the provider got."""
        self.boots += 1
        asked = self.run.work / f"{self.name}.{self.boots}.requests"
        asked.write_bytes(b"")
        options = {"scenario": "cut", "pool": pool, "rounds": changes, "seed": self.boots,
                   "state": state, **self.records}
        if cut:
            options["cut"] = self.random.randrange(CUT_WITHIN_MICROSECONDS)
        clock = emulator.NOON + datetime.timedelta(seconds=self.boots * SECONDS_BETWEEN_BOOTS)
        router = self.run.power_on(f"{self.name}.{self.boots}", self.memory, options, clock=clock,
                                   virtual=True, second_serial=f"file:{asked}")
        try:
            current = self.follow(router)
        finally:
            router.cut()
        if not current:
            self.fail("the names are right after the boot")
        requests = read_requests(asked)
        self.judge(requests)
        return requests

    def follow(self, router):
        """Reads the guest until its end, or until it is the moment to pull the plug."""
        current = False
        try:
            for words in report.listen(router, BOOT_SECONDS):
                if words[0] == "state":
                    self.read_state(" ".join(words[1:]))
                elif words[0] == "files" and (litter := set(words[1:]) - KEPT - HALF):
                    self.fail(f"no litter beside the state, but {litter}")
                elif words[0] == "left" and (litter := set(words[1:]) - KEPT):
                    self.fail(f"nothing half-written once the agent ran, but {litter}")
                elif words[0] == "current":
                    current = True
                elif words[0] == "cut":
                    break
        except TimeoutError:
            self.fail("the boot ends in time")
        return current

    def read_state(self, text):
        """What flash holds before the agent starts: whole, and there once it was written."""
        self.published = {}
        if not text:
            if self.had_state:
                self.fail("the state is still there")
            return
        try:
            state = json.loads(text)
            for record in state["records"]:
                # What was on its way at the cut may have arrived or not: asking again is right.
                if record["published"] and not record["in_doubt"]:
                    self.published[record["host"]] = record["published"]["address"]
            self.had_state = True
        except (ValueError, KeyError, TypeError) as error:
            self.fail(f"the state is whole: {error}: {text[:80]}")

    def judge(self, requests):
        """Sent twice is needless if the agent knew: from its state at boot, or in this boot."""
        known = dict(self.published)
        for request in requests:
            if known.get(request.host) == request.address:
                self.fail(f"{request.host} {request.address} is not sent twice")
            elif self.records[request.host] == request.address:
                self.excused += 1
            if "good" in request.reply or "nochg" in request.reply:
                self.records[request.host] = known[request.host] = request.address
            else:
                self.fail(f"the provider is content with {request}")

    def fail(self, text):
        self.row.failures.append(f"boot {self.boots}: {text}")

    def finish(self, **numbers):
        self.row.ended = True
        for key, value in numbers.items():
            self.row.numbers.setdefault(key.replace("_", "-"), []).append(value)


def power_cuts(run, name, seed, cuts):
    """Cut, boot, look, cut again; the last boot runs to its end."""
    line, begun = Line(run, name, seed), time.monotonic()
    for cut in range(cuts + 1):
        # Half of the lines give the same address again.
        new = cut == 0 or line.random.random() < 0.5
        pool = f"81.2.69.{10 + line.boots}" if new else line.records["home"]
        last = cut == cuts
        line.boot(pool, 0 if last else CHANGES, "flash", not last)
    if not line.had_state:
        line.fail("there was a state to look at")
    line.row.seconds = time.monotonic() - begun
    line.finish(cuts=cuts, sent_again_unacknowledged=line.excused)


def reboots(run, name, state, expected):
    """Two reboots with the same address: so many requests a host in each of the three boots."""
    line, begun = Line(run, name, 0), time.monotonic()
    sent = []
    for _ in expected:
        sent.append(len(line.boot("81.2.69.10", 0, state, False)) / len(HOSTS))
    if sent != expected:
        line.fail(f"requests for each name in the three boots {expected}, not {sent}")
    line.row.seconds = time.monotonic() - begun
    line.finish(requests_for_each_name=sum(sent))
