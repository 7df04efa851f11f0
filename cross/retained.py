#!/usr/bin/env python3
"""Prints what each function keeps alive: its own bytes and those that would go with it.

usage: cross/retained.py OBJECT [ROWS]

OBJECT is the one object of a fat LTO build, a section per function (`-C save-temps` leaves it in
target/cross/TRIPLE/release/deps/*.rcgu.o). A section's relocations are its edges; what a function
retains is its subtree in the dominator tree from `main`. 32-bit ELF of either byte order.
"""

import collections
import struct
import subprocess
import sys

RELA, SYMTAB, REL, SYMTAB_SHNDX = 4, 2, 9, 18
ALLOCATED = 2
XINDEX = 0xFFFF


class Object:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        self.order = "<" if self.bytes[5] == 1 else ">"
        (table,) = self.unpack("I", 0x20)
        width, count, names = self.unpack("HHH", 0x2E)
        first = self.unpack("10I", table)
        count = count or first[5]
        names = first[6] if names == XINDEX else names
        self.sections = [self.unpack("10I", table + i * width) for i in range(count)]
        self.names = [self.text(names, section[0]) for section in self.sections]
        self.read_symbols()

    def unpack(self, form, at):
        return struct.unpack_from(self.order + form, self.bytes, at)

    def text(self, section, at):
        start = self.sections[section][4] + at
        return self.bytes[start : self.bytes.index(b"\0", start)].decode()

    def of_type(self, *types):
        return [section for section in self.sections if section[1] in types]

    def read_symbols(self):
        """The section of every symbol, and the name of the first one in each section."""
        (table,) = self.of_type(SYMTAB)
        extended = [self.unpack(f"{s[5] // 4}I", s[4]) for s in self.of_type(SYMTAB_SHNDX)]
        self.symbols = []
        for i in range(table[5] // 16):
            name, _, _, info, _, section = self.unpack("IIIBBH", table[4] + 16 * i)
            if section == XINDEX and extended:
                section = extended[0][i]
            self.symbols.append(section)
            if info & 15 in (1, 2) and 0 < section < len(self.names):
                text = self.text(table[6], name)
                if self.names[section].startswith("."):
                    self.names[section] = text

    def edges(self):
        edges = collections.defaultdict(set)
        for section in self.of_type(REL, RELA):
            width = 8 if section[1] == REL else 12
            for at in range(section[4], section[4] + section[5], width):
                target = self.symbols[self.unpack("I", at + 4)[0] >> 8]
                if 0 < target < len(self.sections) and target != section[7]:
                    edges[section[7]].add(target)
        return edges


def dominators(edges, root):
    """Immediate dominators, root first (Cooper, Harvey and Kennedy, 2001)."""
    order, seen, stack = [], {root}, [(root, iter(edges[root]))]
    while stack:
        node, targets = stack[-1]
        target = next((t for t in targets if t not in seen), None)
        if target is None:
            order.append(stack.pop()[0])
        else:
            seen.add(target)
            stack.append((target, iter(edges[target])))
    order.reverse()
    number = {node: i for i, node in enumerate(order)}
    sources = collections.defaultdict(list)
    for node in order:
        for target in edges[node]:
            sources[target].append(node)
    parent, changed = {root: root}, True
    while changed:
        changed = False
        for node in order[1:]:
            best = None
            for source in (s for s in sources[node] if s in parent):
                best = source if best is None else meet(parent, number, best, source)
            if parent.get(node) != best:
                parent[node], changed = best, True
    return order, parent


def meet(parent, number, a, b):
    while a != b:
        if number[a] > number[b]:
            a = parent[a]
        else:
            b = parent[b]
    return a


def main(path, rows=60):
    binary = Object(path)
    own = {i: s[5] if s[2] & ALLOCATED else 0 for i, s in enumerate(binary.sections)}
    order, parent = dominators(binary.edges(), binary.names.index("main"))
    retained = {node: own[node] for node in order}
    for node in reversed(order[1:]):
        retained[parent[node]] += retained[node]
    shown = sorted(order, key=lambda node: -retained[node])[: int(rows)]
    mangled = "\n".join(binary.names[node] for node in shown)
    names = subprocess.run(
        ["llvm-cxxfilt"], input=mangled, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    print("retained      own  name")
    for node, name in zip(shown, names):
        print(f"{retained[node]:8d} {own[node]:8d}  {name[:150]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
