#!/usr/bin/env python3
"""Writes the catalogue that LuCI reads on the router from a .po file.

    lmo.py FILE.po FILE.lmo

The texts, each padded to four bytes; an index of four big-endian numbers for each (hash of the key,
number of plural forms, offset, length), sorted by hash; the offset of the index. Without a
translation nothing is written.
"""

import struct
import sys

from po import messages

MASK = 0xFFFFFFFF


def signed(byte):
    """A byte as C's signed char has it."""
    return byte - 256 if byte > 127 else byte


def sfh(data):
    """Paul Hsieh's SuperFastHash over bytes, begun with their number."""
    value = len(data)
    if not data:
        return 0
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        low, high = struct.unpack_from("<HH", data, at)
        value = (value + low) & MASK
        value = ((value << 16) ^ ((high << 11) ^ value)) & MASK
        value = (value + (value >> 11)) & MASK
    rest = data[whole:]
    if len(rest) == 3:
        value = (value + struct.unpack("<H", rest[:2])[0]) & MASK
        value = (value ^ (value << 16)) & MASK
        value = (value ^ (signed(rest[2]) << 18)) & MASK
        value = (value + (value >> 11)) & MASK
    elif len(rest) == 2:
        value = (value + struct.unpack("<H", rest)[0]) & MASK
        value = (value ^ (value << 11)) & MASK
        value = (value + (value >> 17)) & MASK
    elif len(rest) == 1:
        value = (value + signed(rest[0])) & MASK
        value = (value ^ (value << 10)) & MASK
        value = (value + (value >> 1)) & MASK
    for left, right in ((3, 5), (4, 17), (25, 6)):
        value = (value ^ (value << left)) & MASK
        value = (value + (value >> right)) & MASK
    return value


def key(message, form):
    """What a text is looked up by."""
    name = message.id if message.context is None else f"{message.context}\1{message.id}"
    return name if message.plural is None else f"{name}\2{form}"


def plural_forms(header):
    """The rule of the header, which is looked up by 0."""
    for line in header.split("\\n"):
        name, _, value = line.partition(": ")
        if name.lower() == "plural-forms":
            return value
    return None


def entries(path):
    """Hash, number of forms and text of everything that is translated."""
    for message in messages(path):
        if message.id == "":
            rule = plural_forms(message.texts.get(0, ""))
            if rule:
                yield 0, 0, rule.encode()
            continue
        for form, text in sorted(message.texts.items()):
            text = text.encode()
            name = sfh(key(message, form).encode())
            if text and sfh(text) != name:
                yield name, max(message.texts) + 1, text


def catalogue(path):
    """The bytes of the catalogue; none if nothing is translated."""
    texts, index = b"", []
    for name, forms, text in entries(path):
        index.append((name, forms, len(texts), len(text)))
        texts += text + bytes(-len(text) % 4)
    if not texts:
        return b""
    rows = b"".join(struct.pack(">4I", *row) for row in sorted(index, key=lambda row: row[0]))
    return texts + rows + struct.pack(">I", len(texts))


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: lmo.py FILE.po FILE.lmo")
    content = catalogue(sys.argv[1])
    if content:
        with open(sys.argv[2], "wb") as file:
            file.write(content)


if __name__ == "__main__":
    main()
