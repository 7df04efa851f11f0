#!/usr/bin/env python3
"""dynhost beside inadyn, ddclient and curl: the same job, one machine, one run.

Everything happens in a network and a mount namespace of its own, where `wan0` has a public address,
the lab is the provider, its name is in its own DNS, and its authority is one more in the system's
bundle, which every program reads as it would elsewhere. Writes target/bench/.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

# The source folder stays as it was.
sys.dont_write_bytecode = True

import measures
import report
from installed import installed
from programs import Program, programs
from stage import ROOT, Line, build, replace_in, trust_and_resolve

OUT = os.path.join(ROOT, "target/bench")
RUNS = int(os.environ.get("BENCH_RUNS", "15"))
RESIDENT_SECONDS = int(os.environ.get("BENCH_RESIDENT_SECONDS", "185"))
JOBS = ("update", "idle")
# An earlier mipsel program, to count its instructions in the same run.
MIPS_BEFORE = os.environ.get("BENCH_MIPS_BEFORE")


def main() -> None:
    if sys.argv[1:] != ["inside"]:
        os.makedirs(OUT, exist_ok=True)
        # Its own processes, too: whatever it started ends with it.
        apart = "unshare -rnmpf --kill-child --mount-proc --propagation private".split()
        os.execvp(apart[0], [*apart, sys.executable, __file__, "inside"])
    with tempfile.TemporaryDirectory(prefix="dynhost-bench.") as folder:
        figures = take(folder)
    report.write(OUT, figures)
    print(report.table(figures))


def take(folder: str) -> dict:
    measure = build(folder, "measure.c", ["-static"])
    with Line(folder) as line:
        trust_and_resolve(folder)
        found = programs(folder, binaries())
        figures = {program.name: {} for program in found}
        for program in found:
            say(f"{program.name}: first update")
            program.first_update()
            figures[program.name] = sizes(program)
        residents = start_residents(found)
        for program in found:
            say(f"{program.name}: instructions")
            for job in jobs(program):
                program.restore(job)
                count = measures.instructions(program.pass_words, program.folder)
                figures[program.name].setdefault(job, {})["instructions"] = count
        mips(folder, figures)
        finish_residents(residents, figures)
        say(f"time and memory, {RUNS} runs each")
        repeat(found, measure, line, figures)
        say("round trips, on a line that is made long")
        for program in found:
            figures[program.name]["line"] = line.round_trips(program, measure)
    return {"machine": machine(), "programs": figures}


def binaries() -> dict:
    triple = f"{platform.machine()}-unknown-linux-musl"
    candidates = {
        "dynhost": os.path.join(ROOT, "target/release/dynhost"),
        "dynhost static": os.path.join(ROOT, "target/dist", triple, "dynhost"),
    }
    return {name: path for name, path in candidates.items() if os.path.exists(path)}


def jobs(program: Program) -> tuple:
    return JOBS if program.keeps_state else JOBS[:1]


def repeat(found: list, measure: str, line: "Line", figures: dict) -> None:
    """In turns, so that what else the machine does meets all alike."""
    taken = {}
    for _ in range(RUNS):
        for program in found:
            for job in jobs(program):
                program.restore(job)
                asked = line.requests()
                run = measures.used(measure, program.pass_words, program.folder)
                if line.requests() - asked != (job == "update"):
                    raise measures.Failed(f"{program.name} has not done its {job}")
                for name, value in run.items():
                    taken.setdefault((program.name, job, name), []).append(value)
    for (program, job, name), values in taken.items():
        figures[program].setdefault(job, {})[name] = measures.spread(values)


def sizes(program: Program) -> dict:
    """System calls of each job, and what has to be installed for it."""
    figures = {}
    for job in jobs(program):
        program.restore(job)
        calls = measures.system_calls(program.pass_words, program.folder)
        files = calls.pop("files")
        figures[job] = calls
        if job == "update":
            program_file = os.path.realpath(shutil.which(program.pass_words[0]))
            needed = {program_file, *files}
            figures["needed_bytes"] = sum(os.path.getsize(file) for file in needed)
            figures["needed_files"] = len(needed)
    if program.name.startswith("dynhost"):
        figures["installed_bytes"] = os.path.getsize(program.pass_words[0])
    else:
        figures["installed_bytes"], figures["installed_packages"] = installed(program.name)
    return figures


def start_residents(found: list) -> list:
    say(f"resident services, for {RESIDENT_SECONDS} s beside what follows")
    residents = []
    for program in (program for program in found if program.resident_words):
        program.restore("idle")
        # A state of its own: the passes that are measured meanwhile are held by no lock.
        apart = program.folder + "-resident"
        shutil.copytree(program.folder, apart)
        words = [word.replace(program.folder + "/", apart + "/") for word in program.resident_words]
        for name in os.listdir(apart):
            path = os.path.join(apart, name)
            if name.endswith(".conf"):
                replace_in(path, program.folder + "/", apart + "/")
        residents.append((program.name, measures.Resident(words)))
    time.sleep(5)
    for _, resident in residents:
        resident.begin()
    return residents


def finish_residents(residents: list, figures: dict) -> None:
    for name, resident in residents:
        time.sleep(max(0.0, resident.since + RESIDENT_SECONDS - time.monotonic()))
        figures[name]["resident"] = resident.end()


def mips(folder: str, figures: dict) -> None:
    """Instructions of the router's own binary, which has no AES unit to lean on.

    Little-endian, as qemu-user does not turn round every netlink message for a big-endian one.
    """
    binaries = {"dynhost mips": os.path.join(ROOT, "target/dist/mipsel-unknown-linux-musl/dynhost")}
    if MIPS_BEFORE:
        binaries["dynhost mips before"] = MIPS_BEFORE
    plugin = build(folder, "count.c", ["-shared", "-fPIC"])
    for name, binary in binaries.items():
        say(f"{name}: instructions")
        try:
            counted = mips_jobs(tempfile.mkdtemp(dir=folder), binary, plugin)
        except (OSError, subprocess.CalledProcessError) as error:
            output = getattr(error, "stderr", "")
            say(f"the MIPS binary fails, so it has no figures: {error} {output}")
            continue
        figures[name] = {**counted, "installed_bytes": os.path.getsize(binary)}


def mips_jobs(folder: str, binary: str, plugin: str) -> dict:
    router = programs(folder, {"dynhost": binary})[0]
    counts = os.path.join(folder, "instructions")
    router.pass_words = ["qemu-mipsel", "-plugin", f"{plugin},out={counts}", *router.pass_words]
    router.first_update()
    counted = {}
    for name, job in (*zip(JOBS, JOBS), ("update_one_authority", "update")):
        if name == "update_one_authority":
            provider = "config provider 'lab'\n"
            one = f"{provider}\toption ca_file '{os.path.dirname(folder)}/lab/ca.pem'\n"
            replace_in(os.path.join(router.folder, "dynhost.conf"), provider, one)
        router.restore(job)
        measures.quiet(router.pass_words, check=True)
        counted[name] = {"instructions": measures.counted(counts)}
    return counted


def machine() -> dict:
    version = lambda words: (measures.quiet(words).stdout.splitlines() or ["?"])[0]
    package = lambda name: version(["dpkg-query", "-W", "-f", "${Version}", name])
    return {
        "processor": platform.machine(),
        "runs": RUNS,
        "resident_seconds": RESIDENT_SECONDS,
        "versions": {name: package(name) for name in ("inadyn", "ddclient", "curl")},
    }


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
