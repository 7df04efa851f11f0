#!/usr/bin/env -S python3 -B
"""Boot the emulated router through its scenarios, print a table, fail if any row fails.

run.py WORK AGENT LAB [SCENARIO...]: WORK holds what `fetch` unpacked; SCENARIO is one of
figures, timetable, netifd, cuts, reboots (default: all of them), or drift, which takes minutes.
"""

import concurrent.futures
import pathlib
import sys
import time
import traceback

import emulator
import image
import report
import series

CUT_SEEDS = (1, 2)
CUTS_EACH = 10
# Ends for what hangs. They count the host's time, which says nothing about the agent: a machine
# that compiles beside this needs twice as long, and what is expected of the agent does not change.
FIGURES_SECONDS = 400
TIMETABLE_SECONDS = 900
TOTAL_SECONDS = 1500
TIMETABLE = ("first-boot reconnect lost-ifdown address-change provider-down wrong-line-password "
             "wrong-provider-password bad-configuration faulty-reload stopped flapping silent-change idle "
             "survived")
NETIFD = "prefix-renumbering alias-interface ubusd-restart rpcd doctor"
FIGURES = "first-line reconnect hotplug-script peak-memory flash update-cost"


class Run:
    """What all boots of one run share."""

    def __init__(self, work, images):
        self.work, self.images, self.report = work, images, report.Report()

    def power_on(self, name, memory, options, **settings):
        console = self.work / f"{name}.console"
        return emulator.Router(self.images, memory, console, options, **settings)

    def play(self, scenario, seconds, prefix="", **settings):
        """One boot whose guest tells rows itself; flash is compared where it pauses."""
        name = prefix.strip() + scenario
        memory = self.work / f"{name}.ram"
        emulator.erase_flash(memory)
        router, seen = self.power_on(name, memory, {"scenario": scenario}, **settings), {}
        try:
            for words in report.listen(router, seconds):
                self.report.take(words, prefix)
                if words[0] == "pause":
                    seen[words[1]] = emulator.read_flash(memory)
                    router.send("on")
        except TimeoutError:
            print(f"router: {name} took more than {seconds} s", flush=True)
        finally:
            router.cut()
        return seen


def figures(run, prefix, **settings):
    """The figures in real time, or in virtual time, where a busy host cannot spoil them."""
    flash = run.play("figures", FIGURES_SECONDS, prefix, **settings)
    rows = run.report
    row = rows.row(f"{prefix}flash")
    if len(flash) == 2:
        written = emulator.differing_bytes(flash["flash-before"], flash["flash-after"])
        row.ended, row.numbers["bytes-written"] = True, [written]
        row.at_most("bytes-written", 0, "bytes")
    rows.expect([prefix + name for name in FIGURES.split()])
    rows.row(f"{prefix}reconnect").at_most("ip-up-to-request-ms", 3000, "ms")
    rows.row(f"{prefix}peak-memory").at_most("kB", 4095, "kB")
    if settings:
        rows.row(f"{prefix}hotplug-script").at_most("script-us", 50000, "us")


def timetable(run):
    run.play("timetable", TIMETABLE_SECONDS, clock=emulator.EPOCH, virtual=True)
    run.report.expect(TIMETABLE.split())


def drift(run):
    run.play("drift", TOTAL_SECONDS, clock=emulator.EPOCH, virtual=True)
    run.report.expect(["drifted"])


def netifd(run):
    run.play("netifd", TIMETABLE_SECONDS, clock=emulator.NOON, virtual=True)
    run.report.expect(NETIFD.split())
    run.report.row("rpcd").at_most("peak-kB", 4095, "kB")


def jobs(run, wanted):
    """Everything but the figures in real time, as calls that may run side by side."""
    if "figures" in wanted:
        yield lambda: figures(run, "virtual ", clock=emulator.NOON, virtual=True)
    if "timetable" in wanted:
        yield lambda: timetable(run)
    if "netifd" in wanted:
        yield lambda: netifd(run)
    if "drift" in wanted:
        yield lambda: drift(run)
    if "cuts" in wanted:
        for seed in CUT_SEEDS:
            yield lambda seed=seed: series.power_cuts(run, f"power-cuts-{seed}", seed, CUTS_EACH)
    if "reboots" in wanted:
        yield lambda: series.reboots(run, "reboots-state-on-flash", "flash", [1, 0, 0])
        yield lambda: series.reboots(run, "reboots-state-in-ram", "ram", [1, 1, 1])


def main():
    work, agent, lab = map(pathlib.Path, sys.argv[1:4])
    wanted = sys.argv[4:] or ["figures", "timetable", "netifd", "cuts", "reboots"]
    begun = time.monotonic()
    run = Run(work, image.build(work, agent, lab))
    if "figures" in wanted:
        figures(run, "real ")  # alone, so that the other boots are not measured as well
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(job) for job in jobs(run, wanted)]:
            if error := job.exception():
                traceback.print_exception(error)
                run.report.row("harness").failures.append(str(error))
    total = run.report.row("total time")
    total.ended, total.seconds = True, time.monotonic() - begun
    if total.seconds > TOTAL_SECONDS:
        total.failures.append(f"under {TOTAL_SECONDS} s")
    print("medians where there are several; seconds of the guest, but of the host for cuts, reboots",
          "and total; seeds of the cuts", *CUT_SEEDS)
    return 1 if run.report.show() else 0


if __name__ == "__main__":
    sys.exit(main())
