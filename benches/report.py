"""The figures as a table, as JSON and as a chart."""

import json
import math
import os

# (what it is called, where it is in the figures, unit and divisor)
ROWS = [
    ("installed, dependencies included", "installed_bytes", "KB", 1000),
    ("files an update needs, libc aside", "needed_bytes", "KB", 1000),
    ("update: wall time", "update.wall_ms.median", "ms", 1),
    ("update: CPU time", "update.cpu_ms.median", "ms", 1),
    ("update: instructions", "update.instructions", "M", 1e6),
    ("update: peak memory", "update.peak_kib.median", "KiB", 1),
    ("update: system calls", "update.system_calls", "", 1),
    ("update: round trips (floor 4)", "line.round_trips", "", 1),
    ("update: bytes on the line", "line.bytes", "", 1),
    ("nothing to do: wall time", "idle.wall_ms.median", "ms", 1),
    ("nothing to do: CPU time", "idle.cpu_ms.median", "ms", 1),
    ("nothing to do: instructions", "idle.instructions", "M", 1e6),
    ("nothing to do: peak memory", "idle.peak_kib.median", "KiB", 1),
    ("nothing to do: system calls", "idle.system_calls", "", 1),
    ("nothing to do: network calls", "idle.network_calls", "", 1),
    ("service: resident memory", "resident.resident_kib", "KiB", 1),
    ("service: of that heap, stack, data", "resident.resident_anonymous_kib", "KiB", 1),
    ("service: wake-ups per hour", "resident.wakes_per_hour", "", 1),
]
CHART = [
    "installed_bytes",
    "needed_bytes",
    "update.cpu_ms.median",
    "update.instructions",
    "update.peak_kib.median",
    "idle.cpu_ms.median",
    "idle.peak_kib.median",
    "resident.resident_kib",
    "resident.wakes_per_hour",
]
# What is asked for: (row, at most this many times inadyn's).
AIMS = [
    ("update.peak_kib.median", 0.6),
    ("idle.cpu_ms.median", 0.5),
    ("installed_bytes", 0.3),
    ("needed_bytes", 0.3),
]
MEASURE = "inadyn"


def value(figures: dict, program: str, path: str):
    found = figures["programs"].get(program, {})
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def ratio(figures: dict, program: str, path: str):
    ours, theirs = value(figures, program, path), value(figures, MEASURE, path)
    return ours / theirs if ours is not None and theirs else None


def table(figures: dict) -> str:
    """Markdown: each row with the values, and in brackets the ratio to inadyn's."""
    columns = [name for name in figures["programs"] if not name.startswith("dynhost mips")]
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for title, path, unit, divisor in ROWS:
        cells = [cell(figures, program, path, unit, divisor) for program in columns]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    for path, limit in AIMS:
        title = next(row[0] for row in ROWS if row[1] == path)
        for program in columns:
            times = ratio(figures, program, path)
            if program.startswith("dynhost") and times is not None:
                met = "met" if times <= limit else "not met"
                lines.append(f"\naim: {title}, {program}: {times:.2f} of {MEASURE}'s, {limit}: {met}")
    for program in columns:
        calls = value(figures, program, "idle.network_calls")
        if program.startswith("dynhost"):
            met = "met" if calls == 0 else "not met"
            lines.append(f"\naim: nothing to do: network calls, {program}: {calls}, 0: {met}")
    for program in figures["programs"]:
        if program.startswith("dynhost mips"):
            lines.append(mips(program, figures["programs"][program]))
    return "\n".join(lines)


def mips(name: str, figures: dict) -> str:
    jobs = ("update", "update_one_authority", "idle")
    update, one, idle = (figures[job]["instructions"] / 1e6 for job in jobs)
    return (
        f"\n{name}, {figures['installed_bytes']} bytes: {update:.1f} M instructions an update,"
        f" {one:.1f} M with one authority in ca_file, {idle:.2f} M with nothing to do"
    )


def cell(figures: dict, program: str, path: str, unit: str, divisor: float) -> str:
    found = value(figures, program, path)
    if found is None:
        return "–"
    number = found / divisor
    shown = f"{number:.0f}" if number >= 100 or number == int(number) else f"{number:.2g}"
    if 10 <= number < 100 and number != int(number):
        shown = f"{number:.0f}"
    text = f"{shown} {unit}".strip()
    times = ratio(figures, program, path)
    if program == MEASURE or times is None:
        return text
    return f"{text} ({times:.2f})"


def ratios(figures: dict) -> dict:
    found = {}
    for program in figures["programs"]:
        times = {path: ratio(figures, program, path) for _, path, _, _ in ROWS}
        known = {path: round(value, 3) for path, value in times.items() if value is not None}
        found[program] = known
    return found


def write(folder: str, figures: dict) -> None:
    figures = {**figures, f"times_{MEASURE}": ratios(figures)}
    with open(os.path.join(folder, "results.json"), "w") as file:
        json.dump(figures, file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, "chart.svg"), "w") as file:
        file.write(chart(figures))


WIDTH, LEFT, BAR, GAP, TOP = 760, 260, 12, 14, 64
# Ratios from a thousandth to a thousand times inadyn's, on a logarithmic scale.
DECADES = (-3, 3)
COLOURS = {"dynhost": "#1a7f5a", "dynhost static": "#5fb28d", "ddclient": "#c58b3b", "curl": "#8a8f98"}


def chart(figures: dict) -> str:
    """Bars of ratios to inadyn's, as SVG: to the left is less than inadyn, to the right more."""
    programs = [name for name in figures["programs"] if name in COLOURS]
    parts, y = [], TOP
    for path in CHART:
        title = next(row[0] for row in ROWS if row[1] == path)
        bars = [(name, ratio(figures, name, path)) for name in programs]
        bars = [(name, times) for name, times in bars if times is not None]
        middle = y + len(bars) * BAR / 2 + 4
        parts.append(f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{title}</text>')
        for name, times in bars:
            parts.append(bar(y, times, COLOURS[name]))
            y += BAR
        y += GAP
    one = across(1)
    parts.append(f'<line x1="{one:.1f}" y1="{TOP - 8}" x2="{one:.1f}" y2="{y - 4}" stroke="#444"/>')
    parts.append(f'<text x="{one:.1f}" y="{TOP - 12}" text-anchor="middle">inadyn = 1</text>')
    x = 12
    for name in programs:
        parts.append(f'<rect x="{x}" y="14" width="10" height="10" fill="{COLOURS[name]}"/>')
        parts.append(f'<text x="{x + 15}" y="23">{name}</text>')
        x += 40 + 8 * len(name)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}">'
    style = "<style>text{font:12px sans-serif;fill:#222}text.n{font-size:10px}</style>"
    ground = f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>'
    return "\n".join([head, style, ground, *parts, "</svg>"]) + "\n"


def across(times: float) -> float:
    times = min(max(times, 10 ** DECADES[0]), 10 ** DECADES[1])
    share = (math.log10(times) - DECADES[0]) / (DECADES[1] - DECADES[0])
    return LEFT + (WIDTH - LEFT - 20) * share


def bar(y: int, times: float, colour: str) -> str:
    one, end = across(1), across(times)
    left, width = min(one, end), abs(end - one)
    shown = f"{times:.0f}" if times >= 10 or times == 0 else f"{times:.2g}"
    x, anchor = (end - 4, "end") if times < 1 else (end + 4, "start")
    if x < LEFT + 30:
        x, anchor = one + 4, "start"
    return (
        f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" height="{BAR - 2}" fill="{colour}"/>'
        f'<text x="{x:.1f}" y="{y + 9}" text-anchor="{anchor}" class="n">{shown}</text>'
    )
