"""What the guests say on their consoles, gathered into rows that pass or fail."""

import statistics
import time

BOOT_SECONDS = 60


class Row:
    """One scenario: passed only if it ended, and nothing in it failed."""

    def __init__(self, name):
        self.name, self.ended, self.seconds = name, False, 0.0
        self.failures, self.numbers = [], {}

    @property
    def passed(self):
        return self.ended and not self.failures

    def at_most(self, key, limit, unit):
        """Fails the row if the median of a number is missing or above its limit."""
        values = self.numbers.get(key)
        if not values:
            self.failures.append(f"no {key} was measured")
        elif statistics.median(values) > limit:
            self.failures.append(f"median {key} {statistics.median(values):g} > {limit} {unit}")

    def measured(self):
        """The numbers in one line: one value as it is, several as median and range."""
        words = []
        for key, values in self.numbers.items():
            text = f"{statistics.median(values):g}"
            if len(values) > 1:
                text += f" (median of {len(values)}, {min(values):g}-{max(values):g})"
            words.append(f"{key} {text}")
        return ", ".join(words)


class Report:
    """Every row of one run, in the order in which they began."""

    def __init__(self):
        self.rows = {}

    def row(self, name):
        return self.rows.setdefault(name, Row(name))

    def expect(self, names):
        """A scenario that nobody saw has failed."""
        for name in names:
            if not (row := self.row(name)).ended:
                row.failures.append("it never ended")

    def take(self, words, prefix=""):
        """Takes one line of a guest, split into words without the @."""
        kind, rest = words[0], words[1:]
        if kind not in ("begin", "end", "fail", "number"):
            return
        row = self.row(prefix + rest[0])
        if kind == "end":
            row.ended, row.seconds = True, int(rest[1]) / 1000
        elif kind == "fail":
            row.failures.append(" ".join(rest[1:]))
        elif kind == "number":
            value = rest[2] if len(rest) > 2 else "nan"
            row.numbers.setdefault(rest[1], []).append(float(value))

    def show(self):
        """Prints the table and returns how many rows failed."""
        width = max(map(len, self.rows), default=0)
        for row in self.rows.values():
            verdict = "PASS" if row.passed else "FAIL"
            print(f"{verdict}  {row.name:{width}}  {row.seconds:8.1f} s  {row.measured()}")
            for failure in row.failures:
                print(f"      {'':{width}}  expected: {failure}")
        failed = sum(not row.passed for row in self.rows.values())
        print(f"{len(self.rows) - failed} passed, {failed} failed")
        return failed


def listen(router, seconds):
    """Yields the words of every @line until the guest is done or off; TimeoutError if late."""
    deadline = time.monotonic() + seconds
    while (line := router.line(deadline - time.monotonic())) is not None:
        if line.startswith("@"):
            words = line[1:].split()
            if words == ["done"]:
                return
            yield words
